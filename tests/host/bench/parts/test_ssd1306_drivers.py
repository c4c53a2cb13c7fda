"""The display, driven by other people's drivers: what they draw is what the glass shows."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from luma.core.interface.serial import i2c  # type: ignore[import-untyped]
from luma.oled.device import ssd1306  # type: ignore[import-untyped]
from PIL import Image, ImageDraw

from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts.ssd1306 import HEIGHT, WIDTH, Ssd1306
from host_tools.micropython.library import Package, library_path
from host_tools.micropython.port import find_micropython

# micropython-lib's driver, by its package on the index.
DRIVER = Package("micropython-ssd1306", "0.3", "d00cae1ff680e6ae504e258e700f002874b0d924b1a604253b6ea63144b58289")
# Draws with the driver, prints each bus transaction and then the pixels it meant, all in hexadecimal.
SCRIPT = """
import ssd1306

class Bus:
    def writeto(self, address, data):
        print(address, bytes(data).hex())
    def writevto(self, address, parts):
        print(address, b"".join(bytes(part) for part in parts).hex())

display = ssd1306.SSD1306_I2C(128, 64, Bus())
display.text("SUANPAN 12.34", 3, 5)
display.rect(0, 0, 128, 64, 1)
display.line(0, 63, 127, 20, 1)
display.show()
display.contrast(0x30)
pixels = bytearray(1024)
for y in range(64):
    for x in range(128):
        if display.pixel(x, y):
            pixels[y * 16 + x // 8] |= 0x80 >> x % 8
print("pixels", pixels.hex())
"""


@pytest.fixture
def display() -> Ssd1306:
    display = Ssd1306()
    display.attach(VirtualClock())
    return display


class SMBus:
    """What luma.oled uses of smbus, wired to the emulator."""

    def __init__(self, part: Ssd1306) -> None:
        self._part = part

    def write_i2c_block_data(self, address: int, register: int, values: list[int]) -> None:
        message = bytes((register, *values))
        if address != self._part.address or self._part.write(message) != len(message):
            raise OSError


@pytest.mark.filterwarnings("ignore:Image.Image.getdata:DeprecationWarning")  # luma's own use of Pillow
@pytest.mark.parametrize("rotate", [0, 2])
def test_luma_oled(display: Ssd1306, rotate: int) -> None:
    device = ssd1306(i2c(bus=SMBus(display), address=0x3C), rotate=rotate)
    picture = Image.new("1", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 127, 63), outline=1)
    draw.ellipse((30, 10, 70, 50), outline=1)
    draw.text((5, 5), "luma.oled", fill=1)
    device.display(picture)
    turned = picture.transpose(Image.Transpose.ROTATE_180) if rotate else picture
    assert display.pixels() == turned.tobytes()
    assert display.contrast == 0xCF
    device.hide()
    assert display.pixels() == bytes(1024)
    device.show()
    assert display.pixels() == turned.tobytes()
    assert display.faults == []
    device.persist = True  # or it clears the glass when it is collected


def test_micropython_lib(display: Ssd1306, tmp_path: Path) -> None:
    script = tmp_path / "draw.py"
    script.write_text(SCRIPT)
    environment = {"MICROPYPATH": f"{library_path(DRIVER)}:.frozen"}
    run = subprocess.run(
        [*find_micropython(), str(script)], env=environment, capture_output=True, text=True, check=True
    )
    *transactions, drawn = (line.split() for line in run.stdout.splitlines())
    for address, message in transactions:
        assert int(address) == display.address
        display.write(bytes.fromhex(message))
    assert drawn == ["pixels", display.pixels().hex()]
    assert display.contrast == 0x30
    assert display.faults == []
