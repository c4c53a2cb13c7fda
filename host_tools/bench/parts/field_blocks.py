"""A card's end of the half-duplex block protocol (ISO/IEC 14443-4): APDUs in and out of I-, R- and S-blocks.

Rules 9 to 13 and D, E of the standard. What a reader does against them is noted in `faults` and not answered, as a
real card stays mute.
"""

from __future__ import annotations

from collections.abc import Callable

from host_tools.bench.parts.field import Reply

Apdu = Callable[[bytes], bytes | None]

FRAME_SIZES = (16, 24, 32, 40, 48, 64, 96, 128, 256)  # by FSCI and FSDI, with the CRC
_CRC = 2
_LONGEST_WTX = 59

_CHAINING = 0x10
_NAK = 0x10
_CID = 0x08
_NAD = 0x04


def frame_waiting_us(fwi: int) -> int:
    """FWT: 256 x 16 / fc x 2^FWI."""
    return round(4096 / 13.56 * (1 << fwi))


class BlockProtocol:
    """`apdu` answers a command, or None to fall silent. `think_us` is how long that takes."""

    def __init__(self, apdu: Apdu, fsci: int, fwi: int, cid_supported: bool) -> None:
        self.apdu = apdu
        self.think_us = 0
        self.wtxm = _LONGEST_WTX  # the longest extension it asks for at a time
        self.faults: list[str] = []
        self.extensions = 0  # S(WTX) asked for so far
        self._fsc = FRAME_SIZES[min(fsci, 8)]
        self._fwt_us = frame_waiting_us(fwi)
        self._cid_supported = cid_supported

    def start(self, fsdi: int, cid: int) -> None:
        """RATS or ATTRIB have been answered."""
        self._fsd = FRAME_SIZES[min(fsdi, 8)]
        self._cid = cid
        self._number = 1
        self._command = bytearray()
        self._answer = b""  # what is left to be sent
        self._sent = b""  # the last block, for a reader that has not understood it
        self._left_us = 0  # of thinking
        self._extended_us = 0  # how much of it the reader has granted; 0: nothing is asked for

    def receive(self, block: bytes) -> Reply | None:
        pcb, body = block[0], block[1:]
        with_cid = bool(pcb & _CID)
        if with_cid:
            if not self._cid_supported or not body or body[0] & 0x0F != self._cid:
                return None
            body = body[1:]
        elif self._cid:
            return None
        if len(block) + _CRC > self._fsc:
            return self._fault(f"frame of {len(block) + _CRC} bytes for a card that takes {self._fsc}")
        if pcb & 0xE2 == 0x02 and not pcb & _NAD:
            return self._information(pcb, body, with_cid)
        if pcb & 0xE6 == 0xA2:
            return self._receive_ready(pcb, with_cid)
        if pcb & 0xF7 == 0xF2:
            return self._extended(body, with_cid)
        return self._fault(f"block {block.hex()}")

    def deselected(self, block: bytes) -> bool:
        """Whether it is an S(DESELECT) for this card."""
        if block[0] & 0xF7 != 0xC2:
            return False
        return block[1:] == bytes([self._cid]) if block[0] & _CID else not self._cid

    def _fault(self, what: str) -> Reply | None:
        self.faults.append(what)
        return None

    def _information(self, pcb: int, body: bytes, with_cid: bool) -> Reply | None:
        if self._extended_us:
            return self._fault("I-block instead of an answer to S(WTX)")
        if pcb & 1 == self._number:
            return self._fault(f"I-block with the number {pcb & 1} again")
        self._number ^= 1  # rule D
        self._answer = b""
        self._command += body
        if pcb & _CHAINING:
            return self._send(bytes([0xA2 | self._number]), with_cid)
        command, self._command = bytes(self._command), bytearray()
        if command:
            answer = self.apdu(command)
            if answer is None:
                return None
            self._answer = answer
            self._left_us = self.think_us
        return self._think(with_cid)

    def _think(self, with_cid: bool) -> Reply:
        """The answer, or a request for more time where it would come too late."""
        granted = self._extended_us or self._fwt_us
        if self._left_us < granted:
            delay, self._left_us, self._extended_us = self._left_us, 0, 0
            return self._next(with_cid, delay)
        self._left_us -= granted * 9 // 10
        wanted = min(self.wtxm, max(1, -(-self._left_us // self._fwt_us)))
        self._extended_us = wanted * self._fwt_us
        self.extensions += 1
        return self._send(bytes([0xF2]), with_cid, bytes([wanted]), granted * 9 // 10)

    def _extended(self, body: bytes, with_cid: bool) -> Reply | None:
        if not self._extended_us or len(body) != 1 or body[0] & 0x3F != self._extended_us // self._fwt_us:
            return self._fault("S(WTX) that was not asked for")
        return self._think(with_cid)

    def _receive_ready(self, pcb: int, with_cid: bool) -> Reply | None:
        if pcb & 1 == self._number:  # rule 11
            return Reply(self._sent) if self._sent else None
        if pcb & _NAK:  # rule 12
            return Reply(self._framed(bytes([0xA2 | self._number]), with_cid))
        if not self._answer:
            return self._fault("R(ACK) without anything left to send")
        self._number ^= 1  # rule E
        return self._next(with_cid, 0)

    def _next(self, with_cid: bool, delay_us: int) -> Reply:
        """The next I-block of the answer."""
        room = self._fsd - _CRC - 1 - with_cid
        body, self._answer = self._answer[:room], self._answer[room:]
        return self._send(bytes([0x02 | self._number | (_CHAINING if self._answer else 0)]), with_cid, body, delay_us)

    def _send(self, pcb: bytes, with_cid: bool, body: bytes = b"", delay_us: int = 0) -> Reply:
        self._sent = self._framed(pcb, with_cid) + body
        return Reply(self._sent, max(delay_us, 100))

    def _framed(self, pcb: bytes, with_cid: bool) -> bytes:
        return bytes([pcb[0] | _CID, self._cid]) if with_cid else pcb
