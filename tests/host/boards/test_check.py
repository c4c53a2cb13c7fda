"""Every conflict that `suanpan board check` knows, planted into a good board's file: found, and its line told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from host_tools.boards.check import check
from host_tools.boards.chips import CHIPS, MODULES
from host_tools.boards.cli import app
from host_tools.boards.data import ROOT, Board, BoardError, load, names
from host_tools.boards.wires import wires

S3, ESP32, VIRTUAL = "esp32s3_devkitc", "esp32_devkitc", "virtual"

# Board, what is in its file, what is planted instead, and what is said about the line that then has it.
MUTATIONS = [
    # pins
    (ESP32, '"buzzer": 33', '"buzzer": 32', "GPIO32 is buzzer's already (line"),
    (ESP32, '"irq": 27', '"irq": 26', "GPIO26 is keypad.irq's already (line"),
    (ESP32, "(13, 14, 12, 2)", "(13, 14, 12, 13)", "GPIO13 is lights's already (the same line)"),
    (ESP32, '"sda": 21', '"sda": 22', "GPIO22 is i2c.scl's already (the same line)"),
    (ESP32, '"buzzer": 33', '"buzzer": 24', "no such pin"),
    (ESP32, '"buzzer": 33', '"buzzer": 20', "no such pin"),
    (ESP32, '"buzzer": 33', '"buzzer": 9', "the flash is on it"),
    (ESP32, '"buzzer": 33', '"buzzer": 38', "does not lead it out"),
    (ESP32, '"reset": 16', '"reset": 37', "does not lead it out"),
    (ESP32, '"tx": 25, "rx": 39', '"tx": 39, "rx": 25', "it can only be read, and this is to be driven"),
    (ESP32, '"tamper": 32', '"tamper": 34', "it has no pull-up"),
    (ESP32, '"irq": 26', '"irq": 35', "it has no pull-up"),
    (ESP32, '"off": 34', '"off": 39', "80 ns"),
    (ESP32, '"scl": 22', '"scl": 12', "the flash gets 1.8 V"),
    (ESP32, '"irq": 4', '"irq": 0', None),  # at 1, as the chip wants it
    (ESP32, "(13, 14, 12, 2)", "(13, 14, 12, 0)", "waits for a download"),
    (ESP32, '"select": 5', '"select": 2', "no download can begin"),
    (ESP32, '"buzzer": 33', '"buzzer": 1', "it is UART 0's, and the REPL is there"),
    (ESP32, '"battery": 36', '"battery": 27', "ADC2's, which Wi-Fi uses: take one of GPIO32 to 39"),
    (ESP32, '"battery": 36', '"battery": 16', "no ADC is on it"),
    (ESP32, '"ESP32-WROOM-32E-N4"', '"ESP32-WROVER-E-N4R8"', "GPIO16: the module's PSRAM is on it", '"reset": 16'),
    (S3, '"buzzer": 7', '"buzzer": 30', "the flash is on it"),
    (S3, '"buzzer": 7', '"buzzer": 33', "does not lead it out"),
    (S3, '"buzzer": 7', '"buzzer": 19', "the USB socket's, and the REPL is there"),
    (S3, '"buzzer": 7', '"buzzer": 22', "no such pin"),
    (S3, '"buzzer": 7', '"buzzer": 48', None),
    (S3, '"irq": 18', '"irq": 45', "the flash gets 1.8 V"),
    (S3, '"select": 21', '"select": 46', "no download can begin"),
    (S3, '-N8")', '-N8R8")', "octal PSRAM", '"sck": 36'),
    # buses
    (ESP32, '"service": {"uart": 2', '"service": {"uart": 3', "there is no UART 3, only 1, 2: put it behind"),
    (ESP32, '"service": {"uart": 2', '"service": {"uart": 0', "there is no UART 0, only 1, 2: put it behind"),
    (ESP32, '"service": {"uart": 2', '"service": {"uart": 1', "UART 1 is chip_slot's already"),
    (ESP32, '"second": 0x48', '"second": 0x4D', "address 0x4D is uart_expander's already"),
    (ESP32, '"second": 0x48', '"second": 0x20', "SC16IS752 answers to 0x48"),
    (ESP32, '"second": 0x48, ', "", "there is no channel of the expander 2, only 0, 1", '"scanner"'),
    (VIRTUAL, '"uart": 3', '"uart": 4', "there is no UART 4"),
    (ESP32, '"channel": 1', '"channel": 0', "channel of the expander 0 is printer's already: take 1 or 2 or 3"),
    (ESP32, '"channel": 1', '"channel": 4', "there is no channel of the expander 4"),
    (ESP32, '"contactless": {"spi": 2', '"contactless": {"spi": 3', "there is no SPI bus 3, only 1, 2"),
    (S3, '"contactless": {"spi": 2', '"contactless": {"spi": 1', "SPI bus 1 is display's already"),
    (ESP32, '"i2c": {"i2c": 0', '"i2c": {"i2c": 2', "there is no I2C bus 2"),
    (ESP32, '"address": 0x3C', '"address": 0x3D', None),
    (ESP32, '"address": 0x3C', '"address": 0x30', "SSD1306 answers to 0x3C, 0x3D, not to 0x30"),
    (ESP32, '"address": 0x4D', '"address": 0x20', "not to 0x20"),
    (
        ESP32,
        '"calendar": {"address": 0x68}',
        '"calendar": {"address": 0x68}, "gauge": {"address": 0x68}',
        "address 0x68 is calendar's already",
    ),
    (ESP32, '"frequency": 400_000', '"frequency": 1_000_000', "SSD1306 is made for 400000 Hz"),
    (
        ESP32,
        '"calendar": {',
        '"secure_element": {"i2c": 0, "scl": 0, "sda": 16, "frequency": 100_000, "address": 0x60},\n    "calendar": {',
        "secure_element: I2C bus 0 is i2c's",
    ),
    (ESP32, '"columns": (4, 5, 6, 7)', '"columns": (4, 5, 6, 3)', "the expander's eight pins, 0 to 7, once each"),
    (
        ESP32,
        '    "uart_expander"',
        '    # "uart_expander"',
        "printer is on an expander, and there is none",
        '"printer"',
    ),
    (ESP32, '    "i2c": {', '    # "i2c": {', "has no bus of its own, and there is none to share", '"display"'),
    # entries
    (ESP32, '"buzzer": 33', '"buzer": 33', "no part is called buzer"),
    (ESP32, '    "tamper"', '    # "tamper"', "there is no tamper", 'PINS: "'),
    (ESP32, "(13, 14, 12, 2)", "(13, 14, 12)", "four lights"),
    (ESP32, '"irq": 4, ', "", "contactless has no irq", '"contactless"'),
    (ESP32, '"swipe": {"channel": 1, "baudrate": 9600}', '"swipe": {"channel": 1}', "swipe has no baudrate"),
    (ESP32, '_CHIP = const("esp32")', '_CHIP = const("esp8266")', "no chip esp8266 is known"),
    (ESP32, "ESP32-WROOM-32E-N4", "ESP32-S3-WROOM-1-N8", "no module with an esp32"),
    # partitions
    (ESP32, "0x290000, 0x070000", "0x280000, 0x070000", "begins within slot_a, which ends at 0x290000"),
    (ESP32, "0x220000, 0x070000", "0x220800, 0x06F000", "multiple of 0x1000: move it to 0x220000 or 0x221000"),
    (ESP32, "0x010000, 0x1F0000", "0x011000, 0x1EF000", "not at a multiple of 0x10000"),
    (ESP32, "0x010000, 0x1F0000", "0x020000, 0x1E0000", "a stock MicroPython is at 0x010000"),
    (ESP32, "0x388000, 0x078000", "0x388000, 0x079000", "ends 0x1000 behind the flash"),
    (ESP32, "0x388000, 0x078000", "0x388000, 0x077800", "not a number of whole sectors"),
    (ESP32, "0x290000, 0x070000", "0x290000, 0x060000", "too small for an application"),
    (ESP32, "0x290000, 0x070000", "0x290000, 0x06F000", "slot_b is not as large as slot_a"),
    (ESP32, "0x380000, 0x003000", "0x380000, 0x002000", "three sectors"),
    (ESP32, "0x009000, 0x006000", "0x008000, 0x006000", "the partition table: move it up"),
    (ESP32, '("journal"', '("diary"', "there is no partition journal", "_PARTITIONS"),
    (ESP32, '("secrets"', '("journal"', "a label is there once"),
    (ESP32, "0x400000", "0x800000", "has 0x400000 bytes of flash"),
    (S3, "0x610000, 0x1F0000", "0x610000, 0x1E0000", "ota_1 is not as large as ota_0"),
    (S3, "0x00D000, 0x002000", "0x00D000, 0x001000", "otadata has two sectors"),
    (S3, '("otadata"', '("otherdata"', "there is no partition otadata", "_PARTITIONS"),
    (S3, '("ota_0", "app", "ota_0"', '("factory", "app", "factory"', "there is no partition ota_0", "_PARTITIONS"),
    (S3, '"phy_init", "data", "phy", 0x00F000', '"factory", "app", "factory", 0x00F000', "a factory beside ota_0"),
]


_NO_PARTITION = """
_CHIP = "esp32"
_MODULE = "ESP32-WROOM-32E-N4"
_FLASH = 1
_OFFERS = ()
PINS = {}
_PARTITIONS = (
    ("nvs", 1, 2),
)
"""


@pytest.mark.parametrize("name", names())
def test_what_is_in_the_repository_is_good(name: str) -> None:
    assert check(load(name)) == []


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: f"{mutation[0]} {mutation[2].strip()}"[:60])
def test_a_planted_conflict(mutation: tuple[str, ...], tmp_path: Path) -> None:
    name, old, new, says, *elsewhere = mutation
    text = (ROOT / name / "pins.py").read_text("utf-8")
    assert text.count(old) == 1
    file = tmp_path / "pins.py"
    file.write_text(text.replace(old, new), "utf-8")
    found = check(load(file))
    if says is None:
        assert found == []
        return
    at = text.index(elsewhere[0] if elsewhere else old)
    line = text.count("\n", 0, at) + 1
    # Of two that want the same the later one is told, and where the first is.
    there = [conflict for conflict in found if conflict.line == line or f"(line {line})" in conflict.text]
    assert any(says in conflict.text for conflict in there), found


@pytest.mark.parametrize("name", [ESP32, S3])
def test_any_wire_on_any_pin(name: str) -> None:
    """Whatever pin a wire is moved to: it is refused if that is another's, the flash's, or none."""
    board = load(name)
    chip, module = CHIPS[board.chip], MODULES[board.module]
    there = {wire.gpio for wire in wires(board)}
    for wire in wires(board):
        for gpio in range(-1, 50):
            found = check(_moved(board, wire.part, wire.key, wire.gpio, gpio))
            unfit = gpio not in chip.gpios or gpio in chip.flash or gpio in module.taken
            if gpio == wire.gpio:
                assert found == []
            elif unfit or gpio in there:
                assert any(conflict.line == wire.line for conflict in found) or gpio in there
                assert found


def _moved(board: Board, part: str, key: str, old: int, new: int) -> Board:
    entry = board.pins[part]
    changed = (
        {**entry, key: new} if key else new if isinstance(entry, int) else tuple(new if x == old else x for x in entry)
    )
    return replace(board, pins=board.pins | {part: changed})


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("junk", [None, 5, "x", (), (1, "x"), {}, {"address": "x"}, {"rows": 5}, {1: 2}, (8, 9), -1])
def test_what_is_no_entry_is_said_to_be_none(name: str, junk: object) -> None:
    board = load(name)
    for part in board.pins:
        found = check(replace(board, pins=board.pins | {part: junk}))
        assert found or (junk in (5, -1) and isinstance(board.pins[part], int)), part


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("PINS = {", ":1: '{' was never closed"),
        ('_CHIP = "esp32"\nPINS = {1: int(3) + 4}', ":2: PINS is not made of numbers"),
        ('_CHIP = "esp32"', ":1: it has no _MODULE"),
        (_NO_PARTITION, ":8: a partition is label, type, subtype, offset, size"),
    ],
)
def test_a_file_that_cannot_be_read(text: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "pins.py"
    file.write_text(text, "utf-8")
    with pytest.raises(BoardError) as refusal:
        load(file)
    assert str(refusal.value).startswith(f"{file}{says}")


def test_the_command(tmp_path: Path) -> None:
    run = CliRunner()
    good = run.invoke(app, ["check"])
    assert good.exit_code == 0
    assert good.output.count(": good: ") == len(names())
    file = tmp_path / "pins.py"
    file.write_text((ROOT / ESP32 / "pins.py").read_text("utf-8").replace('"buzzer": 33', '"buzzer": 34'), "utf-8")
    bad = run.invoke(app, ["check", str(file)])
    assert bad.exit_code == 1
    assert f"{file}:" in bad.output
    assert "GPIO34" in bad.output
    unknown = run.invoke(app, ["check", "esp33"])
    assert (unknown.exit_code, unknown.output) == (2, f"there is no board esp33: there are {', '.join(names())}\n")
    assert "ESP32-S3-WROOM-1-N8" in run.invoke(app, ["list"]).output
