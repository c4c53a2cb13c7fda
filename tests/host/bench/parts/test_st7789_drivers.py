"""The TFT, driven by somebody else's driver: what it draws is what the glass shows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from luma.core.interface.serial import spi  # type: ignore[import-untyped]
from luma.lcd.device import st7789  # type: ignore[import-untyped]
from PIL import Image, ImageDraw

from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts.st7789 import St7789
from host_tools.bench.parts.st7789_memory import HEIGHT, WIDTH
from tests.host.bench.parts.wires import Pins

SELECT, DATA, RESET, LIGHT = 5, 24, 25, 18


class Computer:
    """What luma uses of spidev and of RPi.GPIO, wired to the emulator."""

    LOW, HIGH, OUT = 0, 1, 1
    max_speed_hz = 0

    def __init__(self) -> None:
        self.part = St7789(SELECT, DATA, RESET)
        self._pins = Pins()
        self._clock = VirtualClock()
        self.part.lines.attach(self._pins, self._clock)
        self.part.attach(self._clock)
        self.part.backlight.attach(self._clock)

    def sleep(self, seconds: float) -> None:
        self._clock.advance_to(self._clock.now_us + round(seconds * 1e6))

    def open(self, port: int, device: int) -> None:
        pass

    def writebytes(self, data: Sequence[int]) -> None:
        self.part.transfer(bytes(data))
        self._clock.busy(len(data) * 8 * 1_000_000 // self.max_speed_hz)

    def setup(self, pin: int, direction: int) -> None:
        assert pin in (DATA, RESET, LIGHT)

    def output(self, pin: int, level: int) -> None:
        self._pins.levels[pin] = level
        if pin == LIGHT:
            self.part.backlight.pwm(0, 65535 * level)
        else:
            self.part.lines.driven(pin)


def picture(width: int, height: int) -> Image.Image:
    image = Image.new("RGB", (width, height), (12, 40, 96))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width - 1, height - 1), outline=(252, 0, 0))
    draw.ellipse((20, 30, 120, 150), fill=(252, 252, 0), outline=(0, 252, 0))
    draw.line((0, height - 1, width - 1, 0), fill=(252, 252, 252))
    draw.text((25, 170), "luma.lcd", fill=(0, 252, 252))
    return image


def six_bits(image: Image.Image) -> Image.Image:
    """What is left of a picture in pixels of 18 bits."""
    return image.point([level & 0xFC | level >> 6 for level in range(256)] * 3)


@pytest.mark.parametrize("rotate", [0, 2])
def test_luma_lcd(monkeypatch: pytest.MonkeyPatch, rotate: int) -> None:
    """Its default, 0x70, has columns run down the glass from the upper right: the picture lies on its side."""
    computer = Computer()
    monkeypatch.setattr("luma.core.interface.serial.sleep", computer.sleep)
    serial = spi(spi=computer, gpio=computer, gpio_DC=DATA, gpio_RST=RESET, reset_release_time=0.12)
    light = {"gpio": computer, "gpio_LIGHT": LIGHT, "active_low": False}
    device = st7789(serial, width=HEIGHT, height=WIDTH, rotate=rotate, **light)
    image = picture(HEIGHT, WIDTH)
    device.display(image)
    turned = image.transpose(Image.Transpose.ROTATE_90 if rotate else Image.Transpose.ROTATE_270)
    assert computer.part.pixels() == six_bits(turned).tobytes()
    device.hide()
    assert computer.part.pixels() == bytes(3 * WIDTH * HEIGHT)
    device.show()
    device.backlight(False)
    assert computer.part.pixels() == bytes(3 * WIDTH * HEIGHT)
    device.backlight(True)
    assert computer.part.pixels() == six_bits(turned).tobytes()
    # The data sheet has two parameters for C2h, and five milliseconds after sleep-out; luma goes without.
    early = [f"command {opcode} too early" for opcode in ("29h", "2Ah", "2Bh", "2Ch")]
    assert computer.part.faults == ["command C2h cut short", *early]
    device.persist = True  # or it clears the glass when it is collected
