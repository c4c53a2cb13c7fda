"""The scanner: the exchanges that its manual prints, and what a code before the window comes to."""

from __future__ import annotations

import binascii
from itertools import product

import pytest

from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts.rated_line import heard
from host_tools.bench.parts.scanner import BAUD, COMMAND, CONTINUOUS, MODE, SENSOR, TAIL, VERSION, Scanner
from tests.host.bench.parts.wires import Line

DONE = bytes.fromhex("02000001003331")


class Rig:
    def __init__(self) -> None:
        self.scanner = Scanner()
        self.line = Line()
        self.clock = VirtualClock()
        self.scanner.attach(self.line, self.clock)

    def run(self, ms: int) -> bytes:
        self.clock.advance_to(self.clock.now_us + ms * 1000)
        return self.line.take()

    def send(self, hexadecimal: str) -> bytes:
        self.scanner.receive(bytes.fromhex(hexadecimal))
        return self.run(5)

    def write(self, zone: int, *values: int) -> None:
        body = bytes((8, len(values), zone >> 8, zone & 0xFF, *values))
        assert self.send((b"\x7e\x00" + body + binascii.crc_hqx(body, 0).to_bytes(2, "big")).hex()) == DONE

    def mode(self, mode: int) -> None:
        self.write(MODE, 0xD4 | mode)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_the_manuals_examples(rig: Rig) -> None:
    """GM65 manual, 8.2 to 8.4; zone 000A is read and written there."""
    assert rig.send("7E 00 08 01 00 0A 3E 4C CF") == DONE
    assert rig.send("7E 00 07 01 00 0A 01 EE 8A") == bytes.fromhex("02 00 00 01 3E E4 AC")
    assert rig.send("7E 00 07 01 00 0A 01 11 22") == b""
    assert rig.send("7E 00 08 01 00 0A 3E 11 22") == b""
    assert rig.send("7E 00 09 01 00 00 00 DE C8") == DONE


def test_newlands_examples(rig: Rig) -> None:
    """newlandaidc.com, "Command Trigger Mode": the same commands, of a relative."""
    assert rig.send("7E 00 08 01 00 00 F5 CB 23") == DONE
    assert rig.send("7E 00 08 01 00 02 01 02 DA") == DONE
    assert rig.send("7E 00 08 01 00 06 0F" + f"{binascii.crc_hqx(bytes.fromhex('0801 0006 0F'), 0):04x}") == DONE
    assert rig.send("7e 00 07 01 00 06 01 ab e7") == bytes.fromhex("02 00 00 01 0f c2 de")
    assert rig.send("7E 00 08 01 00 06 00 de 3f") == DONE


def test_a_command_in_pieces_and_one_that_takes_too_long(rig: Rig) -> None:
    assert rig.send("7E") == b""
    assert rig.send("00 07 01 00 E2") == b""
    assert rig.send("01 AB CD")[4] == 0x87
    assert rig.send("7E 00 07 01 00 E2 01") == b""
    assert rig.run(401) == b""
    assert rig.send("AB CD") == b""
    assert rig.send("7E 00 07 01 00 E2 01 AB CD")[4] == 0x87


def test_several_zones_at_once(rig: Rig) -> None:
    answer = rig.send("7E 00 07 01 00 E1 03 AB CD")
    assert answer[:7] == bytes((2, 0, 0, 3, 0x64, 0x87, 0x12))
    assert answer[7:] == binascii.crc_hqx(answer[2:7], 0).to_bytes(2, "big")


def test_a_command_triggers_one_reading(rig: Rig) -> None:
    rig.scanner.show(b"6212345")
    rig.mode(COMMAND)
    assert rig.run(1000) == b""
    assert rig.send("7E 00 08 01 00 02 01 AB CD") == DONE
    assert rig.scanner.reading
    assert rig.run(200) == b"6212345\r"
    assert not rig.scanner.reading
    assert rig.run(10_000) == b""
    assert rig.send("7E 00 07 01 00 02 01 AB CD")[4] == 0


def test_a_reading_ends_by_itself_and_on_command(rig: Rig) -> None:
    rig.mode(COMMAND)
    rig.send("7E 00 08 01 00 02 01 AB CD")
    rig.run(4900)
    assert rig.scanner.reading
    rig.run(100)
    rig.scanner.show(b"late")
    assert rig.run(1000) == b""
    rig.scanner.show(None)
    rig.send("7E 00 08 01 00 02 01 AB CD")
    rig.send("7E 00 08 01 00 02 00 AB CD")
    rig.scanner.show(b"later")
    assert rig.run(1000) == b""


