"""A card's half of T=1 (ISO/IEC 7816-3, clause 11): blocks, chains of them, and what mends a damaged one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from host_tools.bench.bus import Timer

if TYPE_CHECKING:
    from host_tools.bench.parts.chip_slot_card import ChipCard

_R = 0x80
_S = 0xC0
_RESYNCH, _IFS, _ABORT, _WTX = 0, 1, 2, 3
_RESPONSE = 0x20
_MORE = 0x20
_EDC_ERROR, _OTHER_ERROR = 1, 2


def lrc(data: bytes) -> bytes:
    check = 0
    for byte in data:
        check ^= byte
    return bytes([check])


def crc(data: bytes) -> bytes:
    """As libccid's and OpenCT's T=1 has it: CRC-16/MCRF4XX (the CCITT polynomial mirrored), upper byte first."""
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ 0x8408 * (register & 1)
    return register.to_bytes(2, "big")


@dataclass
class Habits1:
    think_us: int = 2_000  # for each command
    wtx: list[int] = field(default_factory=list)  # multipliers of BWT that it asks for before each answer
    ifs_request: int = 0  # an IFSC that it asks for before its first answer


class T1:
    def __init__(self, card: ChipCard, interface_bytes: dict[str, int], habits: Habits1) -> None:
        self._card = card
        self._habits = habits
        card.io.turnaround_etu = 22
        card.io.error_signal = False
        waiting = interface_bytes.get("TB3", 0x4D)
        self._spacing_etu = 11 if interface_bytes.get("TC1") == 255 else 12
        self._cwt = 11 + (1 << (waiting & 15))
        self._edc = crc if interface_bytes.get("TC3", 0) & 1 else lrc
        self._first_ifsc = interface_bytes.get("TA3", 32)
        self._block = bytearray()
        self._damaged = False
        self._timer: Timer | None = None
        self._reset()

    def _reset(self) -> None:
        self._ns = self._nr = 0
        self._ifsc, self._ifsd = self._first_ifsc, 32
        self._command = b""
        self._answer: list[bytes] = []  # blocks' data still to be sent, the first of them sent and not acknowledged
        self._requests: list[tuple[int, int]] = []  # S-blocks to go before the answer: kind and value
        self._last = b""  # what was said last

    def off(self) -> None:
        if self._timer:
            self._timer.cancel()

    def _timed_out(self) -> None:
        """The block's next character has not come within CWT."""
        self._block.clear()
        self._say(_R | self._nr << 4 | _OTHER_ERROR)

    def take(self, byte: int, good: bool) -> None:
        self.off()
        block = self._block
        block.append(byte)
        self._damaged |= not good
        check = len(self._edc(b""))
        if len(block) < 3 or len(block) < 3 + block[2] + check:
            io = self._card.io
            self._timer = io.alarm(io.heard_us + (self._cwt + 10) * io.etu_us, self._timed_out)
            return
        whole = bytes(block)
        block.clear()
        damaged, self._damaged = self._damaged, False
        if damaged or self._edc(whole[:-check]) != whole[-check:]:
            self._say(_R | self._nr << 4 | _EDC_ERROR)
            return
        pcb, data = whole[1], whole[3:-check]
        if whole[0] or whole[2] == 255 or len(data) > self._ifsc:
            self._say(_R | self._nr << 4 | _OTHER_ERROR)
        elif not pcb & 0x80:
            self._information(pcb, data)
        elif pcb & 0xC0 == _R:
            self._acknowledgement(pcb)
        else:
            self._supervisory(pcb, data)

    def _information(self, pcb: int, data: bytes) -> None:
        if pcb >> 6 & 1 != self._nr or self._requests:
            self._say(_R | self._nr << 4 | _OTHER_ERROR)
            return
        self._nr ^= 1
        if self._answer:  # which this block acknowledges
            self._ns ^= 1
            self._answer = []
        self._command += data
        if pcb & _MORE:
            self._say(_R | self._nr << 4)
            return
        habits = self._habits
        self._requests = [(_WTX, value) for value in habits.wtx]
        if habits.ifs_request and self._ifsc != habits.ifs_request:
            self._requests.append((_IFS, habits.ifs_request))
        self._go_on()

    def _go_on(self) -> None:
        if self._requests:
            kind, value = self._requests[0]
            self._say(_S | kind, bytes([value]))
            return
        command, self._command = self._command, b""
        self._card.io.pause(self._habits.think_us)
        answer = self._card.handler(command)
        self._answer = [answer[at : at + self._ifsd] for at in range(0, len(answer), self._ifsd)]
        self._say_answer()

    def _say_answer(self) -> None:
        more = _MORE if len(self._answer) > 1 else 0
        self._say(self._ns << 6 | more, self._answer[0])

    def _acknowledgement(self, pcb: int) -> None:
        nr = pcb >> 4 & 1
        if self._requests:
            self._go_on()
        elif self._answer and nr == self._ns:
            self._say_answer()
        elif len(self._answer) > 1:
            self._ns ^= 1
            self._answer.pop(0)
            self._say_answer()
        elif self._last:
            self._card.io.say(self._last, self._spacing_etu)
        else:
            self._say(_R | self._nr << 4 | _OTHER_ERROR)

    def _supervisory(self, pcb: int, data: bytes) -> None:
        kind = pcb & 0x1F
        if pcb & _RESPONSE:
            if self._requests and (kind, data) == (self._requests[0][0], bytes([self._requests[0][1]])):
                self._requests.pop(0)
                if kind == _IFS:
                    self._ifsc = data[0]
                self._go_on()
            else:
                self._say(_R | self._nr << 4 | _OTHER_ERROR)
        elif kind == _RESYNCH and not data:
            self._reset()
            self._say(_S | _RESPONSE | _RESYNCH)
        elif kind == _IFS and len(data) == 1 and 1 <= data[0] <= 254:
            self._ifsd = data[0]
            self._say(_S | _RESPONSE | _IFS, data)
        elif kind == _ABORT and not data:
            self._command, self._answer = b"", []
            self._say(_S | _RESPONSE | _ABORT)
        else:
            self._say(_R | self._nr << 4 | _OTHER_ERROR)

    def _say(self, pcb: int, data: bytes = b"") -> None:
        block = bytes([0, pcb, len(data)]) + data
        self._last = block + self._edc(block)
        self._card.io.say(self._last, self._spacing_etu)
