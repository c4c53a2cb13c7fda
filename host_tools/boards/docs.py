"""What docs/hardware.md has of the boards' own data: their wiring tables, and their pictures beside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from host_tools.boards.data import load, names, partition_csv
from host_tools.boards.headers import HEADERS
from host_tools.boards.picture import picture
from host_tools.boards.wiring import table

REPOSITORY: Final = Path(__file__).parents[2]
_HARDWARE: Final = "docs/hardware.md"
_GENERATED: Final = re.compile(
    r"(<!-- wiring (\w+): made by `suanpan board wiring --update` -->\n).*?(<!-- end -->)", re.DOTALL
)


def generated(repository: Path = REPOSITORY) -> dict[Path, str]:
    """Every file that is made of boards/*/pins.py, or has a part that is, as it ought to be."""
    hardware = repository / _HARDWARE
    text = hardware.read_text("utf-8")
    files = {hardware: _GENERATED.sub(lambda found: f"{found[1]}{table(load(found[2]))}{found[3]}", text)}
    for name in names():
        board = load(name)
        folder = board.file.parent / f"SUANPAN_{name.upper()}"  # of a MicroPython of our own
        if folder.exists():
            files[folder / "partitions.csv"] = partition_csv(board)
        if name in HEADERS:
            files[repository / "docs" / "images" / f"wiring-{name}.svg"] = picture(board)
    return files


def update() -> list[Path]:
    """Those that were not, and now are."""
    changed = []
    for path, text in generated().items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            changed.append(path)
    return changed
