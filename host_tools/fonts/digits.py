"""Digits for amounts: drawn as strokes of a round pen, twice as large as Unifont's and bolder.

A digit is 16 pixels wide and 32 high. The screen font has it as two characters of Unicode's private use area, one above
the other: U+E100 and U+E200, plus the code of the character itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

_Point = tuple[float, float]
_Stroke = list[_Point]

WIDTH, HEIGHT = 16, 32
UPPER, LOWER = 0xE100, 0xE200
_PEN = 1.7  # radius, pixels
_STEPS = 32  # of a whole turn

# The middles of the strokes: left, right, top and bottom.
_LEFT, _RIGHT, _TOP, _BOTTOM = 3.0, 12.0, 5.0, 28.0
_CENTRE = (_LEFT + _RIGHT) / 2


def _arc(x: float, y: float, across: float, down: float, start: float, end: float) -> _Stroke:
    """Part of an ellipse around (x, y), by angles in degrees: 0 is to the right, 90 down."""
    count = max(1, round(abs(end - start) / 360 * _STEPS))
    angles = [math.radians(start + (end - start) * step / count) for step in range(count + 1)]
    return [(x + across * math.cos(angle), y + down * math.sin(angle)) for angle in angles]


def _dot(y: float) -> list[_Stroke]:
    return [[(_CENTRE, y - 0.5), (_CENTRE + 1, y - 0.5)], [(_CENTRE, y + 0.5), (_CENTRE + 1, y + 0.5)]]


def _turned(strokes: list[_Stroke]) -> list[_Stroke]:
    """Upside down."""
    return [[(2 * _CENTRE - x, _TOP + _BOTTOM - y) for x, y in stroke] for stroke in strokes]


_ROUND = (_RIGHT - _LEFT) / 2
_SIX = [
    _arc(_CENTRE, 21.5, _ROUND, 6.5, 0, 360),
    [(_LEFT, 21.5), (3.3, 16.5), (4.6, 12), (7, 8), (10.5, _TOP)],
]
_STROKES: dict[str, list[_Stroke]] = {
    "0": [
        [
            *_arc(_CENTRE, _TOP + 5.5, _ROUND, 5.5, 180, 360),
            *_arc(_CENTRE, _BOTTOM - 5.5, _ROUND, 5.5, 0, 180),
            (_LEFT, _TOP + 5.5),
        ]
    ],
    "1": [[(3.5, 9.5), (8, _TOP), (8, _BOTTOM)], [(3.5, _BOTTOM), (12.5, _BOTTOM)]],
    "2": [[*_arc(_CENTRE, 10.5, _ROUND, 5.5, 185, 385), (3, _BOTTOM), (_RIGHT, _BOTTOM)]],
    "3": [
        [*_arc(_CENTRE, 10.3, 4.2, 5.3, 195, 450), (6, 15.6)],
        _arc(_CENTRE, 21.8, _ROUND, 6.2, 270, 525),
    ],
    "4": [[(10, _BOTTOM), (10, _TOP), (2.5, 21), (13, 21)]],
    "5": [[(11.5, _TOP), (4, _TOP), (3.5, 15.5), *_arc(_CENTRE, 20.8, _ROUND, 7.2, 235, 515)]],
    "6": _SIX,
    "7": [[(_LEFT, _TOP), (_RIGHT, _TOP), (6.5, _BOTTOM)]],
    "8": [_arc(_CENTRE, 10.4, 4.2, 5.4, 0, 360), _arc(_CENTRE, 21.8, _ROUND, 6.2, 0, 360)],
    "9": _turned(_SIX),
    "-": [[(4, 16.5), (11, 16.5)]],
    ".": _dot(27.5),
    ":": [*_dot(12), *_dot(24)],
}


def _distance(x: float, y: float, start: _Point, end: _Point) -> float:
    """From a point to a straight line."""
    along, up = end[0] - start[0], end[1] - start[1]
    length = along * along + up * up
    part = 0.0 if not length else max(0.0, min(1.0, ((x - start[0]) * along + (y - start[1]) * up) / length))
    return math.hypot(x - start[0] - part * along, y - start[1] - part * up)


def _rows(strokes: list[_Stroke]) -> Iterator[int]:
    for y in range(HEIGHT):
        row = 0
        for x in range(WIDTH):
            near = min(_distance(x + 0.5, y + 0.5, start, end) for stroke in strokes for start, end in pairwise(stroke))
            row = row << 1 | (near <= _PEN)
        yield row


# Bitmaps as Unifont has them, rows from the top, two bytes each: of a whole digit, 32 rows.
DIGITS = {char: b"".join(row.to_bytes(2, "big") for row in _rows(strokes)) for char, strokes in _STROKES.items()}
# And of its halves, 16 rows, by the characters that stand for them.
HALVES = {
    chr(place + ord(char)): bitmap[at : at + HEIGHT]
    for char, bitmap in DIGITS.items()
    for place, at in ((UPPER, 0), (LOWER, HEIGHT))
}
