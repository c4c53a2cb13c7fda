"""One of each thing that the terminal prints: what `make screens` compares beside the screens, as text and as paper."""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from host_tools.bench.parts.paper import Slip
from host_tools.bench.script import read
from host_tools.bench.script_stage import at_once
from host_tools.bench.shop import Shop
from host_tools.screens.tour import Walker, mint

PAPERS = (58, 80)  # mm
# In the order in which the walk prints them.
NAMES = (
    *("sale-merchant", "sale-customer", "chip-merchant", "chip-customer", "tap-merchant", "tap-customer"),
    *("void-merchant", "void-customer", "reprint-merchant", "reprint-customer"),
    *("details", "totals", "parameters", "faults", "settlement"),
    *("tip-merchant", "tip-customer", "training-merchant", "training-customer"),
)
_GREY = 127
_WALK = Path(__file__).with_name("slips.bench")


def print_all(language: str, paper_mm: int) -> dict[str, Slip]:
    """Every slip in one language, by name."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        Shop(Path(scratch), language=language, mint=mint(), paper_mm=paper_mm) as shop,
    ):
        at_once(read(_WALK).play(Walker(shop)))
        return dict(zip(NAMES, shop.bench.parts.printer.slips, strict=True))


def picture_of(slip: Slip) -> Image.Image:
    """In black and white."""
    return slip.to_image().convert("L").point(lambda level: 255 * (level > _GREY), "1")
