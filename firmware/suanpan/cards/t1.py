"""T=1 (ISO/IEC 7816-3, clause 11; EMV 4.3 Book 1, 9.2.4): blocks of NAD, PCB, length, data and check bytes.

Commands and answers longer than a block go in chains. A damaged or missing block is asked for again, three times; then
the blocks' numbers are set back on both sides (S(RESYNCH)), and the exchange is given up: whether the card has done the
command nobody knows, and it is not for the transport to have it done twice. The card can be talked to afterwards.
"""

# A viper pointer takes any buffer, where the stubs only know the pointer.
# mypy: disable-error-code="arg-type"

from micropython import const

from suanpan.cards.t1_check import crc_16, lrc
from suanpan.errors.chip import CardGarbled, CardSilent, CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.cards.atr import Atr
    from suanpan.drivers.iso7816_uart import Iso7816Uart

_MORE = const(0x20)  # in the PCB of an I-block
_R = const(0x80)
_RESYNCH = const(0xC0)  # S-blocks, the requests; an answer has 0x20 besides
_IFS = const(0xC1)
_ABORT = const(0xC2)
_WTX = const(0xC3)
_RESPONSE = const(0x20)
_EDC_ERROR = const(1)  # in the PCB of an R-block
_OTHER_ERROR = const(2)

_IFSD = const(254)
_ANSWER = const(256 + 2)
_REPEATS = const(3)

# What may come instead of a block
_NOTHING = const(-3)
_OTHER = const(-2)
_DAMAGED = const(-1)
_LONGEST_MS = const(60_000)  # that a card may go on, with whatever it does


