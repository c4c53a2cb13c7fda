"""What of cards a trace has: of the fixture's cards their names, of all others as little as keeps a replay going.

A card number travels as BCD, so in hexadecimal it reads as it is printed. In host bytes it is replaced by `{name}`;
in bytes that a fault has inverted by `{~name}`. Both can be put back. A card that is not in the fixture keeps its first
six and last four digits, and zeros between: a replay goes on with a made-up card, and is not exact.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Final

from host_tools.acquirer import spec
from host_tools.acquirer.cards import Card, luhn, tracks
from host_tools.acquirer.fixture import Fixture, load
from host_tools.cards.accounts import accounts
from host_tools.cards.entries import load as load_population
from host_tools.replay.errors import Unmasked

if TYPE_CHECKING:
    from collections.abc import Iterator

PIN_PROMPTS: Final = ("请输入密码", "Enter PIN")
_INVERTED: Final = str.maketrans("0123456789ABCDEF", "FEDCBA9876543210")
_PLACE: Final = re.compile(r"\{(~?)([^}]+)\}")
_NUMBER: Final = re.compile(r"(?<!\d)\d{13,19}(?!\d)")
_LENGTH: Final = 2  # bytes, before a frame


@cache
def fixture() -> Fixture:
    """The bench's bank, with the accounts of its chip cards; read once in a process."""
    bank = load()
    return replace(bank, cards=bank.cards | accounts(load_population()))


def card_of(pan: str) -> Card | None:
    return next((card for card in fixture().cards.values() if card.pan == pan), None)


def stripe(track2: str) -> dict[str, str]:
    """A swiped stripe (without sentinels) as an event has it."""
    for card in fixture().cards.values():
        if tracks(card)[1][1:-2] == track2:
            return {"card": card.name}
    pan, separator, tail = track2.partition("=")
    return {"track2": _of_nobody(pan) + separator + tail[:7] + "0" * len(tail[7:])}


def unstripe(what: dict[str, str]) -> tuple[str | None, str]:
    """Tracks 1 and 2 to swipe."""
    if "card" in what:
        track1, track2 = tracks(fixture().cards[what["card"]])
        return track1[1:-2], track2[1:-2]
    return None, what["track2"]


def _of_nobody(pan: str) -> str:
    """First six, last four, zeros, and a digit that leaves the check digit as right or wrong as it was."""
    if len(pan) < 13:
        return "0" * len(pan)
    for digit in "0123456789":
        made = f"{pan[:6]}{digit}{'0' * (len(pan) - 11)}{pan[-4:]}"
        if luhn(made) == luhn(pan):
            return made
    raise AssertionError("one digit in ten is right")


def answer(data: bytes) -> tuple[str, bool]:
    """Host bytes as a trace has them, and whether they can be put back."""
    text = data.hex().upper()
    for card in fixture().cards.values():
        text = text.replace(card.pan, f"{{{card.name}}}")
        text = text.replace(card.pan.translate(_INVERTED), f"{{~{card.name}}}")
    pan = decoded(data)[1].get(2, "")
    if not pan or card_of(pan):
        return text, True
    return text.replace(pan, _of_nobody(pan)), False


def unanswer(text: str) -> bytes:
    """The bytes again; ValueError, KeyError for what is none."""

    def number(found: re.Match[str]) -> str:
        pan = fixture().cards[found[2]].pan
        return pan.translate(_INVERTED) if found[1] else pan

    return bytes.fromhex(_PLACE.sub(number, text))


def decoded(data: bytes) -> tuple[str, dict[int, str]]:
    """Message type and fields of a frame behind its length, as far as they can be read."""
    try:
        message: spec.Message | None = spec.decode(data[_LENGTH:])
    except spec.MessageError as error:
        message = error.partial
    return (message.mti, message.fields) if message else ("", {})


def text(words: str) -> str:
    """What is on a screen or a slip, without a whole card number."""
    return _NUMBER.sub(lambda found: f"{found[0][:6]}{'*' * (len(found[0]) - 10)}{found[0][-4:]}", words)


def guard(data: bytes) -> None:
    """Raises Unmasked if a card of the fixture is in what is about to be written."""
    for name, secret in _planted():
        if secret in data:
            raise Unmasked(f"{name} would be in the trace")


def _planted() -> Iterator[tuple[str, bytes]]:
    for card in fixture().cards.values():
        yield f"the number of {card.name}", card.pan.encode()
        yield f"the track of {card.name}", (card.service_code + card.discretionary).encode()
