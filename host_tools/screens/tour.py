"""A walk past every screen, in one language, with a name for each: what `make screens` compares."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from PIL import Image

from host_tools.bench.script import read
from host_tools.bench.script_stage import ShopStage, at_once
from host_tools.bench.shop import OPENING, Shop
from host_tools.cards.minting import Mint
from host_tools.keys.authority import Authority

LANGUAGES = ("zh", "en")
# The walks themselves, for both; the second one in a shop that takes chip cards.
TOUR = Path(__file__).with_name("tour.bench")
TOUR_OF_CHIPS = Path(__file__).with_name("tour_chips.bench")


def photograph(language: str) -> dict[str, Image.Image]:
    """Every screen of the terminal in one language, by name, a pixel for a pixel."""
    return _walk(TOUR, language, None) | _walk(TOUR_OF_CHIPS, language, _mint())


def _walk(tour: Path, language: str, mint: Mint | None) -> dict[str, Image.Image]:
    with tempfile.TemporaryDirectory() as scratch, Shop(Path(scratch), language=language, mint=mint) as shop:
        stage = ShopStage(shop)
        at_once(read(tour).play(stage))
        return stage.pictures


@cache
def _mint() -> Mint:
    """Its keys take a while, and are in no picture."""
    with tempfile.TemporaryDirectory() as scratch:
        return Mint(Authority(Path(scratch) / "authority").make(OPENING.date()))
