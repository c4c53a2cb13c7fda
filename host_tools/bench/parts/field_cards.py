"""Cards of type A and B (ISO/IEC 14443-3 and -4), MIFARE Classic, FeliCa (JIS X 6319-4), to be put in a Field.

Anticollision of type A, which goes bit by bit, is a call of its own.
"""

from __future__ import annotations

from collections.abc import Callable

from host_tools.bench.parts.field import Card, Modulation, Reply, State
from host_tools.bench.parts.field_blocks import Apdu, BlockProtocol

REQA = b"\x26"
WUPA = b"\x52"
HLTA = b"\x50\x00"
SELECT = (0x93, 0x95, 0x97)  # by cascade level
_CASCADE_TAG = b"\x88"
_RATS = 0xE0
_PPS = 0xD0


class TypeA(Card):
    """A card of ISO/IEC 14443-3 that goes no further: SAK 0x00, a memory card. `memory` answers its commands."""

    modulations = (Modulation.A,)

    def __init__(
        self,
        uid: bytes = bytes.fromhex("04A1B2C3D4E5F6"),
        atqa: bytes = b"\x00\x44",
        sak: int = 0x00,
        memory: Callable[[bytes], bytes | None] = lambda command: None,
    ) -> None:
        """`atqa` as it is written: the byte that is sent last comes first."""
        super().__init__()
        assert len(uid) in (4, 7, 10)
        self.uid = uid
        self.atqa = atqa
        self.sak = sak
        self._memory = memory
        rest = uid
        self._levels: list[bytes] = []  # what is selected by at each cascade level
        while len(rest) > 4:
            self._levels.append(_CASCADE_TAG + rest[:3])
            rest = rest[3:]
        self._levels.append(rest)
        self._level = 0

    def anticollide(self, select: int, known: str) -> str | None:
        """The bits of this level's UID and BCC, lowest first, if they begin with the `known` ones."""
        if self.state != State.READY or select != SELECT[self._level]:
            return None
        part = self._levels[self._level]
        check = part[0] ^ part[1] ^ part[2] ^ part[3]
        bits = "".join(f"{byte:08b}"[::-1] for byte in (*part, check))
        return bits if bits.startswith(known) else None

    def receive(self, frame: bytes) -> Reply | None:
        if self.state == State.PROTOCOL:
            others = frame in (REQA, WUPA) or frame[0] in SELECT  # the reader looks for more cards
            return None if others else self.protocol(frame)
        if frame in (REQA, WUPA):
            wakes = self.state == State.IDLE or (self.state == State.HALT and frame == WUPA)
            if self.state != State.HALT:
                self.state = State.IDLE  # from READY or ACTIVE without an answer
            if not wakes:
                return None
            self.state = State.READY
            self._level = 0
            return Reply(self.atqa[::-1], crc=False)
        if self.state == State.READY:
            return self._select(frame)
        if self.state != State.ACTIVE:
            return None
        if frame == HLTA:
            self.state = State.HALT
            return None
        return self.active(frame)

    def _select(self, frame: bytes) -> Reply | None:
        if frame[:6] != bytes([SELECT[self._level], 0x70]) + self._levels[self._level]:
            self.state = State.IDLE  # another card is meant
            return None
        self._level += 1
        if self._level < len(self._levels):
            return Reply(bytes([self.sak & ~0x20 | 0x04]))
        self.state = State.ACTIVE
        return Reply(bytes([self.sak]))

    def active(self, frame: bytes) -> Reply | None:
        answer = self._memory(frame)
        return None if answer is None else Reply(answer)

    def protocol(self, block: bytes) -> Reply | None:
        raise NotImplementedError


class MifareClassic(TypeA):
    """1 KB in blocks of 16 bytes, four a sector, one key A for all. The reader's end does the cipher."""

    def __init__(self, uid: bytes = bytes.fromhex("DEADBEEF"), key: bytes = b"\xff" * 6) -> None:
        super().__init__(uid, b"\x00\x04", 0x08)
        self.key = key
        self.blocks = [bytearray(16) for _ in range(64)]
        self.blocks[0][:5] = uid + bytes([uid[0] ^ uid[1] ^ uid[2] ^ uid[3]])
        self._sector = -1  # the one that has been authenticated

    def power(self, on: bool) -> None:
        super().power(on)
        self._sector = -1

    def authenticate(self, block: int, key: bytes, uid: bytes) -> bool:
        good = self.state == State.ACTIVE and key == self.key and uid == self.uid[-4:] and block < len(self.blocks)
        self._sector = block // 4 if good else -1
        if not good:
            self.state = State.IDLE
        return good

    def active(self, frame: bytes) -> Reply | None:
        if len(frame) < 2 or frame[1] // 4 != self._sector:
            return None
        block = self.blocks[frame[1]]
        if frame[0] == 0x30:
            return Reply(bytes(block))
        if frame[0] == 0xA0 and len(frame) == 18:
            block[:] = frame[2:]
            return Reply(b"\x0a", crc=False)
        return None


