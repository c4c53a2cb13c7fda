from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from host_tools.acquirer import fixture
from host_tools.acquirer.cards import luhn, tracks

if TYPE_CHECKING:
    from pathlib import Path

    from host_tools.acquirer.cards import Card

BANK = fixture.load()
TERMINAL = (
    "terminals: [{{tid: '10000001', mid: '898110257340001', merchant: shop, "
    f"serial: {{serial}}, batch: {{batch}}, tmk: '{'01' * 16}'}}}}]"
)
PLAIN = BANK.cards["plain"]


@pytest.mark.parametrize("pan", ["79927398713", "4111111111111111", "6200000000000000018"])
def test_luhn(pan: str) -> None:
    assert luhn(pan)
    assert not any(luhn(pan[:-1] + digit) for digit in "0123456789" if digit != pan[-1])


def test_tracks_of_a_card() -> None:
    track1, track2 = tracks(PLAIN)
    assert track1[:-1] == "%B6200000000000013^LI/LEI^351212000000123456?"
    assert track2[:-1] == ";6200000000000013=351212000000123456?"


@pytest.mark.parametrize("card", BANK.cards.values(), ids=lambda card: card.name)
def test_characters_and_lrc_of_every_stripe(card: Card) -> None:
    for track, base, bits in zip(tracks(card), (0x20, 0x30), (6, 4), strict=True):
        codes = [ord(character) - base for character in track]
        assert all(0 <= code < 1 << bits for code in codes)
        for plane in range(bits):  # even parity, column by column, the LRC included
            assert sum(code >> plane & 1 for code in codes) % 2 == 0
    assert card.holder
    assert luhn(card.pan)


@pytest.mark.parametrize(
    "changes",
    [
        {"pan": "6200000000000014"},
        {"pan": "620000000013"},
        {"expiry": "1235" + "0"},
        {"service_code": "12"},
        {"pin": "123"},
        {"pin": "12345a"},
        {"status": "gone"},
        {"balance": -1},
        {"scheme": "XYZ"},
        {"issuer": "1234567"},
        {"discretionary": "12=4"},
    ],
)
def test_a_card_that_cannot_be(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="card plain"):
        replace(PLAIN, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"pan": "6200000000000000018", "discretionary": "0" * 11},
        {"cardholder": "lower"},
        {"cardholder": "X" * 60},
    ],
)
def test_a_stripe_that_cannot_be(changes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="track"):
        tracks(replace(PLAIN, **changes))  # type: ignore[arg-type]


def test_nothing_secret_is_printed() -> None:
    shown = repr(BANK)
    for card in BANK.cards.values():
        assert f"'{card.pin}'" not in shown
        assert card.discretionary not in shown
    assert "tmk" not in shown


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("terminals: []", "is missing"),
        ("institution: [", "bank.yaml"),
        ("institution: '1'\nmaster_key: zz\npvk: ''\nterminals: []\ncards: {}", "hexadecimal"),
        (TERMINAL.format(serial="é", batch=1), "ASCII"),
        (TERMINAL.format(serial="x", batch=0), "batch is not of 1"),
        (TERMINAL.format(serial="x", batch=1_000_000), "batch is not of 1"),
        (TERMINAL.format(serial="x", batch="1, suite: des"), "suite is not one of tdes, aes, sm4"),
        ("terminals: [{tid: '1', mid: '2', serial: x, merchant: y, tmk: '', batch: 1}]", "not of 8"),
        ("terminals: []\ncards: {a: {pan: '1'}}", "missing"),
        ("terminals: []\ncards: []", "no attribute"),
        ("institution: '12345678'\nmaster_key: '00'\npvk: '00'\nterminals: []\ncards: {}", "master key"),
        ("institution: '1234567'\nmaster_key: '00'\npvk: '00'\nterminals: []\ncards: {}", "institution"),
    ],
)
def test_a_fixture_that_is_none(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "bank.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(fixture.FixtureError, match=why):
        fixture.load(path)
