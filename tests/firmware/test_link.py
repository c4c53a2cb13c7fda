"""Which host is called, and what TLS hears of its handshake's end; whole lines are in tests/system/test_link.py."""

import asyncio
import errno
import io
import unittest

from suanpan.acquirer import hosts
from suanpan.acquirer.tls_line import Terms, Wire
from suanpan.errors import HostUnreachable, KeyMissing, NotConnected
from suanpan.errors.link import CertificateDates, CertificateMissing, HostNotTrusted

PRIMARY, BACKUP, THIRD = ("primary", 9000), ("backup", 9001), ("third", 9002)


class Clock:
    minutes = 23 * 60 + 50

    def datetime(self):
        return 2026, 11, 23, 0, self.minutes // 60 % 24, self.minutes % 60, 0, 0


class Parameters:
    hosts = (PRIMARY, BACKUP, THIRD)

    @staticmethod
    def seldom(_, otherwise):
        return otherwise


class TestOrder(unittest.TestCase):
    def setUp(self):
        self.down = {}
        self.called = []
        self.clock = Clock()
        self.preferred = [0, 0, 0]
        self.chance = 0
        self._line, hosts._line = hosts._line, self.line

    def tearDown(self):
        hosts._line = self._line

    async def line(self, host, port, *_):
        self.called.append(host)
        if host in self.down:
            raise self.down[host]
        return port

    def connect(self):
        """The port of the host that was reached; what was called is in `called`."""
        self.called = []
        return asyncio.run(
            hosts.connect(Parameters, None, "", self.clock, lambda count: bytes((self.chance,)) * count, self.preferred)
        )

    def test_the_primary_goes_first(self):
        self.assertEqual(self.connect(), 9000)
        self.assertEqual(self.called, ["primary"])

    def test_the_others_in_turn(self):
        self.down = {"primary": HostUnreachable(), "backup": NotConnected()}
        self.assertEqual(self.connect(), 9002)
        self.assertEqual(self.called, ["primary", "backup", "third"])

    def test_who_was_reached_goes_first_for_fifteen_minutes_over_midnight(self):
        self.down = {"primary": HostUnreachable()}
        self.connect()
        self.down = {}
        for after, called in ((1, "backup"), (14, "backup"), (15, "primary"), (16, "primary")):
            self.clock.minutes = Clock.minutes + after
            self.connect()
            self.assertEqual(self.called, [called])

    def test_chance_adds_up_to_seven_minutes(self):
        for self.chance, longest in ((0, 14), (255, 21)):
            self.clock.minutes = Clock.minutes
            self.preferred = [0, 0, 0]
            self.down = {"primary": HostUnreachable()}
            self.connect()
            self.down = {}
            for after in range(longest + 1):
                self.clock.minutes = Clock.minutes + after
                self.connect()
                self.assertEqual(self.called, ["backup"])
            self.clock.minutes += 1
            self.connect()
            self.assertEqual(self.called, ["primary"])

    def test_what_says_most_is_raised(self):
        nothing, down, outdated, foreign = NotConnected(), HostUnreachable(), CertificateDates(), HostNotTrusted()
        for first, second, third, expected in (
            (nothing, nothing, nothing, NotConnected),
            (nothing, down, nothing, HostUnreachable),
            (down, nothing, nothing, HostUnreachable),
            (foreign, down, nothing, HostNotTrusted),
            (down, outdated, foreign, CertificateDates),
        ):
            self.down = {"primary": first, "backup": second, "third": third}
            raised = None
            try:
                self.connect()
            except NotConnected as problem:
                raised = type(problem)
            self.assertEqual(raised, expected)
            self.assertEqual(self.called, ["primary", "backup", "third"])

    def test_what_is_no_matter_of_the_line_is_not_passed_over(self):
        self.down = {"primary": KeyMissing()}
        with self.assertRaises(KeyMissing):
            self.connect()
        self.assertEqual(self.called, ["primary"])


class Socket(io.IOBase):
    """One that comes to stand after so many looks, or to trouble; it must be closed unless it is handed over."""

    def __init__(self, looks, trouble=0, at_once=errno.EINPROGRESS):
        self.looks = looks
        self.trouble = trouble
        self.at_once = at_once
        self.closed = False

    def setblocking(self, flag):
        self.blocking = flag

    def connect(self, address):
        self.address = address
        if self.at_once:
            raise OSError(self.at_once)

    def read(self, count):
        if self.trouble:
            raise OSError(self.trouble)

    def ioctl(self, request, argument):
        if request != 3:
            return -1
        self.looks -= 1
        return 0 if self.looks >= 0 else 0x18 if self.trouble else argument

    def close(self):
        self.closed = True


