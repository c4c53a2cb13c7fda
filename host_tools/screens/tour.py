"""A walk past every screen, in one language, with a name for each: what `make screens` compares."""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from host_tools.bench.script import read
from host_tools.bench.script_stage import ShopStage, at_once
from host_tools.bench.shop import Shop

LANGUAGES = ("zh", "en")
TOUR = Path(__file__).with_name("tour.bench")  # the walk itself, for both


def photograph(language: str) -> dict[str, Image.Image]:
    """Every screen of the terminal in one language, by name, a pixel for a pixel."""
    with tempfile.TemporaryDirectory() as scratch, Shop(Path(scratch), language=language) as shop:
        stage = ShopStage(shop)
        at_once(read(TOUR).play(stage))
        return stage.pictures
