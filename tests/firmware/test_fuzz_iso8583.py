"""Whatever the host sends: typed errors, no more memory, and the next answer is read.

Messages are those of a whole day (tests/vectors/iso8583_day.json), damaged. `make fuzz` gives the codec a million.
"""

import asyncio
import io
import unittest

from fuzz import MESSAGES, Trial
from scripted_host import TRACK, Entry, Keys, Parameters, TdesHost
from suanpan.acquirer.framing import Line
from suanpan.acquirer.session import Session
from suanpan.acquirer.suites import suite
from suanpan.codec import iso8583
from suanpan.codec.track import parse_track2
from suanpan.errors import BadReply, CheckValueError, CodecError, MacError, NoReply, SignInRefused, SuiteRefused
from vectors import load

HEAP = "1m"
TIMEOUT = 120

HOST = TdesHost()
PREFIX = 11  # TPDU and header
AT_ONCE = 50  # messages of an attempt
BITMAP = 2
_POLL = 3


def captured():
    """Each message without TPDU and header."""
    return [bytes.fromhex(one["frame"])[PREFIX:] for one in load("iso8583_day")["messages"]]


def damaged(chance, messages):
    """One of them, changed somewhere; or the head of it and the rest of another."""
    good = chance.one_of(messages)
    kind = chance.below(8)
    if kind == 0:
        other = chance.one_of(messages)
        return good[: chance.below(len(good))] + other[chance.below(len(other)) :]
    if kind < 3:  # another field is there, or is not
        changed = bytearray(good)
        changed[BITMAP + chance.below(8)] ^= 1 << chance.below(8)
        return bytes(changed)
    return chance.garbled(good)


class TestCodec(unittest.TestCase):
    def test_messages(self):
        """What is read is written back byte for byte."""
        trial = Trial(self, 31)
        messages = captured()

        def attempt():
            for _ in range(AT_ONCE):
                message = trial.said(damaged(trial.chance, messages))
                try:
                    mti, fields = iso8583.decode(message)
                except CodecError as error:
                    end = error.code
                else:
                    end = "read"
                    self.assertEqual(iso8583.encode(mti, fields), message)
                trial.ends[end] = trial.ends.get(end, 0) + 1

        trial.pound(attempt, ())
        for message in messages:
            self.assertEqual(iso8583.encode(*iso8583.decode(message)), message)


class Stream(io.IOBase):
    """The host's end of a line: what it says is there already, and then it hangs up."""

    def __init__(self, inbox):
        self._inbox = inbox

    def read(self, size):
        data, self._inbox = self._inbox[:size], self._inbox[size:]
        return data

    def write(self, data):
        return len(data)

    def ioctl(self, request, flags):
        return flags if request == _POLL else -1  # it has no file descriptor


class TestLine(unittest.TestCase):
    def test_answers(self):
        """A sale and a sign-in, by turns. Half of what answers the sale has the MAC that is right for it."""
        trial = Trial(self, 32)
        chance = trial.chance
        keys = Keys(HOST)
        request = {2: "6200000000000013", 4: "000000001234", 11: "000042", 41: "10000001", 42: "898110257340001"}
        to_a_sale = HOST.reply("0200", request, f37="1" * 12, f38="123456")
        of_a_session = {11: "000007", 41: "10000001", 42: "898110257340001", 60: "00000001003"}
        to_a_sign_in = HOST.reply("0800", of_a_session, f62=HOST.wrapped())

        def said(good, sealed):
            answer = trial.said(chance.garbled(good))
            if sealed and len(answer) > 18 and chance.below(2):
                answer = answer[:-8] + HOST.mac(answer[:-8])
            frame = bytes(PREFIX) + answer
            size = len(frame) if chance.below(8) else chance.below(65536)
            return size.to_bytes(2, "big") + frame

        def asked(answers, ask):
            keys.lent.clear()
            keys.given.clear()
            return asyncio.run(
                ask(Session(Line(Stream(answers), bytes(PREFIX)), Parameters, keys, suite("tdes"), bytes))
            )

        sell = lambda host: host.request(Entry(), parse_track2(TRACK))  # noqa: E731
        sign_in = lambda host: host.sign_in("000007", "000001", "01")  # noqa: E731

        def attempt():
            slots = dict(keys.slots)
            if chance.below(2):
                answer = asked(said(to_a_sale, True) + said(to_a_sale, True), sell)
                self.assertEqual((answer.mti, answer.text(11), answer.text(41)), ("0210", "000042", "10000001"))
            else:
                try:
                    asked(said(to_a_sign_in, False), sign_in)
                except CheckValueError:
                    self.assertEqual(keys.slots, slots)
                    raise

        trial.pound(attempt, (NoReply, BadReply, MacError, SignInRefused, SuiteRefused, CheckValueError))
        self.assertTrue(trial.count >= MESSAGES)
        keys.slots = Keys(HOST).slots
        for good, ask in ((to_a_sale, sell), (to_a_sign_in, sign_in)):
            frame = bytes(PREFIX) + good
            self.assertEqual(asked(len(frame).to_bytes(2, "big") + frame, ask).text(39), "00")


if __name__ == "__main__":
    unittest.main()
