"""Cuts the vendored subset out of a full Unifont .hex file, so that no machine needs a font package.

The subset is ASCII, all of GB 2312-80 and a few symbols that a terminal's screen and paper use. The same
.hex file gives the same subset again; a test rebuilds it where Debian's `unifont` is installed.
"""

from __future__ import annotations

import gzip
from pathlib import Path

ASCII = "".join(map(chr, range(0x20, 0x7F)))
# Beside GB 2312: money, arrows and pointers, marks, waiting, power and signal bars.
SYMBOLS = "¥£€▲▼◀▶◆●○★☆←→↑↓√×÷°·•…—✓✔✗✘⌛⏳⚡⚠⌫⏎▁▂▃▄▅▆▇█"


def gb2312_codes() -> dict[str, int]:
    """Two-byte code (EUC form, 0xA1A1 to 0xF7FE) of each of GB 2312's 7,445 characters.

    Characters are those that GB 18030, its successor and what printers speak, gives to the same code:
    the two differ at 0xA1A4 (· here, not U+30FB) and 0xA1AA (— here, not U+2015).
    """
    codes = {}
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            code = bytes((high, low))
            if code.decode("gb2312", errors="ignore"):
                codes[code.decode("gb18030")] = high << 8 | low
    return codes


def cut(full: Path) -> bytes:
    """The subset of `full` as gzipped .hex lines; raises LookupError where Unifont lacks a character."""
    bitmaps = {}
    for line in full.read_text("ascii").splitlines():
        code_point, digits = line.split(":")
        bitmaps[int(code_point, 16)] = digits
    wanted = sorted({ord(char) for char in (*ASCII, *SYMBOLS, *gb2312_codes())})
    if missing := [f"U+{code_point:04X}" for code_point in wanted if code_point not in bitmaps]:
        raise LookupError(f"{full} has no glyph for {' '.join(missing)}")
    lines = "".join(f"{code_point:04X}:{bitmaps[code_point]}\n" for code_point in wanted)
    return gzip.compress(lines.encode("ascii"), mtime=0)