class T1:
    """`answer` is where data come together: 258 bytes at least. `recovered`: the exchange failed, but not the card."""

    def __init__(self, line: "Iso7816Uart", atr: "Atr", answer: bytearray) -> None:
        self.recovered = False
        self._line = line
        self._answer = answer
        self._have = 0
        self._crc = atr.crc
        self._first_ifsc = atr.ifsc
        # BWT, CWT, and 960 D and 4 etu more that EMV has a terminal grant.
        self._block_ms = line.ms(11) + ((960 * 372 << atr.bwi) + 960 * line.f) // line.khz + 1
        self._character_ms = line.ms(11 + 4 + (1 << atr.cwi))
        self._reset()

    def _reset(self) -> None:
        self._ns = 0
        self._nr = 0
        self._ifsc = self._first_ifsc
        self._ifsd_known = False
        self._extension = 1  # of BWT, for the next block

    async def start(self) -> None:
        """Tell the card how long a block to us may be."""
        self._until_ms = self._line.waited_ms + _LONGEST_MS
        self._short(_IFS, _IFSD)
        await self._turn(_IFS, b"", 0, 0)
        self._ifsd_known = True

    async def exchange(self, command: bytes) -> "tuple[bytearray, int]":
        """The data and status word of one command APDU. CommandError, CardGarbled, CardSilent."""
        size = len(command)
        if size < 4 or (size > 5 and (not command[4] or size - 5 - command[4] not in (0, 1))):
            raise CommandError
        self.recovered = False
        if not self._ifsd_known:  # forgotten in a resynchronisation
            await self.start()
        self._until_ms = self._line.waited_ms + _LONGEST_MS
        self._have = 0
        at = 0
        pcb = _MORE
        while at < size:
            count = min(self._ifsc, size - at)
            sent = self._ns << 6 | (_MORE if at + count < size else 0)
            self._long(sent, command, at, count)
            pcb = await self._turn(sent, command, at, count)
            self._ns ^= 1
            at += count
        while True:
            self._take()
            self._nr ^= 1
            if not pcb & _MORE:
                break
            sent = _R | self._nr << 4
            self._short(sent)
            pcb = await self._turn(sent, b"", 0, 0)
        have = self._have - 2
        if have < 0:
            raise CardGarbled
        answer = self._answer
        return answer[:have], answer[have] << 8 | answer[have + 1]

    def _take(self) -> None:
        """The data of the I-block that has come."""
        data = self._line.data
        answer = self._answer
        have = self._have
        count = data[2]
        if have + count > _ANSWER:
            raise CardGarbled
        for i in range(count):
            answer[have + i] = data[3 + i]
        self._have = have + count

    async def _turn(self, sent: int, command: bytes, at: int, count: int) -> int:
        """Send the block in `out`, and mend what goes wrong until its answer is here: the answer's PCB.

        `sent` is our block's PCB, and the rest what an I-block is made of, in case that it must be made again.
        """
        line = self._line
        failures = 0
        error = 0
        heard = False
        while True:
            await line.send(self._size)
            pcb = await self._receive()
            if line.waited_ms > self._until_ms:
                raise CardSilent
            if pcb != _NOTHING:
                heard = True
            if pcb >= 0:
                if self._answers(sent, pcb):
                    return pcb
                if self._requests(pcb):
                    continue
                if pcb & 0xEC == _R and not line.data[2] and (sent >= _R or pcb >> 4 & 1 == self._ns):
                    error = 0  # it wants to hear again what we said first
                    if sent >= _R:
                        self._short(sent, _IFSD)
                    else:
                        self._long(sent, command, at, count)
                    failures += 1
                    if failures <= _REPEATS:
                        continue
            failures += 1
            if failures > _REPEATS:
                if not heard:
                    raise CardSilent
                await self._resynchronise()
            if heard:
                await line.quiet(self._character_ms)
            if sent >= _RESYNCH:
                self._short(sent, _IFSD)
            else:
                error = error or (_EDC_ERROR if pcb == _DAMAGED else _OTHER_ERROR)
                self._short(_R | self._nr << 4 | error)

    def _answers(self, sent: int, pcb: int) -> bool:
        """Whether a block is what must follow ours."""
        data = self._line.data
        if sent >= _RESYNCH:
            return pcb == sent | _RESPONSE and (sent == _RESYNCH or (data[2] == 1 and data[3] == _IFSD))
        if sent < _R and sent & _MORE:
            return pcb & 0xEC == _R and pcb >> 4 & 1 != self._ns and not data[2]
        return pcb < _R and pcb & 0x1F == 0 and pcb >> 6 & 1 == self._nr

    def _requests(self, pcb: int) -> bool:
        """Whether a block is a request of the card's; the answer to it is in `out` then."""
        data = self._line.data
        if pcb == _ABORT:
            raise CardGarbled
        value = data[3]
        if data[2] != 1 or pcb not in (_WTX, _IFS):
            return False
        if pcb == _WTX and value:
            self._extension = value
        elif pcb == _IFS and 0x10 <= value <= 0xFE:
            self._ifsc = value
        else:
            return False
        self._short(pcb | _RESPONSE, value)
        return True

    async def _resynchronise(self) -> None:
        """Set the numbers back, or find that the card does not; CardGarbled in any case."""
        line = self._line
        for _ in range(_REPEATS):
            await line.quiet(self._character_ms)
            self._short(_RESYNCH)
            await line.send(self._size)
            if await self._receive() == _RESYNCH | _RESPONSE and not line.data[2]:
                self._reset()
                self.recovered = True
                break
        raise CardGarbled

    # -- blocks --

    def _long(self, pcb: int, command: bytes, at: int, count: int) -> None:
        out = self._line.out
        for i in range(count):
            out[3 + i] = command[at + i]
        self._close(pcb, count)

    def _short(self, pcb: int, value: int = 0) -> None:
        """An R-block, or an S-block; those for IFS and WTX have a value."""
        self._line.out[3] = value
        self._close(pcb, 1 if pcb & 0xC3 in (_IFS, _WTX) else 0)

    def _close(self, pcb: int, count: int) -> None:
        out = self._line.out
        out[0] = 0
        out[1] = pcb
        out[2] = count
        end = 3 + count
        if self._crc:
            check = crc_16(out, end)
            out[end] = check >> 8
            end += 1
        else:
            check = lrc(out, end)
        out[end] = check & 0xFF
        self._size = end + 1

    async def _receive(self) -> int:
        """The PCB of a sound block, which is in `data`; or one of _NOTHING, _OTHER, _DAMAGED."""
        line = self._line
        data = line.data
        wait_ms = self._block_ms * self._extension
        self._extension = 1
        came = await line.receive(0, 3, wait_ms, self._character_ms)
        if not came:
            return _NOTHING
        if came < 3 or data[2] > _IFSD:
            return _OTHER
        end = 3 + data[2]
        whole = end + (2 if self._crc else 1)
        if await line.receive(3, whole, self._character_ms, self._character_ms) < whole:
            return _OTHER
        wrong = crc_16(data, end) ^ (data[end] << 8 | data[end + 1]) if self._crc else lrc(data, whole)
        if wrong:
            return _DAMAGED
        return _OTHER if data[0] else data[1]
