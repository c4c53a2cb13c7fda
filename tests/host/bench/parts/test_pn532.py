"""The PN532's side of each bus, frame by frame, and what it makes of bytes that are none.

What other people's drivers make of it is in tests/host/judges.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts.field import Field
from host_tools.bench.parts.field_cards import IsoA
from host_tools.bench.parts.pn532_frames import ACK, ERROR, NACK, information
from host_tools.bench.parts.pn532_hsu import Pn532Hsu
from host_tools.bench.parts.pn532_i2c import Pn532I2c
from host_tools.bench.parts.pn532_spi import Pn532Spi, mirrored
from tests.host.bench.parts.wires import Line, Pins, run_all

# GetFirmwareVersion and its answer, as the makers of drivers show them (nfcpy, Adafruit, Seeed).
GET_FIRMWARE = bytes.fromhex("0000ff02fed4022a00")
FIRMWARE = bytes.fromhex("0000ff06fad50332010607e800")
WAKE = b"\x55\x55" + bytes(14)
SELECT, IRQ = 19, 3


class Host:
    """A chip on HSU, awake."""

    def __init__(self, *cards: IsoA) -> None:
        self.clock = VirtualClock()
        self.line = Line()
        self.field = Field()
        self.field.put(*cards)
        self.part = Pn532Hsu(self.field)
        self.part.attach(self.line, self.clock)
        self.part.receive(WAKE)

    def say(self, data: bytes) -> bytes:
        """What has come back when everything has happened."""
        self.part.receive(data)
        run_all(self.clock)
        return self.line.take()

    def command(self, code: int, data: bytes = b"") -> bytes:
        return self.say(information(bytes([0xD4, code]) + data))


def test_a_command_is_acknowledged_and_answered() -> None:
    assert Host().say(GET_FIRMWARE) == ACK + FIRMWARE


def test_an_answer_is_repeated_as_often_as_asked() -> None:
    host = Host()
    host.say(GET_FIRMWARE)
    assert host.say(NACK) == FIRMWARE
    assert host.say(NACK) == FIRMWARE
    assert Host().say(NACK) == b""


def test_an_ack_of_the_host_ends_a_command() -> None:
    host = Host()
    host.part.receive(information(b"\xd4\x4a\x01\x00"))  # for ever, as there is no card
    host.clock.busy(3_000_000)
    assert host.line.take() == ACK
    assert host.say(ACK) == b""
    assert host.say(GET_FIRMWARE) == ACK + FIRMWARE


@pytest.mark.parametrize("at", range(1, len(GET_FIRMWARE) - 1))
def test_a_damaged_command_is_not_acknowledged(at: int) -> None:
    host = Host()
    damaged = bytearray(GET_FIRMWARE)
    damaged[at] ^= 0x04
    assert host.say(bytes(damaged)) == b""
    host.clock.busy(100_000)
    assert host.say(GET_FIRMWARE) == ACK + FIRMWARE


@pytest.mark.parametrize(
    ("code", "data"),
    [
        (0x02, b"\x00"),  # one parameter too many
        (0x0A, b""),  # no such command
        (0x32, b"\x01"),  # one too few
        (0x32, b"\x03\x00"),  # no such item
        (0x40, b""),
        (0x4A, b"\x00\x00"),  # no card at all
        (0x4A, b"\x03\x00"),  # more than it can
        (0x4A, b"\x01\x05"),  # no such modulation
        (0x4A, b"\x01\x01"),  # FeliCa, without what to ask
    ],
)
def test_the_error_frame(code: int, data: bytes) -> None:
    host = Host()
    assert host.command(code, data) == ACK + ERROR
    assert host.say(GET_FIRMWARE) == ACK + FIRMWARE


def test_frames_without_their_ends_once_asked_for() -> None:
    host = Host()
    assert host.command(0x12, b"\x34") == ACK + information(b"\xd5\x13")[1:-1]
    assert host.say(GET_FIRMWARE) == ACK[1:-1] + FIRMWARE[1:-1]


def test_power_down_forgets_the_card_and_the_first_bytes() -> None:
    card = IsoA(lambda command: b"\x90\x00")
    host = Host(card)
    assert host.command(0x4A, b"\x01\x00").endswith(b"\x00")
    assert host.field.on
    assert host.command(0x16, b"\x10") == ACK + information(b"\xd5\x17\x00")
    assert not host.field.on
    assert host.say(GET_FIRMWARE) == b""  # it was woken by it, and has not heard it
    host.part.receive(WAKE)
    assert host.say(GET_FIRMWARE) == ACK + FIRMWARE
    assert host.command(0x40, b"\x01\x00\xa4\x04\x00") == ACK + information(b"\xd5\x41\x27")  # no such target


def test_only_what_was_asked_for_wakes_it() -> None:
    host = Host()
    host.command(0x16, b"\x20")  # SPI alone
    host.part.receive(WAKE)
    assert host.say(GET_FIRMWARE) == b""


# -- the interrupt line --


# The part, its clock, how a frame is written, and how so many bytes of one are read.
Bus: TypeAlias = tuple[Pn532I2c | Pn532Spi, VirtualClock, Callable[[bytes], object], Callable[[int], bytes]]


def _i2c() -> Bus:
    part, clock = Pn532I2c(Field(), IRQ), VirtualClock()
    part.attach(clock)
    part.lines.attach(Pins(), clock)
    part.write(b"\x00")
    clock.busy(2_000)
    return part, clock, part.write, lambda count: part.read(count + 1)[1:]


def _spi() -> Bus:
    part, clock, pins = Pn532Spi(Field(), SELECT, IRQ), VirtualClock(), Pins()
    part.attach(clock)
    part.lines.attach(pins, clock)

    def transfer(data: bytes) -> bytes:
        pins.levels[SELECT] = 0
        part.lines.driven(SELECT)
        answer = part.transfer(bytes(mirrored(byte) for byte in data))
        pins.levels[SELECT] = 1
        part.lines.driven(SELECT)
        return bytes(mirrored(byte) for byte in answer[1:])

    transfer(b"\x02")
    clock.busy(2_000)
    return part, clock, lambda frame: transfer(b"\x01" + frame), lambda count: transfer(b"\x03" + bytes(count))


@pytest.mark.parametrize("bus", [_i2c, _spi])
def test_the_interrupt_line_is_low_while_there_is_a_frame(bus: Callable[[], Bus]) -> None:
    part, clock, write, read = bus()
    assert part.lines.level(IRQ) == 1
    write(GET_FIRMWARE)
    assert part.lines.level(IRQ) == 1
    run_all(clock)
    assert part.lines.level(IRQ) == 0
    assert read(len(ACK)) == ACK
    assert part.lines.level(IRQ) == 0  # the answer is ready too
    assert read(len(FIRMWARE)) == FIRMWARE
    assert part.lines.level(IRQ) == 1
    write(information(b"\xd4\x14\x01\x00\x00"))  # SAMConfiguration: leave the line alone
    run_all(clock)
    assert part.lines.level(IRQ) == 1
    assert read(len(ACK)) == ACK


# -- bytes that are no frames --


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=300),
            st.builds(lambda data: information(b"\xd4" + data), st.binary(min_size=1, max_size=264)),
        )
    )
)
def test_whatever_the_host_says_it_works_again(said: list[bytes]) -> None:
    host = Host(IsoA(lambda command: b"\x90\x00"))
    for data in said:
        host.part.receive(data)
        host.clock.busy(60_000)
    host.clock.busy(60_000)
    host.part.receive(ACK)
    host.part.chip.wakes_by = 0xFF  # it may have been told that nothing will wake it
    host.part.receive(WAKE)
    host.clock.busy(60_000)
    host.line.take()
    host.part.receive(information(b"\xd4\x12\x14"))
    host.clock.busy(60_000)
    host.line.take()
    assert host.say(GET_FIRMWARE) == ACK + FIRMWARE
