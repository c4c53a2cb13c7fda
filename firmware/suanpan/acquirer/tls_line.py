"""TLS to the host: an authority that is pinned, a certificate of our own, and dates by the board's clock.

Mbed TLS does the protocol (1.2 is its oldest), the chain and the name. It checks dates too, but by the clock of the
chip or, on the virtual board, of the machine; so each certificate of the host's chain is shown to us as well.
"""

import asyncio
import gc
import io
import select

import tls
import uctypes
from micropython import const

from suanpan.acquirer.hosts import LOOK_MS
from suanpan.acquirer.tls_line_dates import utc, validity
from suanpan.crypto.octets import wipe
from suanpan.errors import KeyMissing
from suanpan.errors.link import CertificateDates, CertificateMissing, CertificateRefused, HostNotTrusted, NotSecured
from suanpan.ledger.key_store import EC, LINK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from socket import socket
    from typing import Any, Protocol

    from suanpan.ledger.key_store import KeyStore

    class Clock(Protocol):
        """machine.RTC."""

        def datetime(self, value: "tuple[int, ...] | None" = None) -> "tuple[int, ...]": ...


AUTHORITY = "/authority.der"
CERTIFICATE = "/terminal.der"

# Keys that are gone with the connection, and authenticated encryption.
_CIPHERS = (
    "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256",
    "TLS-ECDHE-RSA-WITH-AES-128-GCM-SHA256",
    "TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384",
    "TLS-ECDHE-RSA-WITH-AES-256-GCM-SHA384",
)

# Mbed TLS
_STOP = const(-0x3000)  # X509_FATAL_ERROR: ends the handshake with an alert
_BAD_CERTIFICATE = const(-0x7A00)  # SSL_BAD_CERTIFICATE: one for another use, such as a terminal's
_ALERTED = const(-0x7780)  # SSL_FATAL_ALERT_MESSAGE: the other side has ended it

# TLS 1.2, RFC 5246 6.2.1: a record is type u8 | version u16 | length u16 | content
_HEAD = const(5)
_CHANGE_CIPHER_SPEC = const(20)
_HANDSHAKE = const(22)

_POLL = const(3)  # MicroPython's stream requests
_CLOSE = const(4)


class Terms:
    """What this terminal trusts and shows, and what it has seen of the host. Raises CertificateMissing."""

    def __init__(self, directory: str, keys: "KeyStore", clock: "Clock") -> None:
        gc.collect()  # what the last connection holds outside the heap is only given back so
        self._now = utc(clock.datetime())
        self.seen = False  # a certificate of the host's
        self.outdated = False
        context: "Any" = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)  # the stubs do not know all of it
        self.context = context
        try:
            context.load_verify_locations(_content(directory + AUTHORITY))
            certificate = _content(directory + CERTIFICATE)
            with keys.use(LINK, EC) as key:
                held = bytes(key.view)  # the port takes no other kind, and Mbed TLS keeps what it has read of it
                try:
                    context.load_cert_chain(certificate, held)
                finally:
                    wipe(uctypes.bytearray_at(uctypes.addressof(held), len(held)))
        except (OSError, ValueError, KeyMissing):
            raise CertificateMissing from None
        context.set_ciphers(_CIPHERS)
        context.verify_mode = tls.CERT_REQUIRED
        context.verify_callback = self._look_at

    def _look_at(self, certificate: memoryview, _depth: int) -> int:
        """Mbed TLS asks for every certificate of the chain, the authority's first; nothing may be raised through it."""
        self.seen = True
        try:
            first, last = validity(certificate)
        except ValueError:
            return _STOP
        self.outdated = not first <= self._now <= last
        return _STOP if self.outdated else 0

    def verdict(self, problem: Exception) -> NotSecured:
        """What a handshake that failed is called."""
        if self.outdated:
            return CertificateDates()
        if isinstance(problem, ValueError):  # Mbed TLS's verdict on the certificate, in words
            return HostNotTrusted()
        if self.seen and isinstance(problem, OSError):
            if problem.errno == _ALERTED:
                return CertificateRefused()
            if problem.errno in (_STOP, _BAD_CERTIFICATE):
                return HostNotTrusted()
        return NotSecured()


class Wire(io.IOBase):
    """The socket below TLS, with an eye on when the host has finished its handshake: Mbed TLS knows, but the port does
    not say."""

    def __init__(self, below: "socket") -> None:
        self._below = below
        self._poll = select.poll()
        self._poll.register(below, select.POLLIN)
        self._head = bytearray(_HEAD)
        self._have = 0  # of a record's head
        self._left = 0  # of its content
        self._changed = False
        self._finishing = False

    @property
    def finished(self) -> bool:
        return self._finishing and not self._left

    def readinto(self, buffer: "Any") -> "int | None":
        size = self._below.readinto(buffer)
        if size:
            self._follow(memoryview(buffer)[:size])
        return size

    def write(self, data: "Any") -> "int | None":
        return self._below.write(data)

    def ioctl(self, request: int, argument: int) -> int:
        if request == _POLL:
            self._poll.modify(self._below, argument)
            for found in self._poll.ipoll(0):
                return int(found[1])
        elif request == _CLOSE:
            self._below.close()
        return 0

    def _follow(self, data: memoryview) -> None:
        """The host's last message of a handshake is the first one after its change of cipher."""
        while data and not self.finished:
            if self._left:
                size = min(self._left, len(data))
                self._left -= size
            else:
                size = min(_HEAD - self._have, len(data))
                self._head[self._have : self._have + size] = data[:size]
                self._have += size
                if self._have == _HEAD:
                    self._have = 0
                    self._left = self._head[3] << 8 | self._head[4]
                    self._finishing = self._changed and self._head[0] == _HANDSHAKE
                    self._changed = self._changed or self._head[0] == _CHANGE_CIPHER_SPEC
            data = data[size:]


async def secured(below: "socket", host: str, terms: Terms, timeout_s: int) -> "Any":
    """TLS over a connection that stands, after the whole of its handshake; the connection is closed if that fails.

    Raises NotSecured, or the class of it that says why.
    """
    wire = Wire(below)
    over = None
    try:
        over = terms.context.wrap_socket(wire, server_hostname=host, do_handshake_on_connect=False)
        for _ in range(timeout_s * 1000 // LOOK_MS):
            if over.read(1) is not None:  # reading is what moves the handshake on; the host has nothing to say yet
                raise NotSecured
            if wire.finished:
                shaken, below = over, None  # type: ignore[assignment]
                return shaken
            await asyncio.sleep_ms(LOOK_MS)
        raise NotSecured
    except (OSError, ValueError) as problem:
        raise terms.verdict(problem) from None
    finally:
        if below:  # TLS forgets it when its handshake fails
            if over:
                over.close()
            below.close()


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        content: bytes = file.read()
    return content
