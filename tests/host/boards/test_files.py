"""What is made of the data of a board: documents, pictures, what MicroPython's own build reads."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from host_tools.boards.cli import app
from host_tools.boards.data import ROOT, load, names
from host_tools.boards.docs import REPOSITORY, generated
from host_tools.boards.headers import HEADERS
from host_tools.boards.picture import picture
from host_tools.boards.wires import wires
from host_tools.boards.wiring import table

OURS = ["esp32_devkitc", "esp32s3_devkitc"]
_LOADER_AT = {"esp32": "0x1000", "esp32s3": "0"}  # esptool's, of these chips
_SVG = "{http://www.w3.org/2000/svg}"


def _build(name: str) -> Path:
    return ROOT / name / f"SUANPAN_{name.upper()}"


def test_documents_and_tables_say_what_the_boards_do() -> None:
    stale = [path.relative_to(REPOSITORY) for path, text in generated().items() if path.read_text("utf-8") != text]
    assert stale == [], "run `suanpan board wiring --update`"


@pytest.mark.parametrize("name", names())
def test_every_wire_is_in_the_table_and_in_the_picture(name: str) -> None:
    board = load(name)
    rows = table(board).splitlines()
    drawn = [text.text or "" for text in ElementTree.fromstring(picture(board)).iter(f"{_SVG}text")]
    for wire in wires(board):
        assert sum(f"| {wire.at} | GPIO{wire.gpio} |" in row for row in rows) == 1
        assert drawn.count(str(wire.gpio)) == 1
        assert any(text.endswith(f"  {wire.at}") for text in drawn)
    for part, wiring in board.pins.items():
        if isinstance(wiring, dict) and "address" in wiring and "i2c" not in wiring:
            assert any(f"address 0x{wiring['address']:02X}" in row for row in rows), part
            assert any(f"0x{wiring['address']:02X}" in text for text in drawn), part


@pytest.mark.parametrize("name", OURS)
def test_the_headers_have_every_pin_once(name: str) -> None:
    pins = [pin for column in HEADERS[name] for pin in column if isinstance(pin, int)]
    assert len(pins) == len(set(pins))
    assert {wire.gpio for wire in wires(load(name))} <= set(pins)


@pytest.mark.parametrize("name", OURS)
def test_a_manifest_names_files_that_there_are(name: str) -> None:
    """As MicroPython's build reads it: https://docs.micropython.org/en/v1.29.0/reference/manifest.html."""
    folder = _build(name)
    found: dict[str, Path] = {}

    def place(name: str, base_path: str) -> None:
        path = Path(base_path.replace("$(BOARD_DIR)", str(folder))) / name
        assert path.exists()
        found[name] = path.resolve()

    names = {"include": lambda path: path, "module": place, "package": place}
    exec(compile((folder / "manifest.py").read_text("utf-8"), "manifest.py", "exec"), names)
    board = load(name)
    firmware = {"suanpan": ROOT.parent / "firmware" / "suanpan", "main.py": ROOT.parent / "firmware" / "main.py"}
    assert found == board.modules() | firmware


@pytest.mark.parametrize("name", OURS)
def test_the_files_of_a_build_agree_with_the_board(name: str) -> None:
    board, folder = load(name), _build(name)
    with (folder / "partitions.csv").open(encoding="utf-8", newline="") as file:
        rows = [[cell.strip() for cell in row] for row in csv.reader(file) if not row[0].startswith("#")]
    assert [(row[0], int(row[3], 0), int(row[4], 0)) for row in rows] == [
        (row.label, row.offset, row.size) for row in board.partitions
    ]
    about = json.loads((folder / "board.json").read_text("utf-8"))
    assert about["mcu"] == board.chip
    assert about["deploy_options"]["flash_offset"] == _LOADER_AT[board.chip]
    cmake = (folder / "mpconfigboard.cmake").read_text("utf-8")
    assert re.findall(r"set\(IDF_TARGET (\w+)\)", cmake) == [board.chip]
    assert "boards/" + f"{name}/{folder.name}" in cmake
    options = (folder / "sdkconfig.board").read_text("utf-8")
    assert re.findall(r"^CONFIG_ESPTOOLPY_FLASHSIZE_(\d+)MB=y", options, re.MULTILINE) == [str(board.flash_size >> 20)]
    # Nothing that cannot be taken back is on.
    assert not re.search(r"^CONFIG_SECURE", options, re.MULTILINE)


def test_a_picture_that_cannot_be_written(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["wiring", "esp32_devkitc", "--svg", str(tmp_path / "none" / "it.svg")])
    assert (done.exit_code, "cannot be written" in done.output) == (2, True)


def test_the_command_draws(tmp_path: Path) -> None:
    run, file = CliRunner(), tmp_path / "board.svg"
    assert run.invoke(app, ["wiring", "esp32_devkitc", "--svg", str(file)]).exit_code == 0
    assert file.read_text("utf-8") == (REPOSITORY / "docs" / "images" / "wiring-esp32_devkitc.svg").read_text("utf-8")
    assert "SC16IS752" in run.invoke(app, ["wiring", "esp32_devkitc"]).output
    assert run.invoke(app, ["wiring"]).exit_code == 2