class IsoCard(Card):
    """What the two types have in common: APDUs in blocks, and that it can be drawn away in the middle of an answer."""

    blocks: BlockProtocol
    _commands = 0
    _leaves: tuple[int, int] | None = None

    def leave(self, exchange: int, byte: int = 0) -> None:
        """At this answer (the first is 1), after so many bytes of its first block."""
        self._leaves = (self._commands + exchange, byte)

    @property
    def leaves(self) -> tuple[int, int] | None:
        """What `leave` would have to be told now; None for a card that stays."""
        return self._leaves and (self._leaves[0] - self._commands, self._leaves[1])

    def _count(self, apdu: Apdu) -> Apdu:
        def counted(command: bytes) -> bytes | None:
            self._commands += 1
            return apdu(command)

        return counted

    def _block(self, frame: bytes) -> Reply | None:
        if self.blocks.deselected(frame):
            self.state = State.HALT
            return Reply(frame)
        reply = self.blocks.receive(frame)
        if reply and self._leaves and self._commands >= self._leaves[0]:
            cut, self._leaves = self._leaves[1], None
            self.gone = True
            self.state = State.OFF
            return Reply(reply.frame[:cut], reply.delay_us, cut=True) if cut else None
        return reply


class IsoA(TypeA, IsoCard):
    """A payment card of type A: everything after RATS is APDUs."""

    def __init__(
        self,
        apdu: Apdu,
        uid: bytes = bytes.fromhex("08112233"),
        atqa: bytes = b"\x00\x04",
        sak: int = 0x20,
        ats: bytes = bytes.fromhex("057880a002"),  # FSC 256, FWI 10, CID
    ) -> None:
        super().__init__(uid, atqa, sak)
        self.ats = ats
        given = {}  # by bit of T0: the interface byte
        at = 2
        for bit in (0x10, 0x20, 0x40):
            if ats[1] & bit:
                given[bit] = ats[at]
                at += 1
        fwi = given.get(0x20, 0x40) >> 4
        self.blocks = BlockProtocol(self._count(apdu), ats[1] & 0x0F, fwi, bool(given.get(0x40, 0x02) & 0x02))

    def active(self, frame: bytes) -> Reply | None:
        if frame[0] != _RATS or len(frame) != 2:
            return None
        self.state = State.PROTOCOL
        self._fresh = True
        self.blocks.start(frame[1] >> 4, frame[1] & 0x0F)
        return Reply(self.ats)

    def protocol(self, block: bytes) -> Reply | None:
        if self._fresh and block[0] & 0xF0 == _PPS:
            return Reply(block[:1])
        self._fresh = False
        return self._block(block)


class IsoB(IsoCard):
    """A payment card of type B."""

    modulations = (Modulation.B,)

    def __init__(
        self,
        apdu: Apdu,
        pupi: bytes = bytes.fromhex("11223344"),
        application: bytes = bytes(4),
        protocol: bytes = bytes.fromhex("0081a1"),  # FSC 256, FWI 10, CID
        afi: int = 0x00,
    ) -> None:
        super().__init__()
        self.pupi = pupi
        self.afi = afi
        self.atqb = b"\x50" + pupi + application + protocol
        self.blocks = BlockProtocol(self._count(apdu), protocol[1] >> 4, protocol[2] >> 4, bool(protocol[2] & 1))
        self._slot = 0

    def receive(self, frame: bytes) -> Reply | None:
        if self.state == State.PROTOCOL:
            others = frame[0] & 0x0F == 0x05 or frame[0] == 0x1D  # the reader looks for more cards
            return None if others else self._block(frame)
        if frame[0] == 0x05 and len(frame) == 3:
            return self._request(frame[1], frame[2])
        if self.state == State.READY and frame[0] & 0x0F == 0x05 and len(frame) == 1:
            return Reply(self.atqb) if frame[0] >> 4 == self._slot else None
        if self.state == State.READY and frame[:5] == b"\x50" + self.pupi:
            self.state = State.HALT
            return Reply(b"\x00")
        if self.state == State.READY and frame[:5] == b"\x1d" + self.pupi and len(frame) >= 9:
            self.state = State.PROTOCOL
            self.blocks.start(frame[6] & 0x0F, frame[8] & 0x0F)
            return Reply(bytes([frame[8] & 0x0F]))
        return None

    def _request(self, afi: int, parameter: int) -> Reply | None:
        """REQB, or WUPB which wakes a halted card too. With several slots a card chooses one."""
        if (self.state == State.HALT and not parameter & 0x08) or afi not in (0x00, self.afi):
            return None
        self.state = State.READY
        self._slot = self.pupi[3] % (1 << (parameter & 0x07))
        return Reply(self.atqb) if self._slot == 0 else None


class FeliCa(Card):
    """Answers polling. `command` answers what comes after, both with the length in front."""

    modulations = (Modulation.F212, Modulation.F424)

    def __init__(
        self,
        idm: bytes = bytes.fromhex("0101060112345678"),
        pmm: bytes = bytes.fromhex("100B4B428485D0FF"),
        system: bytes = b"\x80\x08",
        command: Callable[[bytes], bytes | None] = lambda command: None,
    ) -> None:
        super().__init__()
        self.idm, self.pmm, self.system = idm, pmm, system
        self._command = command

    def receive(self, frame: bytes) -> Reply | None:
        if len(frame) != frame[0]:
            return None
        if frame[1:2] != b"\x00":
            answer = self._command(frame)
            return None if answer is None else Reply(answer, 2_000)
        if len(frame) != 6 or any(asked not in (0xFF, own) for asked, own in zip(frame[2:4], self.system, strict=True)):
            return None
        answer = b"\x01" + self.idm + self.pmm + (self.system if frame[4] == 1 else b"")
        return Reply(bytes([len(answer) + 1]) + answer, 2_417)