class Network:
    SOCK_STREAM = 1

    def __init__(self, made):
        self.made = made

    def getaddrinfo(self, host, port, family, kind):
        if self.made is None:
            raise OSError(-202)  # as the ESP32 port has it for a name that is not found
        return [(2, kind, 0, "", (host, port))]

    def socket(self, family, kind, protocol):
        return self.made


class Waits:
    """asyncio without time."""

    def __init__(self, cancelled_at=None):
        self.waited = 0
        self.cancelled_at = cancelled_at

    async def sleep_ms(self, ms):
        self.waited += ms
        if self.waited == self.cancelled_at:
            raise asyncio.CancelledError


class TestDial(unittest.TestCase):
    def setUp(self):
        self.real = hosts.socket, hosts.asyncio

    def tearDown(self):
        hosts.socket, hosts.asyncio = self.real

    def dial(self, made, cancelled_at=None):
        hosts.socket, hosts.asyncio = Network(made), Waits(cancelled_at)
        return asyncio.run(hosts.dial("acquirer.test", 9000, 10))

    def refused(self, expected, made, cancelled_at=None):
        raised = None
        try:
            self.dial(made, cancelled_at)
        except (NotConnected, asyncio.CancelledError) as problem:
            raised = type(problem)
        self.assertEqual(raised, expected)
        self.assertTrue(made is None or made.closed)

    def test_it_stands(self):
        for at_once in (0, errno.EINPROGRESS):
            made = Socket(4, at_once=at_once)
            self.assertEqual(self.dial(made), made)
            self.assertEqual((made.address, made.blocking, made.closed), (("acquirer.test", 9000), False, False))
            self.assertEqual(hosts.asyncio.waited, 40)

    def test_it_is_refused(self):
        self.refused(HostUnreachable, Socket(4, errno.ECONNREFUSED))
        self.refused(HostUnreachable, Socket(0, at_once=errno.ECONNREFUSED))

    def test_there_is_no_network(self):
        self.refused(NotConnected, Socket(300, errno.EHOSTUNREACH))
        self.refused(NotConnected, Socket(0, at_once=errno.EHOSTUNREACH))
        self.refused(NotConnected, None)

    def test_nobody_says_anything(self):
        self.refused(HostUnreachable, Socket(10**6))
        self.assertEqual(hosts.asyncio.waited, 10_000)

    def test_it_is_given_up(self):
        self.refused(asyncio.CancelledError, Socket(10**6), cancelled_at=50)


class TestTerms(unittest.TestCase):
    def test_without_files_nobody_is_called(self):
        with self.assertRaises(CertificateMissing):
            Terms("/nowhere", None, Clock())


class Below(io.IOBase):
    """A socket which gives out what it holds in pieces of a given size."""

    def __init__(self, data, piece):
        self.data = data
        self.piece = piece

    def readinto(self, buffer):
        size = min(self.piece, len(buffer), len(self.data))
        buffer[:size] = self.data[:size]
        self.data = self.data[size:]
        return size or None

    def ioctl(self, request, argument):
        return argument if request == 3 else -1  # it has no descriptor


def record(kind, size):
    return bytes((kind, 3, 3)) + size.to_bytes(2, "big") + bytes(size)


HELLO, CHANGE, FINISHED, DATA, ALERT = record(22, 700), record(20, 1), record(22, 40), record(23, 90), record(21, 2)


class TestWire(unittest.TestCase):
    def test_tls_asks_the_socket_what_it_may_do(self):
        wire = Wire(Below(b"", 1))
        for asked in (1, 4, 5):
            self.assertEqual(wire.ioctl(3, asked), asked)

    def finished_after(self, stream, piece, ask):
        """How many bytes have been read when the handshake is said to be over; None if never."""
        wire = Wire(Below(stream, piece))
        buffer = bytearray(ask)
        count = 0
        while True:
            size = wire.readinto(buffer)
            if size is None:
                return None
            count += size
            if wire.finished:
                return count

    def test_it_is_over_with_the_first_message_after_the_change_of_cipher(self):
        stream = HELLO + HELLO + CHANGE + FINISHED
        for piece in (1, 2, 5, 7, 64, 4096):
            for ask in (1, 5, 13):
                count = self.finished_after(stream + DATA, piece, ask)
                self.assertTrue(len(stream) <= count < len(stream) + ask)

    def test_nothing_else_ends_it(self):
        for stream in (HELLO, HELLO + CHANGE, CHANGE + DATA, HELLO + FINISHED + CHANGE, CHANGE + ALERT, DATA + HELLO):
            self.assertEqual(self.finished_after(stream, 64, 64), None)

    def test_not_before_its_last_byte(self):
        self.assertEqual(self.finished_after((CHANGE + FINISHED)[:-1], 64, 64), None)


if __name__ == "__main__":
    unittest.main()
