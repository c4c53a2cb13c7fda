"""Every screen in both languages is, to the pixel, the one on record."""

from __future__ import annotations

import pytest
from PIL import Image

from host_tools.screens.cli import GOLDEN, differences
from host_tools.screens.tour import LANGUAGES, photograph


@pytest.mark.parametrize("language", LANGUAGES)
def test_screens_are_the_ones_on_record(language: str) -> None:
    pictures = photograph(language)
    golden = {path.stem: Image.open(path) for path in (GOLDEN / language).glob("*.png")}
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
