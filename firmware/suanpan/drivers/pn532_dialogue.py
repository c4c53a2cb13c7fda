"""One command of the PN532's at a time, and its answer (NXP UM0701-02, 6.2.2), on whichever bus.

The chip acknowledges a frame, and then answers it. A damaged answer is asked for again (NACK), twice. A command that is
not acknowledged is sent once more, unless a card may have heard of it. Whoever gives up waiting, or is cancelled,
leaves a command under way; the next one aborts it first (an ACK of ours).

Nothing is allocated from one command to the next: so there is no coroutine, and what is awaited is the dialogue itself.
"""

import asyncio

from micropython import const

from suanpan.drivers.pn532_frame import ACKNOWLEDGED, NOTHING, Incoming, Outgoing
from suanpan.errors.nfc import CardLost, NfcError, NfcGarbled, NfcSilent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Protocol, Self

    class Link(Protocol):
        """A bus."""

        def wake(self) -> int: ...

        def send(self, head: "memoryview | None", rest: memoryview) -> bool: ...

        def receive(self, incoming: Incoming) -> None: ...

        def flush(self) -> None: ...


POWER_DOWN = const(0x16)
IN_DATA_EXCHANGE = const(0x40)
IN_COMMUNICATE_THRU = const(0x42)
_WITH_STATUS = (POWER_DOWN, IN_DATA_EXCHANGE, IN_COMMUNICATE_THRU)

_MORE = const(0x40)
_STATUS = const(0x3F)
# Statuses (7.1) that a card is to blame for, or that there is none: time out, CRC, parity, bit counts and collisions,
# too much for the chip's buffers, no field, protocol, format, authentication, UID, another card, no card any more.
_LOST = b"\x01\x02\x03\x04\x05\x06\x07\x09\x0a\x0b\x0e\x13\x14\x23\x2a\x2b"

_TO_HOST = const(0xD5)
_ACK = memoryview(bytearray(b"\x00\x00\xff\x00\xff\x00"))
_NACK = memoryview(bytearray(b"\x00\x00\xff\xff\x00\x00"))

# What is waited for
_IDLE = const(0)
_TO_SEND = const(1)
_ACK_DUE = const(2)
_ANSWER_DUE = const(3)

_POLL_MS = const(2)
_ABORT_MS = const(2)
_ACK_POLLS = const(50)  # the chip takes 15 ms at most, and the longest command 25 to get to it
_QUIET_POLLS = const(15)  # half a frame that stands still so long has no other half
_REPEATS = const(2)


class Dialogue:
    """`begin` a command, put its parameters in what that returns, and await `run`.

    NfcSilent, NfcGarbled, NfcError; CardLost where a card has part in it. Then `data[at : at + size]` is the answer,
    without codes and status, until the next command; `more`: a card has more of it. One task at a time.
    """

    def __init__(self, link: "Link") -> None:
        self.at = self.size = 0
        self.more = False
        self.asleep = True
        self._link = link
        self._out = Outgoing()
        self._in = Incoming()
        self.data = memoryview(self._in.data)
        self._phase = _IDLE
        self._pause = self._polls = self._quiet = self._repeats = self._limit = 0
        self._end = StopIteration()

    def begin(self, code: int) -> Outgoing:
        self._out.begin(code)
        return self._out

    def run(self, limit_ms: int) -> "Self":
        """`limit_ms` counts from the acknowledgement."""
        self._out.finish()
        self._limit = limit_ms // _POLL_MS
        self.at = self.size = 0
        self.more = False
        self._repeats = self._quiet = self._pause = 0
        if self._phase != _IDLE:
            self._link.send(None, _ACK)
            self._pause = _ABORT_MS
        self._phase = _TO_SEND
        self._polls = _ACK_POLLS
        return self

    def wipe(self) -> None:
        """Nothing of what was said stays behind."""
        self._in.forget()
        self._in.wipe()
        self._out.wipe()
        self.at = self.size = 0

    # What `await` wants: each call is one look at how far the chip is.

    def __iter__(self) -> "Self":
        return self

    if TYPE_CHECKING:

        def __await__(self) -> Generator[None, None, None]: ...

    def __next__(self) -> None:
        pause = self._pause
        if pause:
            self._pause = 0
        elif self._phase == _TO_SEND:
            pause = self._send()
        elif self._receive():
            self._phase = _IDLE
            self._judge()
            end = self._end
            end.__traceback__ = None
            raise end
        else:
            self._wait()
        # One step of a coroutine that makes the task wait and ends by raising, which is not for here.
        return asyncio.sleep_ms(pause or _POLL_MS).__next__()  # type: ignore[attr-defined, no-any-return]

    def _send(self) -> int:
        """How many ms to wait for the chip to wake; 0 when the command is on its way."""
        link = self._link
        link.flush()
        self._in.forget()
        if self.asleep:
            self.asleep = False
            pause = link.wake()
            if pause:
                return pause
        if link.send(self._out.head, self._out.rest):
            self._phase = _ACK_DUE
        else:
            self._miss()
        return 0

    def _receive(self) -> bool:
        """Whether the answer is there."""
        incoming = self._in
        got = incoming.got
        self._link.receive(incoming)
        if incoming.got != got:
            self._quiet = 0
        while True:
            found = incoming.find()
            if found == NOTHING:
                return False
            if found == ACKNOWLEDGED:
                incoming.drop()
                if self._phase == _ACK_DUE:
                    self._expect()
                continue
            if self._phase == _ANSWER_DUE:
                data = incoming.data
                if data[incoming.at] != _TO_HOST or incoming.size < 2:
                    return True  # the error frame, or what should be none
                if data[incoming.at + 1] == self._out.code + 1:
                    return True
            incoming.drop()  # of a command before this one

    def _expect(self) -> None:
        self._phase = _ANSWER_DUE
        self._polls = self._limit

    def _wait(self) -> None:
        """Nothing yet."""
        incoming = self._in
        if incoming.got:
            self._quiet += 1
            if self._quiet >= _QUIET_POLLS:
                self._quiet = 0
                again = incoming.damaged or incoming.missing
                incoming.forget()
                if again and self._phase == _ANSWER_DUE:
                    self._ask_again()
        self._polls -= 1
        if not self._polls:
            self._miss()

    def _ask_again(self) -> None:
        if self._repeats == _REPEATS:
            raise NfcGarbled
        self._repeats += 1
        self._link.send(None, _NACK)

    def _miss(self) -> None:
        """The time is over, for whatever is waited for."""
        code = self._out.code
        of_card = code in (IN_DATA_EXCHANGE, IN_COMMUNICATE_THRU)
        if self._phase == _ANSWER_DUE:
            raise CardLost if of_card else NfcSilent
        if of_card or self._repeats:
            raise NfcSilent
        self._repeats = 1
        self.asleep = True
        self._phase = _TO_SEND
        self._polls = _ACK_POLLS

    def _judge(self) -> None:
        """The answer's codes and its status, which are not the caller's to read."""
        incoming = self._in
        data = incoming.data
        at = incoming.at
        if data[at] != _TO_HOST:
            raise NfcError
        if incoming.size < 2:
            raise NfcGarbled
        code = self._out.code
        self.at = at + 2
        self.size = incoming.size - 2
        if code in _WITH_STATUS:
            if not self.size:
                raise NfcGarbled
            status = data[self.at]
            self.at += 1
            self.size -= 1
            if status & _STATUS:
                raise CardLost if status & _STATUS in _LOST else NfcError
            self.more = status & _MORE != 0
        if code == POWER_DOWN:
            self.asleep = True
