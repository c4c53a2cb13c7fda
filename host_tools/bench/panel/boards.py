"""The boards that can lie on the desk: each with its table of wiring, and its glass as large as the usual module's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from host_tools.bench.process import BOARD, PINS, PINS_ST7789

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Glass:
    """Pixels, and the lit area in mm: of 2.42 inch OLED modules, and of 2.4 inch IPS modules."""

    columns: int
    rows: int
    width_mm: float
    height_mm: float


@dataclass(frozen=True)
class Wiring:
    """`title` in Chinese and in English."""

    title: tuple[str, str]
    pins: Path
    glass: Glass
    scanner: bool = False


_SMALL: Final = Glass(128, 64, 55.01, 27.49)
_LARGE: Final = Glass(240, 320, 36.72, 48.96)
USUAL: Final = "small"
BOARDS: Final = {
    USUAL: Wiring(("小屏 128×64", "small display"), PINS, _SMALL),
    "large": Wiring(("大屏 240×320", "large display"), PINS_ST7789, _LARGE),
    "scanner": Wiring(("带扫码器", "with a scanner"), BOARD / "pins_other_parts.py", _SMALL, scanner=True),
}


def describe() -> list[dict[str, Any]]:
    """For JSON."""
    return [
        {"id": name, "title": wiring.title, "glass": asdict(wiring.glass), "scanner": wiring.scanner}
        for name, wiring in BOARDS.items()
    ]
