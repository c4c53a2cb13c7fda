"""T=0 (ISO/IEC 7816-3, clause 10) with the commands' transport that EMV asks for (EMV 4.3 Book 1, 9.2.2, 9.3.1).

A command is a header of five characters, the last of which counts the data that go or come; the card's procedure bytes
say which way, how much at once, and when to wait. What a card cannot give at once it announces with 61 and hands out to
GET RESPONSE; with 6C it asks for the command again with the length that it names. Both end here.
"""

from micropython import const

from suanpan.errors.chip import CardGarbled, CardSilent, CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.cards.atr import Atr
    from suanpan.drivers.iso7816_uart import Iso7816Uart

_NULL = const(0x60)
_MORE = const(0x61)
_WRONG_LENGTH = const(0x6C)
_DONE = const(0x9000)
_GET_RESPONSE = const(0xC0)
_ANSWER = const(256)
_ROUNDS = const(64)  # of one exchange: no honest card needs as many
_LONGEST_MS = const(60_000)  # that a card may go on asking for time


class T0:
    """`answer` is where data come together: 256 bytes at least."""

    recovered = False  # from what cannot be understood there is no way back

    def __init__(self, line: "Iso7816Uart", atr: "Atr", answer: bytearray) -> None:
        self._line = line
        self._answer = answer
        self._have = 0
        self._until_ms = 0
        # WWT, 960 D WI etu, and 480 D etu more that EMV has a terminal grant.
        self._wait_ms = (960 * atr.wi + 480) * line.f // line.khz + 1

    async def start(self) -> None:
        """T=0 needs none."""

    async def exchange(self, command: bytes) -> "tuple[bytearray, int]":
        """The data and status word of one command APDU. CommandError, CardGarbled, CardSilent."""
        size = len(command)
        p3 = command[4] if size > 4 else 0
        given = p3 if size > 5 else 0
        if size < 4 or command[1] & 0xF0 in (0x60, 0x90) or (size > 5 and (not p3 or size - 5 - p3 not in (0, 1))):
            raise CommandError
        self._have = 0
        self._until_ms = self._line.waited_ms + _LONGEST_MS
        case4 = size == 6 + p3 and size > 5
        takes = size == 5 or case4
        cla = command[0]
        ins = command[1]
        p1 = command[2]
        p2 = command[3]
        left = p3 or (_ANSWER if takes else 0)
        status = await self._tpdu(cla, ins, p1, p2, p3, left, command if given else None)
        warning = 0
        for _ in range(_ROUNDS):
            first = status >> 8
            if first == _MORE and takes:
                cla = p1 = p2 = 0
                ins = _GET_RESPONSE
            elif case4 and not warning and ins != _GET_RESPONSE and _warns(status):
                warning = status
                cla = p1 = p2 = 0
                ins = _GET_RESPONSE
                status = 0
            elif first != _WRONG_LENGTH or not takes or (given and ins != _GET_RESPONSE):
                break
            p3 = status & 0xFF
            status = await self._tpdu(cla, ins, p1, p2, p3, p3 or _ANSWER, None)
        else:
            raise CardGarbled
        return self._answer[: self._have], warning or status

    async def _tpdu(self, cla: int, ins: int, p1: int, p2: int, p3: int, left: int, command: "bytes | None") -> int:
        """One header, and what the card makes of it: the `left` bytes of `command` go, or as many come."""
        line = self._line
        out = line.out
        out[0] = cla
        out[1] = ins
        out[2] = p1
        out[3] = p2
        out[4] = p3
        await line.send(5)
        while True:
            procedure = await self._next()
            if procedure == _NULL:
                if line.waited_ms > self._until_ms:
                    raise CardSilent
                continue
            if procedure & 0xF0 in (0x60, 0x90):
                return procedure << 8 | await self._next()
            if procedure == ins:
                count = left
            elif procedure == ins ^ 0xFF:
                count = min(left, 1)
            else:
                raise CardGarbled
            if not count:
                raise CardGarbled
            if command:
                at = 5 + p3 - left
                for i in range(count):
                    out[i] = command[at + i]
                await line.send(count)
            else:
                await self._collect(count)
            left -= count

    async def _collect(self, count: int) -> None:
        have = self._have
        if have + count > _ANSWER:
            raise CardGarbled
        if await self._line.receive(0, count, self._wait_ms, self._wait_ms) < count:
            raise CardSilent
        data = self._line.data
        answer = self._answer
        for i in range(count):
            answer[have + i] = data[i]
        self._have = have + count

    async def _next(self) -> int:
        if not await self._line.receive(0, 1, self._wait_ms, self._wait_ms):
            raise CardSilent
        return self._line.data[0]


def _warns(status: int) -> bool:
    """A warning (62, 63), or a word of the application's own (9x): there are data behind it."""
    return status >> 8 in (0x62, 0x63) or (status >> 12 == 9 and status != _DONE)
