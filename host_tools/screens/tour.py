"""A walk past every screen, in one language and size, with a name for each: what `make screens` compares."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from PIL import Image

from host_tools.acquirer.fixture import Enrolment
from host_tools.bench.process import HEAP, PINS, PINS_ST7789
from host_tools.bench.script import Step, read
from host_tools.bench.script_stage import ShopStage, at_once
from host_tools.bench.shop import OPENING, Shop
from host_tools.bench.tenants import tenants
from host_tools.cards.minting import Mint
from host_tools.keys.authority import Authority

LANGUAGES = ("zh", "en")
SMALL, LARGE = "128x64", "240x320"
# The board's wiring, and the heap: a display in colour has its driver and its strips in it.
SIZES = {SMALL: (PINS, HEAP), LARGE: (PINS_ST7789, "384k")}
# The walks themselves, for all of them; the second one in a shop that takes chip cards, the third in a mall.
TOUR = Path(__file__).with_name("tour.bench")
TOUR_OF_CHIPS = Path(__file__).with_name("tour_chips.bench")
TOUR_OF_A_MALL = Path(__file__).with_name("tour_mall.bench")
TOUR_OF_A_TRAINING = Path(__file__).with_name("tour_training.bench")


def photograph(language: str, size: str = SMALL) -> dict[str, Image.Image]:
    """Every screen of the terminal in one language, by name, a pixel for a pixel."""
    return (
        _walk(TOUR, language, size, None)
        | _walk(TOUR_OF_CHIPS, language, size, mint())
        | _walk(TOUR_OF_A_MALL, language, size, None, others=tenants(5))
        | _walk(TOUR_OF_A_TRAINING, language, size, None)
    )


def begin(language: str, size: str, last: str) -> dict[str, Image.Image]:
    """The screens from power-on to the one of that name: to draw all of a large display's takes a while."""
    return _walk(TOUR, language, size, None, last)


def _walk(
    tour: Path, language: str, size: str, mint: Mint | None, last: str = "", others: tuple[Enrolment, ...] = ()
) -> dict[str, Image.Image]:
    pins, heap = SIZES[size]
    with (
        tempfile.TemporaryDirectory() as scratch,
        Shop(Path(scratch), language=language, mint=mint, pins=pins, heap=heap, others=others) as shop,
    ):
        stage = Walker(shop)

        def before(step: Step) -> None:
            if last in stage.pictures:
                raise _SeenEnough

        with suppress(_SeenEnough):
            at_once(read(tour).play(stage, before))
        return stage.pictures


class _SeenEnough(Exception):
    pass


class _Pictures(dict[str, Image.Image]):
    """The first of each name: a walk that ends early has the same ones."""

    def __setitem__(self, name: str, picture: Image.Image) -> None:
        super().setdefault(name, picture)


class Walker(ShopStage):
    """Sees what it looks for on whatever lines a display has room for it."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        self.pictures = _Pictures()

    def screen(self) -> list[str]:
        lines = super().screen()
        return [*lines, "".join(lines), " ".join(lines)]


@cache
def mint() -> Mint:
    """Its keys take a while, and are in no picture."""
    with tempfile.TemporaryDirectory() as scratch:
        return Mint(Authority(Path(scratch) / "authority").make(OPENING.date()))
