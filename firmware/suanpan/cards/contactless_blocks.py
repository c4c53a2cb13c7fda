"""ISO/IEC 14443-4 blocks of our own, for commands that are too long for the reader's chip.

Once begun with a card this is how one has to go on with it: the chip no longer knows the number of the next block. We
do not know it at first either, nor whether the chip has given the card an identifier (CID). But a card tells: it
answers R(NAK) with R(ACK), or with its last block, and in either is its number.
"""

from micropython import const

from suanpan.errors.nfc import CardLost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.drivers.pn532 import Pn532

_FRAME_SIZES = b"\x10\x18\x20\x28\x30\x40\x60\x80"  # FSC by FSCI; 256 from 8 on
_I = const(0x02)
_R_ACK = const(0xA2)
_R_NAK = const(0xB2)
_WTX = const(0xF2)
_CHAINING = const(0x10)
_CID = const(0x08)
_FIRST_CID = const(1)  # that the chip gives, where it gives one
_CRC = const(2)

_LONGEST_PATIENCE = const(16)
_THRU_MS = const(4_000)  # longer than the chip's longest patience
_REPEATS = const(2)
_EXTENSIONS = const(60)  # of its time, that a card is granted in a row


class Blocks:
    """`start`, then `exchange` as often as wanted: CardLost, and what a Pn532 raises."""

    def __init__(self, pn532: "Pn532", ats: bytes, atqb: bytes) -> None:
        """Of a card of type A its ATS, of type B its ATQB."""
        self._pn532 = pn532
        if atqb:
            size, waiting, self._cid_taken = atqb[10] >> 4, atqb[11] >> 4, atqb[11] & 0x01 != 0
        else:
            size, waiting, self._cid_taken = _answer_to_select(ats)
        self._fsc = _FRAME_SIZES[size] if size < len(_FRAME_SIZES) else 256
        self._patience = min(waiting + 3, _LONGEST_PATIENCE)  # 400 us x 2^FWI, where FWT is 302
        self._extended = False
        self._is_b = bool(atqb)
        self._number = 0
        self._head = bytearray(1)  # PCB, and CID if there is one

    async def start(self) -> None:
        await self._pn532.patience(self._patience)
        # By what chips of this kind are heard to do: type A goes without, type B has one.
        heads = [bytearray(1), bytearray((0, _FIRST_CID))]
        if not self._cid_taken:
            del heads[1]
        elif self._is_b:
            heads.reverse()
        for head in heads:
            self._head = head
            try:
                pcb, _, _ = await self._send(_R_NAK, b"", 0, 0)
            except CardLost:
                continue
            self._number = pcb & 1 ^ 1
            return
        raise CardLost

    async def exchange(self, command: bytes, longest: int) -> bytearray:
        """The answer with its status word."""
        room = self._fsc - _CRC - len(self._head)
        at = 0
        while len(command) - at > room:
            pcb, _, _ = await self._inform(_CHAINING, command, at, room)
            if pcb & 0xF6 != _R_ACK:
                raise CardLost
            self._number ^= 1
            at += room
        pcb, start, size = await self._inform(0, command, at, len(command) - at)
        answer = bytearray()
        while True:
            if pcb & 0xE6 != _I or pcb & 1 != self._number:
                raise CardLost
            self._number ^= 1
            answer.extend(self._pn532.data[start : start + size])
            if len(answer) > longest:
                raise CardLost
            if not pcb & _CHAINING:
                return answer
            pcb, start, size = await self._ask(_R_ACK | self._number, b"", 0, 0)

    async def _inform(self, chaining: int, command: bytes, at: int, count: int) -> "tuple[int, int, int]":
        """A block of the command; once more if the card says that it is still at the one before."""
        for _ in range(1 + _REPEATS):
            answer = await self._ask(_I | chaining | self._number, command, at, count)
            if answer[0] & 0xF6 != _R_ACK or answer[0] & 1 == self._number:
                return answer
        raise CardLost

    async def _ask(self, pcb: int, data: bytes, at: int, count: int) -> "tuple[int, int, int]":
        """A block, and the one that answers it: PCB, where its content is, and of what size. More time is granted."""
        if self._extended:  # not before: the answer must stay where it is
            self._extended = False
            await self._pn532.patience(self._patience)
        for _ in range(_EXTENSIONS):
            answer, start, size = await self._insist(pcb, data, at, count)
            if answer & 0xF7 != _WTX:
                return answer, start, size
            factor = self._pn532.data[start] & 0x3F if size else 0
            if not 1 <= factor <= 59:
                raise CardLost
            pcb, data, at, count = _WTX, bytes((factor,)), 0, 1
            longer = 0
            while 1 << longer < factor:
                longer += 1
            self._extended = True
            await self._pn532.patience(min(self._patience + longer, _LONGEST_PATIENCE))
        raise CardLost

    async def _insist(self, pcb: int, data: bytes, at: int, count: int) -> "tuple[int, int, int]":
        """As `_ask`; of a card that cannot be heard the answer is asked for again."""
        for _ in range(_REPEATS):
            try:
                return await self._send(pcb, data, at, count)
            except CardLost:
                pcb, count = _R_NAK | self._number, 0
        return await self._send(pcb, data, at, count)

    async def _send(self, pcb: int, data: bytes, at: int, count: int) -> "tuple[int, int, int]":
        head = self._head
        head[0] = pcb if len(head) == 1 else pcb | _CID
        pn532 = self._pn532
        await pn532.thru(head, data, at, count, _THRU_MS)
        size = pn532.size - len(head)
        if size < 0:
            raise CardLost
        answer = pn532.data[pn532.at]
        if (answer & _CID != 0) != (len(head) == 2):
            raise CardLost
        return answer, pn532.at + len(head), size


def _answer_to_select(ats: bytes) -> "tuple[int, int, bool]":
    """FSCI, FWI, and whether the card takes a CID; what it leaves out has a default."""
    size, waiting, cid = 2, 4, True
    if len(ats) > 1:
        form = ats[1]
        size = form & 0x0F
        at = 2
        for present in (0x10, 0x20, 0x40):
            if form & present and at < len(ats):
                if present == 0x20:
                    waiting = ats[at] >> 4
                elif present == 0x40:
                    cid = ats[at] & 0x02 != 0
                at += 1
    return size, waiting, cid
