"""Every screen in both languages, on both displays, is, to the pixel, the one on record."""

from __future__ import annotations

import pytest
from PIL import Image

from host_tools.screens.cli import differences, on_record
from host_tools.screens.tour import LANGUAGES, LARGE, SMALL, begin, photograph
from tests.effort import EFFORT


@pytest.mark.parametrize("language", LANGUAGES)
def test_screens_are_the_ones_on_record(language: str) -> None:
    compare(photograph(language), on_record(SMALL, language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_large_displays_first_screens_are_the_ones_on_record(language: str) -> None:
    """Up to the end of the first sale, all of them with EFFORT: a large display is slow to draw."""
    golden = on_record(LARGE, language)
    assert golden.keys() == on_record(SMALL, language).keys()
    if EFFORT > 1:
        compare(photograph(language, LARGE), golden)
    else:
        pictures = begin(language, LARGE, "idle-again")
        assert len(pictures) > 15
        compare(pictures, {name: golden[name] for name in pictures})


def compare(pictures: dict[str, Image.Image], golden: dict[str, Image.Image]) -> None:
    assert pictures.keys() == golden.keys()
    different = [name for name in pictures if differences(golden[name], pictures[name])]
    assert not different, f"{different}: `make screens` shows them, `make screens-record` takes them over"


def test_one_pixel_makes_a_difference() -> None:
    picture = Image.new("1", (128, 64))
    altered = picture.copy()
    altered.putpixel((127, 63), 1)
    assert differences(picture, picture.copy()) is None
    assert differences(picture, altered) is not None
    assert differences(None, picture) is not None
    assert differences(picture, Image.new("1", (128, 32))) is not None
