"""What the day leaves behind in a folder: screens, slips, the messages by field name, and a summary."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from host_tools.bench.lockstep import LockstepBench
from host_tools.bench.shop import Shop
from host_tools.demo.audit import Check
from host_tools.demo.cards import Row

SCREEN_SCALE = 4


class Album:
    """A picture of every screen that stood still, in order."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._folder = folder
        self._last = b""
        self.count = 0

    def take(self, bench: LockstepBench) -> None:
        display = bench.parts.display
        pixels = display.pixels()
        if pixels == self._last:
            return
        self._last = pixels
        self.count += 1
        (self._folder / f"{self.count:03}.png").write_bytes(display.to_png(SCREEN_SCALE))


def write_slips(shop: Shop, folder: Path) -> int:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    slips = shop.bench.parts.printer.slips
    for number, slip in enumerate(slips, 1):
        (folder / f"{number:02}.txt").write_text(slip.text, "utf-8")
        (folder / f"{number:02}.png").write_bytes(slip.to_png())
    return len(slips)


def write_trace(shop: Shop, folder: Path) -> None:
    (folder / "trace.txt").write_text("\n\n".join(record.as_text() for record in shop.trace) + "\n", "utf-8")
    records = [record.as_dict() for record in shop.trace]
    (folder / "trace.json").write_text(json.dumps(records, ensure_ascii=False, indent=1) + "\n", "utf-8")


def write_cards(rows: list[Row], folder: Path) -> None:
    (folder / "cards.json").write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", "utf-8")


def write_summary(folder: Path, checks: list[Check], figures: dict[str, Any]) -> None:
    summary = {**figures, "checks": [asdict(check) for check in checks], "good": all(c.good for c in checks)}
    (folder / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=1) + "\n", "utf-8")
