"""The firmware's QR codes, against segno, which makes them, and zxing-cpp, which reads them."""

from __future__ import annotations

import string
from collections.abc import Iterator

import pytest
import segno
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.effort import examples
from tests.interpreter import Interpreter

LEVELS = "ML"
_ALPHANUMERIC = string.digits + string.ascii_uppercase + " $%*+-./:"
_MERCHANT = (
    "00020101021226540012cn.example.qr0134123456789012345-12345678-000001-000042"
    "520454115303156540712345.65802CN5911Suanpan Tea6008Hangzhou62250521202611230000010000426304ABCD"
)


@pytest.fixture(scope="module")
def firmware() -> Iterator[Interpreter]:
    with Interpreter("qr_peer.py", "4m") as peer:
        yield peer


def _read(image: Image.Image) -> list[zxingcpp.Barcode]:
    width, height = image.size
    return list(zxingcpp.read_barcodes(image.resize((4 * width, 4 * height), Image.Resampling.NEAREST)))


def _judge(firmware: Interpreter, text: str, level: int) -> int:
    """The size of a code that is read without one error to be mended, and is as small as segno's."""
    rows = firmware.ask("encode", text, level)
    size = len(rows)
    image = Image.new("L", (size + 8, size + 8), 255)
    image.putdata(
        [255 * (not _is_dark(rows, at % (size + 8) - 4, at // (size + 8) - 4)) for at in range((size + 8) ** 2)]
    )
    (code,) = _read(image)
    plain = set(text) <= set(_ALPHANUMERIC)
    mode = "alphanumeric" if plain else "byte"
    version = (size - 17) // 4
    assert code.text == text
    extra: dict[str, str | float] = code.extra  # type: ignore[assignment]
    found = (extra["Version"], extra["ECLevel"], extra["UEC"])
    assert found == (str(version), LEVELS[level], 1.0)
    other = segno.make_qr(
        text, error=LEVELS[level], boost_error=False, mode=mode, encoding="utf-8", mask=int(extra["DataMask"])
    )
    assert other.version == version
    bits = 4 + (9 if version < 10 else 11) + len(text) * 11 // 2 + len(text) % 2 + 4
    if plain and bits % 8:  # else segno fills up with a byte more than it need
        assert [bytearray(_is_dark(rows, x, y) for x in range(size)) for y in range(size)] == list(other.matrix)
    return size


def _is_dark(rows: list[int], x: int, y: int) -> bool:
    return 0 <= y < len(rows) and x >= 0 and bool(rows[y] >> x & 1)


@pytest.mark.parametrize("level", [0, 1])
def test_every_version_is_read_without_an_error(firmware: Interpreter, level: int) -> None:
    sizes = set()
    for length in range(1, 214, 22):
        for text in ("Aa7;" * 60, "A7:Z" * 60):
            sizes.add(_judge(firmware, text[:length], level))
    assert len(sizes) >= 9


@settings(examples(10), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(_ALPHANUMERIC, min_size=1, max_size=120),
        st.text(string.ascii_letters + string.digits + string.punctuation, min_size=1, max_size=120),
    ),
    st.integers(0, 1),
)
def test_any_text_is_read_without_an_error(firmware: Interpreter, text: str, level: int) -> None:
    _judge(firmware, text, level)


def test_what_is_too_long_is_refused(firmware: Interpreter) -> None:
    assert len(firmware.ask("encode", "a" * 271, 1)) == 57
    assert firmware.ask("encode", "a" * 272, 1) is None
    assert firmware.ask("encode", "a" * 214, 0) is None


@pytest.mark.parametrize(("large", "width", "height"), [(0, 128, 64), (1, 240, 320)])
@pytest.mark.parametrize("text", ["T-0001", _MERCHANT, "商户 Suanpan", "x" * 271])
def test_both_displays_show_what_a_telephone_reads(
    firmware: Interpreter, large: int, width: int, height: int, text: str
) -> None:
    pixels, restored = firmware.ask("shown", large, text)
    image = Image.frombytes("L", (width, height), bytes(255 * light for light in bytes.fromhex(pixels)))
    assert [code.text for code in _read(image)] == [text]
    assert restored  # words are drawn anew over it
