"""The TFT, by hand-written transfers (clauses are those of the ST7789V data sheet, version 1.3)."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts.st7789 import St7789
from host_tools.bench.parts.st7789_memory import HEIGHT, WIDTH
from tests.host.bench.parts.wires import Pins

SELECT, DATA, RESET = 5, 6, 7
BLACK = bytes(3 * WIDTH * HEIGHT)
SWRESET, SLPIN, SLPOUT, INVOFF, INVON, DISPOFF, DISPON = 0x01, 0x10, 0x11, 0x20, 0x21, 0x28, 0x29
CASET, RASET, RAMWR, MADCTL, COLMOD, RAMWRC = 0x2A, 0x2B, 0x2C, 0x36, 0x3A, 0x3C

RED = b"\xf8\x00"
GREEN = b"\x07\xe0"
BLUE = b"\x00\x1f"
NAMES = {(255, 0, 0): "R", (0, 255, 0): "G", (0, 0, 255): "B", (0, 0, 0): ".", (255, 255, 255): "W"}


class Bench:
    """The part, its pins and its time; switched on, lit, in 16-bit pixels, all black."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.pins = Pins()
        self.part = St7789(SELECT, DATA, RESET)
        self.pins.levels[RESET] = 1
        self.part.lines.attach(self.pins, self.clock)
        self.part.attach(self.clock)
        self.part.backlight.attach(self.clock)
        self.part.backlight.pwm(1000, 65535)

    def start(self) -> Bench:
        self.command(SWRESET)
        self.wait(120)
        self.command(SLPOUT)
        self.wait(120)
        for command in ((COLMOD, 0x55), (MADCTL, 0x00), (INVON,), (DISPON,)):
            self.command(*command)
        self.window(0, 0, WIDTH, HEIGHT, b"\x00\x00" * (WIDTH * HEIGHT))
        return self

    def wait(self, ms: int) -> None:
        self.clock.advance_to(self.clock.now_us + ms * 1000)

    def command(self, opcode: int, *parameters: int) -> None:
        self.pins.levels[DATA] = 0
        assert self.part.transfer(bytes([opcode])) == b"\xff"
        if parameters:
            self.data(bytes(parameters))

    def data(self, data: bytes) -> None:
        self.pins.levels[DATA] = 1
        self.part.transfer(data)

    def window(self, x: int, y: int, width: int, height: int, pixels: bytes) -> None:
        """Columns and rows as they are addressed."""
        self.command(CASET, *x.to_bytes(2, "big"), *(x + width - 1).to_bytes(2, "big"))
        self.command(RASET, *y.to_bytes(2, "big"), *(y + height - 1).to_bytes(2, "big"))
        self.command(RAMWR)
        self.data(pixels)

    def seen(self) -> dict[tuple[int, int], str]:
        """The pixels (x, y) that are not black, from the top left, each by its colour's letter."""
        pixels = self.part.pixels()
        return {
            (at // 3 % WIDTH, at // 3 // WIDTH): NAMES[pixels[at], pixels[at + 1], pixels[at + 2]]
            for at in range(0, len(pixels), 3)
            if any(pixels[at : at + 3])
        }


@pytest.fixture
def bench() -> Bench:
    return Bench().start()


def test_the_glass_is_dark_until_it_is_awake_on_and_lit() -> None:
    bench = Bench()
    assert bench.part.pixels() == BLACK
    bench.command(SLPOUT)
    bench.wait(120)
    assert bench.part.pixels() == BLACK
    bench.command(DISPON)
    noise = bench.part.pixels()
    assert len(set(noise)) == 256, "RAM is not cleared by power-on"
    for command, after in ((DISPOFF, DISPON), (SLPIN, SLPOUT)):
        bench.command(command)
        assert bench.part.pixels() == BLACK
        bench.wait(120)
        bench.command(after)
        assert bench.part.pixels() == noise
        bench.wait(120)
    bench.part.backlight.pwm(1000, 0)
    assert bench.part.pixels() == BLACK
    bench.part.backlight.pwm(1000, 26214)
    assert bench.part.backlight.percent == 40
    assert bench.part.pixels() == noise
    assert bench.part.faults == ["sleep out too early"], "a board that does not reset it waits before it wakes it"
    bench.part.power_off()
    assert bench.part.pixels() == BLACK


def test_colours_are_true_with_inversion_on(bench: Bench) -> None:
    bench.window(0, 0, 3, 1, RED + GREEN + BLUE)
    assert bench.seen() == {(0, 0): "R", (1, 0): "G", (2, 0): "B"}
    bench.command(INVOFF)
    assert bench.part.pixels()[:9] == bytes.fromhex("00ffff ff00ff ffff00")
    bench.command(INVON)
    bench.command(MADCTL, 0x08)
    assert bench.seen() == {(0, 0): "B", (1, 0): "G", (2, 0): "R"}


def test_every_pixel_format(bench: Bench) -> None:
    bench.command(COLMOD, 0x53)
    bench.window(0, 0, 4, 1, bytes.fromhex("F0 00 F0 00 F0 00"))
    bench.command(COLMOD, 0x66)
    bench.window(0, 1, 3, 1, bytes.fromhex("FC 03 00 00 FC 00 00 00 FF"))
    bench.command(COLMOD, 0x55)
    bench.window(0, 2, 1, 1, bytes.fromhex("84 10"))  # half of everything
    assert bench.part.pixels()[3 * 2 * WIDTH :][:3] == bytes((132, 130, 132))
    bench.window(0, 2, 1, 1, b"\x00\x00")
    assert bench.seen() == {(0, 0): "R", (1, 0): "G", (2, 0): "B", (0, 1): "R", (1, 1): "G", (2, 1): "B"}


def test_a_window_is_filled_row_by_row_and_from_its_start_again(bench: Bench) -> None:
    bench.window(10, 20, 2, 2, RED * 3 + BLUE + GREEN)
    assert bench.seen() == {(10, 20): "G", (11, 20): "R", (10, 21): "R", (11, 21): "B"}


def test_pixels_may_be_cut_anywhere_and_a_command_drops_what_is_not_whole(bench: Bench) -> None:
    bench.window(0, 0, 3, 1, RED[:1])
    bench.data(RED[1:] + GREEN + BLUE[:1])
    bench.command(0x00)
    bench.data(b"")
    bench.command(RAMWRC)
    bench.data(BLUE)
    assert bench.seen() == {(0, 0): "R", (1, 0): "G", (2, 0): "B"}


def test_ram_write_begins_at_the_start_and_its_continuation_does_not(bench: Bench) -> None:
    bench.window(0, 0, 4, 1, RED)
    bench.command(RAMWRC)
    bench.data(GREEN)
    bench.command(RAMWR)
    bench.data(BLUE)
    assert bench.seen() == {(0, 0): "B", (1, 0): "G"}


# (MADCTL): where the pixels of a window at column 1, row 2, three wide and two high, are on the glass.
# 8.12's table, worked out by hand: the columns' and rows' order is turned, then the two are exchanged.
TURNED = {
    0x00: [(1, 2), (2, 2), (3, 2), (1, 3)],
    0x40: [(238, 2), (237, 2), (236, 2), (238, 3)],  # MX
    0x80: [(1, 317), (2, 317), (3, 317), (1, 316)],  # MY
    0xC0: [(238, 317), (237, 317), (236, 317), (238, 316)],
    0x20: [(2, 1), (2, 2), (2, 3), (3, 1)],  # MV
    0x60: [(237, 1), (237, 2), (237, 3), (236, 1)],
    0xA0: [(2, 318), (2, 317), (2, 316), (3, 318)],
    0xE0: [(237, 318), (237, 317), (237, 316), (236, 318)],
}


@pytest.mark.parametrize("access", TURNED)
def test_memory_access_turns_what_is_written(bench: Bench, access: int) -> None:
    bench.command(MADCTL, access)
    bench.window(1, 2, 3, 2, RED + GREEN + BLUE + RED)
    assert bench.seen() == dict(zip(TURNED[access], "RGBR", strict=True))
    bench.command(MADCTL, 0x00)
    assert bench.seen() == dict(zip(TURNED[access], "RGBR", strict=True)), "it turns nothing that is stored"


@pytest.mark.parametrize("access", TURNED)
def test_the_whole_glass_in_every_direction(bench: Bench, access: int) -> None:
    bench.command(MADCTL, access)
    width, height = (HEIGHT, WIDTH) if access & 0x20 else (WIDTH, HEIGHT)
    bench.window(0, 0, width, height, b"\xff\xff" * (WIDTH * HEIGHT))
    assert bench.part.pixels() == b"\xff" * len(BLACK)
    assert bench.part.faults == []


def test_windows_end_at_the_edge(bench: Bench) -> None:
    bench.window(239, 319, 2, 1, RED + GREEN)
    bench.command(MADCTL, 0x20)
    bench.window(319, 0, 1, 1, BLUE)
    assert bench.seen() == {(239, 319): "G", (0, 319): "B"}
    bench.command(RASET, 0, 240, 0, 240)
    bench.command(CASET, 0, 5, 0, 4)
    assert bench.part.faults == ["window 239 to 240", "window 240 to 240", "window 5 to 4"]


def test_a_software_reset_sleeps_and_forgets_its_window_but_neither_format_nor_direction(bench: Bench) -> None:
    bench.window(0, 0, 1, 1, RED)
    bench.command(MADCTL, 0x40)
    bench.command(SWRESET)
    assert bench.part.pixels() == BLACK
    bench.wait(120)
    bench.command(SLPOUT)
    bench.wait(120)
    bench.command(INVON)
    bench.command(DISPON)
    bench.command(RAMWR)
    bench.data(GREEN + BLUE)
    assert bench.seen() == {(0, 0): "R", (239, 0): "G", (238, 0): "B"}
    assert bench.part.faults == []


def test_a_hardware_reset_forgets_all_but_the_picture(bench: Bench) -> None:
    bench.window(0, 0, 1, 1, RED)
    bench.command(MADCTL, 0x40)
    bench.pins.levels[RESET] = 0
    bench.part.lines.driven(RESET)
    bench.command(DISPON)  # nobody listens
    bench.pins.levels[RESET] = 1
    bench.part.lines.driven(RESET)
    bench.wait(120)
    bench.command(SLPOUT)
    bench.wait(120)
    bench.command(INVON)
    assert bench.part.pixels() == BLACK
    bench.command(DISPON)
    bench.command(CASET, 0, 1, 0, 1)
    bench.command(RAMWR)
    bench.data(b"\x00\xff\x00")  # 18 bits to the pixel again
    assert bench.seen() == {(0, 0): "R", (1, 0): "G"}


def test_what_comes_too_early_is_noted() -> None:
    bench = Bench()
    bench.command(SWRESET)
    bench.wait(4)
    bench.command(COLMOD, 0x55)
    bench.wait(100)
    bench.command(SLPOUT)
    bench.wait(5)
    bench.command(DISPON)
    bench.command(SLPIN)
    assert bench.part.faults == ["command 3Ah too early", "sleep out too early", "sleep in too early"]


def test_what_it_does_not_know_is_noted_and_passed_over(bench: Bench) -> None:
    bench.command(0xFF, 1, 2, 3)
    bench.command(MADCTL)
    bench.command(COLMOD, 0x57)
    bench.command(MADCTL, 0x00, 0x00)
    bench.window(0, 0, 1, 1, RED)
    assert bench.part.faults == [
        "command FFh",
        "command 36h cut short",
        "pixel format 57h",
        "command 36h has 1 parameters",
    ]
    assert bench.seen() == {(0, 0): "R"}


def test_panel_settings_change_nothing(bench: Bench) -> None:
    bench.window(0, 0, 1, 1, RED)
    for setting in ((0xB2, 12, 12, 0, 0x33, 0x33), (0xE0, *range(14)), (0xD0, 0xA4, 0xA1), (0x33, *bytes(6)), (0x13,)):
        bench.command(*setting)
    assert bench.seen() == {(0, 0): "R"}
    assert bench.part.faults == []


@settings(max_examples=50)
@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=40))))
def test_no_transfer_breaks_it(transfers: list[tuple[bool, bytes]]) -> None:
    bench = Bench()
    for data, message in transfers:
        bench.pins.levels[DATA] = data
        assert bench.part.transfer(message) == b"\xff" * len(message)
    assert len(bench.part.pixels()) == len(BLACK)


def test_changes_are_told() -> None:
    bench = Bench()
    bench.start()
    shown: list[bytes] = []
    bench.part.changed = lambda: shown.append(bench.part.pixels())
    bench.window(0, 0, 1, 1, RED)
    bench.part.backlight.pwm(1000, 0)
    assert shown[-2][:3] == b"\xff\x00\x00"
    assert shown[-1] == BLACK


def test_the_image_is_the_glass_enlarged(bench: Bench) -> None:
    bench.window(239, 319, 1, 1, GREEN)
    image = Image.open(io.BytesIO(bench.part.to_png(scale=2)))
    assert image.size == (480, 640)
    assert [xy for xy in ((477, 637), (478, 638), (479, 639)) if image.getpixel(xy) == (0, 255, 0)] == [
        (478, 638),
        (479, 639),
    ]
