"""Whether every text has room on both displays: looked at when the font is packed, so that nothing is clipped later.

A small screen (128x64) has 4 rows of 16 columns, a large one (240x320) 8 rows of 14; a Chinese character takes two
columns. Titles are one line, messages wrap at spaces under it, and under the two rows of a mark where there is room
for one. A hint shares the screen with an amount in large digits, which leave it one row of a small screen.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

_SMALL, _LARGE = 16, 14  # columns
_MARGIN = 1  # of a large screen's column, which text may have before it is made smaller
_SMALL_ROWS, _LARGE_ROWS = 3, 5
_LONGEST_CODE = " [00]"
_LONGEST_NUMBER = "120"  # seconds that a host may take at most
_WRAPPED = ("message", "error", "response")
_TITLES = ("error.D03", "error.D04", "error.D05", "error.D06")  # trouble with the printer; advice stands below
_HINTS = frozenset(
    f"message.{name}"
    for name in (
        *("amount_hint", "zero_amount", "customer_card", "card_or_chip", "any_card", "insert_card", "take_card"),
        *("customer_card_or_by_code", "card_or_chip_or_by_code", "any_card_or_by_code"),
        *("tap_again", "leave_card", "remove_card", "pin_hint", "please_wait", "waiting", "may_stop", "partial"),
        *("printing", "printing_copy", "tear", "for_customer", "idle_hint"),
    )
)


class DoesNotFit(ValueError):
    """A text has no room on one of the displays."""

    def __init__(self, name: str, text: str, display: str) -> None:
        super().__init__(f"{name} does not fit the {display} display: {text!r}")


def check(table: Path) -> None:
    """Raises DoesNotFit for the first text of a strings table that has no room."""
    with table.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, "excel-tab", quoting=csv.QUOTE_NONE)
        next(rows)
        for name, *texts in rows:
            for text in texts:
                if display := _too_small(name, text):
                    raise DoesNotFit(name, text, display)


def _too_small(name: str, text: str) -> str:
    """The display that has no room for it; empty if both have."""
    kind = name.partition(".")[0]
    if kind == "title" or name in _TITLES or name.startswith("message.idle"):
        return "large" if width(text) > _LARGE + _MARGIN else ""
    if kind not in _WRAPPED:
        return ""
    text = text.replace("#", _LONGEST_NUMBER if name in _HINTS else "#") + _LONGEST_CODE * (kind == "response")
    for display, columns, rows, margin in (
        ("small", _SMALL, 1 if name in _HINTS else _SMALL_ROWS, 0),
        ("large", _LARGE, _LARGE_ROWS, _MARGIN),
    ):
        wrapped = list(wrap(text, columns))
        if len(wrapped) > rows or any(width(line) > columns + margin for line in wrapped):
            return display
    return ""


def width(text: str) -> int:
    """In columns."""
    return sum(1 if char.isascii() else 2 for char in text)


def wrap(text: str, columns: int) -> Iterator[str]:
    """Lines broken at spaces; a Chinese word that is longer than one is broken into equal parts."""
    line = ""
    for word in text.split(" "):
        parts = [word]
        if not word.isascii() and width(word) == 2 * len(word) > columns:
            count = -(-width(word) // columns)
            size = -(-len(word) // count)
            parts = [word[at : at + size] for at in range(0, len(word), size)]
        for number, part in enumerate(parts):
            joined = f"{line} {part}".lstrip()
            if number == 0 and width(joined) <= columns:
                line = joined
                continue
            if line:
                yield line
            line = part
    yield line
