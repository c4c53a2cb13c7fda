"""The PN532's contactless interface unit: the carrier, the registers that set it up, and one frame each way.

Each step is a generator that yields the microseconds it takes, so that a card can be drawn away in the middle of it.
"""

from __future__ import annotations

from collections.abc import Generator
from enum import IntEnum

from host_tools.bench.parts.field import Card, Field, Modulation, Reply, State

FIFO_DATA = 0x6339
BIT_FRAMING = 0x633D
TX_MODE = 0x6302
RX_MODE = 0x6303
TX_CONTROL = 0x6304
VERSION = 0x6327
_CRC_ON = 0x80
_MODES = {Modulation.A: 0x00, Modulation.B: 0x03, Modulation.F212: 0x12, Modulation.F424: 0x22}
_BYTE_US = {Modulation.A: 85, Modulation.B: 94, Modulation.F212: 38, Modulation.F424: 19}
_LONGEST = 64 - 2  # of a frame that the chip keeps to itself, without its CRC: FSD
_LONGEST_THRU = 262
_CARRIER_US = 5_000  # before a card may be spoken to


class Status(IntEnum):
    """What an answer may say first (UM0701-02, 7.1)."""

    OK = 0x00
    TIMEOUT = 0x01
    CRC = 0x02
    PARITY = 0x03
    BIT_COUNT = 0x04
    MIFARE_FRAMING = 0x05
    BIT_COLLISION = 0x06
    BUFFER_SIZE = 0x07
    RF_BUFFER_OVERFLOW = 0x09
    RF_FIELD = 0x0A
    RF_PROTOCOL = 0x0B
    TEMPERATURE = 0x0D
    BUFFER_OVERFLOW = 0x0E
    PARAMETER = 0x10
    DEP_COMMAND = 0x12
    FORMAT = 0x13
    MIFARE_AUTHENTICATION = 0x14
    UID_CHECK = 0x23
    DEP_STATE = 0x25
    NOT_ALLOWED = 0x26
    CONTEXT = 0x27
    RELEASED = 0x29
    CARD_EXCHANGED = 0x2A
    CARD_DISAPPEARED = 0x2B
    NFCID3 = 0x2C
    OVER_CURRENT = 0x2D
    NAD_MISSING = 0x2E


class Failure(Exception):
    def __init__(self, status: int) -> None:
        self.status = status


def crc(frame: bytes, modulation: Modulation) -> bytes:
    """CRC_A or CRC_B (ISO/IEC 14443-3, annex B): 0x8408 reflected, the lower byte first."""
    register = 0xFFFF if modulation == Modulation.B else 0x6363
    for byte in frame:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x8408 if register & 1 else 0)
    return (register ^ (0xFFFF if modulation == Modulation.B else 0)).to_bytes(2, "little")


class Ciu:
    def __init__(self, field: Field) -> None:
        self.field = field
        self.registers: dict[int, int] = {}
        self.reset()

    def reset(self) -> None:
        self.registers = {VERSION: 0x80, TX_CONTROL: 0x80}
        self.switch(False)

    def switch(self, on: bool) -> None:
        self.field.switch(on)
        self.registers[TX_CONTROL] = 0x83 if on else 0x80

    def set_up(self, modulation: Modulation) -> Generator[int, None, None]:
        """Carrier, modulation, CRC both ways: what the firmware does before it looks for a card."""
        self.registers[TX_MODE] = self.registers[RX_MODE] = _MODES[modulation] | _CRC_ON
        self.registers[BIT_FRAMING] = 0
        if not self.field.on:
            self.switch(True)
            yield _CARRIER_US

    @property
    def modulation(self) -> Modulation:
        mode = self.registers.get(TX_MODE, 0) & 0x73
        return next((modulation for modulation, bits in _MODES.items() if bits == mode), Modulation.A)

    def hear(
        self, modulation: Modulation, frame: bytes, timeout_us: int
    ) -> Generator[int, None, list[tuple[Card, Reply]]]:
        """Everybody's answers to a frame, when the last of them is over."""
        byte_us = _BYTE_US[modulation]
        out_us = (len(frame) + 3) * byte_us
        replies = [(card, reply) for card, reply in self.field.send(modulation, frame) if reply.delay_us <= timeout_us]
        if not replies:
            self.registers[FIFO_DATA] = frame[0]
            yield out_us + timeout_us
            return []
        yield out_us + max(reply.delay_us + (len(reply.frame) + 3) * byte_us for _, reply in replies)
        return [(card, reply) for card, reply in replies if card in self.field.cards or reply.cut]

    def send(self, modulation: Modulation, frame: bytes, timeout_us: int) -> Generator[int, None, bytes]:
        """The one answer."""
        replies = yield from self.hear(modulation, frame, timeout_us)
        if not replies:
            raise Failure(Status.TIMEOUT)
        card, reply = replies[0]
        if len(replies) > 1 or reply.cut:
            raise Failure(Status.CRC)
        if card.state == State.OFF:
            raise Failure(Status.TIMEOUT)
        if len(reply.frame) > _LONGEST:
            raise Failure(Status.BUFFER_SIZE)
        return reply.frame

    def thru(self, frame: bytes, timeout_us: int) -> Generator[int, None, bytes]:
        """As the registers say: CRC added and taken away, or the host's to do."""
        modulation = self.modulation
        if not self.registers.get(TX_MODE, 0) & _CRC_ON and not self.registers.get(BIT_FRAMING, 0) & 0x07:
            if len(frame) < 3 or crc(frame[:-2], modulation) != frame[-2:]:
                frame = b""  # no card takes it
            frame = frame[:-2]
        if not frame:
            yield timeout_us
            raise Failure(Status.TIMEOUT)
        replies = yield from self.hear(modulation, frame, timeout_us)
        if not replies:
            raise Failure(Status.TIMEOUT)
        reply = replies[0][1]
        checked = bool(self.registers.get(RX_MODE, 0) & _CRC_ON)
        if len(replies) > 1 or reply.cut or (checked and not reply.crc):
            raise Failure(Status.CRC)
        answer = reply.frame if checked or not reply.crc else reply.frame + crc(reply.frame, modulation)
        if len(answer) > _LONGEST_THRU:
            raise Failure(Status.BUFFER_SIZE)
        return answer
