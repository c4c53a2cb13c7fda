"""The display, by hand-written bus transactions (clauses are those of the SSD1306 data sheet, Rev 1.1)."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts.ssd1306 import Ssd1306

DARK = bytes(1024)
# Charge pump, upright, 64 rows, on.
START = bytes((0x8D, 0x14, 0xA1, 0xC8, 0xA8, 63, 0xDA, 0x12, 0xAF))


@pytest.fixture
def display() -> Ssd1306:
    """Switched on, its RAM cleared, in horizontal addressing of the whole screen."""
    display = Ssd1306()
    display.attach(VirtualClock())
    command(display, *START, 0x20, 0x00, 0x21, 0, 127, 0x22, 0, 7)
    data(display, bytes(1024))
    return display


def command(display: Ssd1306, *commands: int) -> None:
    assert display.write(bytes((0x00, *commands))) == 1 + len(commands)


def data(display: Ssd1306, values: bytes) -> None:
    assert display.write(b"\x40" + values) == 1 + len(values)


def lit(display: Ssd1306) -> set[tuple[int, int]]:
    """The pixels (x, y) that shine, from the top left."""
    return {
        (at % 16 * 8 + bit, at // 16)
        for at, byte in enumerate(display.pixels())
        if byte
        for bit in range(8)
        if byte << bit & 0x80
    }


def column(x: int, page: int, byte: int) -> set[tuple[int, int]]:
    return {(x, page * 8 + bit) for bit in range(8) if byte >> bit & 1}


def test_the_glass_is_dark_until_it_is_on_and_has_its_voltage() -> None:
    display = Ssd1306()
    display.attach(VirtualClock())
    assert display.pixels() == DARK
    command(display, 0xAF)
    assert display.pixels() == DARK, "without charge pump"
    command(display, 0x8D, 0x14)
    noise = display.pixels()
    assert 300 * 8 < int.from_bytes(noise, "big").bit_count() < 700 * 8, "RAM is not cleared by power-on"
    command(display, 0xAE)
    assert display.pixels() == DARK
    command(display, 0xAF)
    assert display.pixels() == noise
    display.power_off()
    assert display.pixels() == DARK


def test_power_on_resets_the_registers(display: Ssd1306) -> None:
    display.power_off()
    display.attach(VirtualClock())
    command(display, *START)
    data(display, b"\xff" * 128)
    command(display, 0xB0, 0x00, 0x10)
    data(display, b"\x00" * 128)
    data(display, b"\x11")
    assert (0, 0) in lit(display), "page addressing is the reset state: the page has not moved on"


def test_horizontal_addressing_fills_its_window_line_by_line(display: Ssd1306) -> None:
    command(display, 0x21, 10, 12, 0x22, 2, 3)
    data(display, bytes((1, 2, 3, 4, 5)))
    data(display, bytes((6, 7)))  # wraps to the window's start
    expected = {(10, 2): 7, (11, 2): 2, (12, 2): 3, (10, 3): 4, (11, 3): 5, (12, 3): 6}
    assert lit(display) == set().union(*(column(x, page, byte) for (x, page), byte in expected.items()))


def test_vertical_addressing_fills_its_window_column_by_column(display: Ssd1306) -> None:
    command(display, 0x20, 0x01, 0x21, 10, 11, 0x22, 6, 7)
    data(display, bytes((1, 2, 3, 4, 5)))
    expected = {(10, 6): 5, (10, 7): 2, (11, 6): 3, (11, 7): 4}
    assert lit(display) == set().union(*(column(x, page, byte) for (x, page), byte in expected.items()))


def test_page_addressing_stays_in_its_page(display: Ssd1306) -> None:
    command(display, 0x20, 0x02, 0xB5, 0x0E, 0x17)  # page 5, column 7Eh
    data(display, bytes((1, 2, 4)))
    assert lit(display) == column(126, 5, 1) | column(127, 5, 2) | column(0, 5, 4)


def test_remap_turns_what_is_written_after_it_and_not_before(display: Ssd1306) -> None:
    data(display, b"\x01")
    command(display, 0xA0, 0x21, 0, 127, 0x22, 0, 7)
    assert lit(display) == {(0, 0)}
    data(display, b"\x00\x02")
    assert lit(display) == {(0, 0), (126, 1)}


def test_scan_direction_turns_the_picture_at_once(display: Ssd1306) -> None:
    data(display, b"\x01")
    command(display, 0xC0)
    assert lit(display) == {(0, 63)}


COMS = (0, 8, 40, 47, 55, 56, 63)
# (multiplex ratio, offset, start line): the RAM rows that these COM outputs show.
# Table 10-2, no remap.
PLAIN = {
    (64, 0, 0): (0, 8, 40, 47, 55, 56, 63),
    (64, 8, 0): (8, 16, 48, 55, 63, 0, 7),
    (64, 0, 8): (8, 16, 48, 55, 63, 0, 7),
    (56, 0, 0): (0, 8, 40, 47, 55, None, None),
    (56, 8, 0): (8, 16, 48, 55, None, 0, 7),
    (56, 0, 8): (8, 16, 48, 55, 63, None, None),
}
# Table 10-1, COM remap.
REMAPPED = {
    (64, 0, 0): (63, 55, 23, 16, 8, 7, 0),
    (64, 8, 0): (7, 63, 31, 24, 16, 15, 8),
    (64, 0, 8): (7, 63, 31, 24, 16, 15, 8),
    (48, 0, 0): (47, 39, 7, 0, None, None, None),
    (48, 8, 0): (None, 47, 15, 8, 0, None, None),
    (48, 0, 8): (55, 47, 15, 8, None, None, None),
    (48, 8, 16): (None, 63, 31, 24, 16, None, None),
}


@pytest.mark.parametrize(
    ("direction", "settings", "shown"),
    [(0xC0, *item) for item in PLAIN.items()] + [(0xC8, *item) for item in REMAPPED.items()],
)
def test_rows_follow_multiplex_offset_and_start_line(
    display: Ssd1306, direction: int, settings: tuple[int, int, int], shown: tuple[int | None, ...]
) -> None:
    ratio, offset, start_line = settings
    command(display, direction, 0xA8, ratio - 1, 0xD3, offset, 0x40 | start_line)
    com_of = {63 - y: row for row in range(64) for _, y in lit(with_row(display, row))}
    assert tuple(map(com_of.get, COMS)) == shown


def with_row(display: Ssd1306, row: int) -> Ssd1306:
    """Column 5 of RAM has one bit set, in this row."""
    command(display, 0x20, 0x01, 0x21, 5, 5, 0x22, 0, 7)
    data(display, (1 << row).to_bytes(8, "little"))
    return display


def test_wrong_com_wiring_is_seen(display: Ssd1306) -> None:
    """Even rows of this glass, from COM0, are on one side of the chip, odd rows on the other (10.1.18)."""
    command(display, 0xC0, 0xDA, 0x02)  # sequential
    assert lit(with_row(display, 1)) == {(5, 63 - 2)}
    assert lit(with_row(display, 32)) == {(5, 63 - 1)}
    command(display, 0xDA, 0x22)  # halves swapped
    assert lit(with_row(display, 1)) == {(5, 63 - 3)}
    command(display, 0xDA, 0x32)  # alternative again, halves swapped
    assert lit(with_row(display, 1)) == {(5, 63)}


def test_inverse_and_all_on(display: Ssd1306) -> None:
    data(display, b"\x81")
    normal = display.pixels()
    command(display, 0xA7)
    assert display.pixels() == bytes(byte ^ 0xFF for byte in normal)
    command(display, 0xA5)
    assert display.pixels() == b"\xff" * 1024
    command(display, 0xA4, 0xA6)
    assert display.pixels() == normal


def test_commands_may_be_cut_anywhere(display: Ssd1306) -> None:
    for byte in (0x21, 3, 3, 0x22, 1, 1):
        display.write(bytes((0x80, byte)))
    display.write(bytes((0x80, 0x81, 0x80, 0x7E, 0xC0, 0x0F, 0x40, 0xF0)))  # commands, then data two ways
    assert display.contrast == 0x7E
    assert lit(display) == column(3, 1, 0xF0)


def test_scroll_commands_take_their_arguments(display: Ssd1306) -> None:
    command(display, 0x2E, 0x26, 0, 0, 7, 7, 0, 0xFF, 0x2A, 0, 0, 7, 7, 1, 0xA3, 0, 64, 0x2F, 0xE3)
    data(display, b"\x01")
    assert lit(display) == {(0, 0)}
    assert display.faults == []


def test_status_tells_whether_it_is_on(display: Ssd1306) -> None:
    assert display.read(1) == b"\x00"
    command(display, 0xAE)
    assert display.read(2) == b"\x40\x40"


def test_what_it_does_not_know_is_noted_and_passed_over(display: Ssd1306) -> None:
    command(display, 0xFD, 0xA8, 3, 0x20, 0x03, 0x20, 0x00)
    display.write(b"\x41\x01")
    assert display.faults == ["command FDh", "multiplex ratio 4", "addressing mode 3", "control byte 41h"]
    assert lit(display) == {(0, 0)}


@given(st.lists(st.binary(max_size=40)))
def test_no_transaction_breaks_it(transactions: list[bytes]) -> None:
    display = Ssd1306()
    display.attach(VirtualClock())
    command(display, *START)
    for transaction in transactions:
        assert display.write(transaction) == len(transaction)
    assert len(display.pixels()) == 1024


def test_changes_are_told() -> None:
    shown: list[bytes] = []
    display = Ssd1306()
    display.attach(VirtualClock())
    display.changed = lambda: shown.append(display.pixels())
    command(display, *START)
    data(display, b"\x55" * 10)
    assert len(shown) == 2
    assert shown[0] != shown[1]
    display.power_off()
    assert shown[-1] == DARK


def test_the_image_is_the_glass_enlarged(display: Ssd1306) -> None:
    command(display, 0x21, 127, 127, 0x22, 7, 7)
    data(display, b"\x80")
    image = Image.open(io.BytesIO(display.to_png(scale=3))).convert("L")
    assert image.size == (384, 192)
    background = image.getpixel((0, 0))
    bright = [(x, y) for x in range(384) for y in range(192) if image.getpixel((x, y)) != background]
    assert (min(bright), max(bright), len(bright)) == ((381, 189), (383, 191), 9)