def test_a_code_that_is_taken_away_too_soon_is_not_read(rig: Rig) -> None:
    rig.scanner.press()
    rig.scanner.show(b"quick")
    rig.run(50)
    rig.scanner.show(None)
    assert rig.run(1000) == b""
    rig.scanner.show(b"slow")
    assert rig.run(200) == b"slow\r"


def test_continuous_reading_with_its_pauses(rig: Rig) -> None:
    rig.scanner.show(b"x")
    rig.mode(CONTINUOUS)
    assert rig.run(3000) == b"x\r" * 3  # one second between them
    rig.write(0x13, 0x80 | 30)
    assert rig.run(7000).count(b"x\r") == 2
    rig.scanner.show(b"y")
    assert b"y\r" in rig.run(1200)


def test_it_notices_a_code_by_itself(rig: Rig) -> None:
    rig.mode(SENSOR)
    assert rig.run(1000) == b""
    rig.scanner.show(b"z")
    assert rig.run(200) == b"z\r"


@pytest.mark.parametrize(("value", "tail"), [(0x00, b""), (0x01, b"\r"), (0x21, b"\r\n"), (0x41, b"\t")])
def test_tails(rig: Rig, value: int, tail: bytes) -> None:
    rig.write(TAIL, value)
    rig.scanner.show(b"t")
    rig.scanner.press()
    assert rig.run(200) == b"t" + tail


def test_settings_are_lost_with_the_power_unless_they_were_saved(rig: Rig) -> None:
    rig.mode(COMMAND)
    rig.write(TAIL, 0x21)
    rig.send("7E 00 09 01 00 00 00 DE C8")
    rig.mode(CONTINUOUS)
    rig.scanner.power_off()
    rig.scanner.attach(rig.line, rig.clock)
    assert rig.scanner.mode == COMMAND
    assert rig.scanner.zones[TAIL] == 0x21


def test_setting_codes_are_obeyed_where_they_are_allowed(rig: Rig) -> None:
    rig.scanner.press()
    rig.scanner.show_setting_code(TAIL, 0x00)
    assert rig.scanner.zones[TAIL] == 0x00
    rig.write(3, 0)
    rig.scanner.show_setting_code(TAIL, 0x41)
    assert rig.scanner.zones[TAIL] == 0x00


def test_what_it_does_not_know_is_noted(rig: Rig) -> None:
    rig.write(0x2C, 2)
    assert rig.scanner.faults == ["zone 002c set to 02"]


# -- speed --


@pytest.mark.parametrize(
    ("divisor", "rate"), [(0x139, 9600), (0x9C, 19200), (0x4E, 38400), (0x34, 57600), (0x1A, 115200)]
)
def test_the_manuals_divisors(rig: Rig, divisor: int, rate: int) -> None:
    rig.write(BAUD, divisor & 0xFF, divisor >> 8)
    assert abs(rig.scanner.baudrate - rate) < rate * 0.003


def test_at_another_speed_they_hear_nonsense() -> None:
    scanner, clock, received = Scanner(), VirtualClock(), bytearray()
    line = scanner.line(clock, received.extend)
    ask = bytes.fromhex("7E 00 07 01 00 E2 01 AB CD")

    def answer(baudrate: int) -> bytes:
        received.clear()
        line.configure(baudrate, 8, 0, 1)
        line.write(ask)
        clock.advance_to(clock.now_us + 500_000)
        return bytes(received)

    for baudrate in (115200, 19200, 4800):
        assert answer(baudrate) == b""
    assert answer(9600)[4] == 0x87
    scanner.show(b"6212")
    scanner.press()
    line.configure(19200, 8, 0, 1)
    clock.advance_to(clock.now_us + 500_000)
    assert bytes(received[7:]) not in (b"", b"6212\r")
    scanner.zones[VERSION] = 0x69
    line.configure(9600, 8, 0, 1)
    line.write(bytes.fromhex("7E 00 08 02 00 2A 1A 00 AB CD"))
    clock.advance_to(clock.now_us + 500_000)
    assert received.endswith(DONE)  # still at the old one
    assert answer(9600) == b""
    assert answer(115200)[4] == 0x69


def test_what_a_receiver_samples() -> None:
    assert heard(b"abc", 9600, 9600) == b"abc"
    assert heard(b"abc", 9600, 9800) == b"abc"
    # Twice as fast, each bit is two; a stop bit that is low passes for the next start bit.
    assert heard(b"\x55", 9600, 19200) == b"\x66\x99"
    for data, (sent, at) in product((b"\x00", b"A\x80"), ((9600, 115200), (115200, 9600), (38400, 57600))):
        assert heard(data, sent, at) != data
