"""Signs that no font has, drawn here: characters of Unicode's private use area, 16 pixels square like Chinese ones."""

from __future__ import annotations

REACHED, NOT_REACHED = "\ue000", "\ue001"  # whether the host was there when it was called last

_BARS = """
................
................
.............###
.............###
.............###
.........###.###
.........###.###
.........###.###
.....###.###.###
.....###.###.###
.....###.###.###
.###.###.###.###
.###.###.###.###
.###.###.###.###
................
................
"""

_CROSSED = """
................
................
##...##......###
.##.##.......#.#
..###........#.#
..###....###.#.#
.##.##...#.#.#.#
##...##..#.#.#.#
.....###.#.#.#.#
.....#.#.#.#.#.#
.....#.#.#.#.#.#
.###.#.#.#.#.#.#
.#.#.#.#.#.#.#.#
.###.###.###.###
................
................
"""

# Bitmaps as Unifont has them: rows from the top, two bytes each.
ICONS = {
    char: b"".join(
        int(row.replace(".", "0").replace("#", "1"), 2).to_bytes(2, "big") for row in drawing.strip().split("\n")
    )
    for char, drawing in {REACHED: _BARS, NOT_REACHED: _CROSSED}.items()
}
