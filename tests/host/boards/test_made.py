"""What `suanpan board check` believes of the firmware (catalogue.py: which pin is driven, which is pulled up), against
what a board's own board.py does: under the unix port, on a `machine` that writes down what it is asked for.
"""

from __future__ import annotations

import json
import os
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import pytest

from host_tools.boards.catalogue import Way
from host_tools.boards.data import COMMON, ROOT, load
from host_tools.boards.wires import Wire, wires
from host_tools.micropython import find_micropython

BOARDS = ["esp32_devkitc", "esp32s3_devkitc"]
IN, OUT, OPEN_DRAIN = 1, 3, 7  # machine.Pin's, of the ESP32
PULL_UP = 2
_BUSES = ("I2C", "SPI", "UART")

_FAKES = {
    "machine.py": """
        import json

        def told(kind, *what, **named):
            pins = {name: value.id for name, value in named.items() if isinstance(value, Pin)}
            rest = {name: value for name, value in named.items() if not isinstance(value, Pin)}
            plain = [value.id if isinstance(value, Pin) else value for value in what]
            print(json.dumps({"kind": kind, "what": plain, "pins": pins, "named": rest}))

        class Pin:
            IN, OUT, OPEN_DRAIN, PULL_UP, IRQ_RISING, IRQ_FALLING = 1, 3, 7, 2, 1, 2

            def __init__(self, id, mode=None, pull=None, value=None):
                self.id = id
                if mode is not None:
                    told("Pin", id, mode, pull, value)

            def irq(self, handler, trigger):
                told("irq", self.id)

            def value(self, level=None):
                return 0

            __call__ = value

        class Bus:
            def __init__(self, *what, **named):
                told(type(self).__name__, *what, **named)

            def any(self):
                return 0

            init = writeto = writevto = write = readfrom_into = readfrom_mem_into = duty_u16 = lambda *_, **__: 0

        class I2C(Bus): pass
        class SPI(Bus): pass
        class UART(Bus): pass
        class PWM(Bus): pass
        class RTC: pass

        class ADC(Bus):
            ATTN_11DB = 3
    """,
    "esp32.py": """
        import vfs

        class Partition:
            def __init__(self, label):
                self.cells = bytearray(16 * 4096)
                vfs.VfsLfs2.mkfs(self)

            def readblocks(self, block, buffer, offset=0):
                at = block * 4096 + offset
                buffer[:] = self.cells[at : at + len(buffer)]

            def writeblocks(self, block, buffer, offset=0):
                at = block * 4096 + offset
                self.cells[at : at + len(buffer)] = buffer

            def ioctl(self, request, argument):
                return {4: 16, 5: 4096}.get(request, 0)

        class NVS:
            def __init__(self, namespace): pass
    """,
    "network.py": """
        class WLAN:
            IF_STA = 0
            def __init__(self, interface): pass
            def active(self, on): pass
    """,
    "time.py": "from utime import *\ndef sleep_ms(ms): pass",
}
_MAKE = """
import board
for name in (
    "keypad", "display", "swipe_reader", "printer", "chip_present", "chip_slot", "contactless_reader", "scanner",
    "service_line", "buzzer", "lights", "battery", "calendar", "tamper", "journal", "secrets", "nvs", "secure_element",
):
    made = getattr(board, name)()
    if name == "keypad":
        keypad = made

import asyncio

async def listen():  # the keypad's edges count from then on
    asyncio.create_task(keypad.run())
    await asyncio.sleep_ms(1)

asyncio.run(listen())
"""

Call = dict[str, Any]


@pytest.fixture(params=BOARDS)
def name(request: pytest.FixtureRequest) -> str:
    board: str = request.param
    return board


@pytest.fixture
def calls(name: str, tmp_path: Path) -> list[Call]:
    """What is asked of `machine` while every part is made."""
    for file, text in _FAKES.items():
        (tmp_path / file).write_text(textwrap.dedent(text), "utf-8")
    path = ":".join(map(str, (tmp_path, ROOT / name, COMMON, ROOT.parent / "firmware", ".frozen")))
    done = subprocess.run(
        [*find_micropython(), "-c", _MAKE],
        env=os.environ | {"MICROPYPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_wire_is_used_as_the_check_believes(name: str, calls: list[Call]) -> None:
    for wire in wires(load(name)):
        used = [
            call
            for call in calls
            if wire.gpio in (call["pins"].values() if call["kind"] in _BUSES else call["what"][:1])
        ]
        assert used, wire.name
        for call in used:
            _agree(wire, call)
        assert any(call["kind"] == "irq" for call in used) == wire.role.edge, wire.name


def _agree(wire: Wire, call: Call) -> None:
    match call["kind"]:
        case "Pin":
            _, mode, pull, value = call["what"]
            assert mode == {Way.OUT: OUT, Way.IN: IN, Way.OPEN_DRAIN: OPEN_DRAIN}[wire.role.way], wire.name
            assert (pull == PULL_UP) == wire.role.pull_up, wire.name
            # What it is set to first is what the part holds it at before: nothing moves when the firmware comes.
            if wire.role.way is Way.OUT and wire.role.rest is not None:
                assert value == wire.role.rest, wire.name
        case "PWM":
            assert wire.role.way is Way.OUT, wire.name
        case "ADC":
            assert wire.role.way is Way.ANALOGUE, wire.name
            assert call["named"] == {"atten": 3}
        case "irq":
            assert wire.role.edge, wire.name
        case kind:  # a bus, by the names of its own
            assert kind in _BUSES
            assert call["pins"][wire.key] == wire.gpio, wire.name


def test_every_bus_is_made_once_with_what_the_table_says(name: str, calls: list[Call]) -> None:
    """Once, as an ESP32's bus that is set up anew forgets the speed that it had; a display's SPI has no MISO."""
    made = [call for call in calls if call["kind"] in _BUSES]
    assert len({(call["kind"], call["what"][0]) for call in made}) == len(made)
    pins = load(name).pins
    wanted = {("I2C", pins["i2c"]["i2c"]): pins["i2c"]["frequency"]}
    for entry in pins.values():
        if isinstance(entry, dict) and "spi" in entry:
            wanted["SPI", entry["spi"]] = entry["frequency"]
        if isinstance(entry, dict) and "uart" in entry and "baudrate" in entry:
            wanted["UART", entry["uart"]] = entry["baudrate"]
    speeds = {(call["kind"], call["what"][0]): (*call["what"][1:], call["named"].get("freq"))[0] for call in made}
    assert {bus: speeds[bus] for bus in wanted} == wanted
    for call in made:
        assert call["kind"] != "SPI" or "miso" in call["pins"] or call["named"] == {"miso": None}
