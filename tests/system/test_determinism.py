"""The same script and seed give the same bytes on every wire and the same flash image, twice."""

from __future__ import annotations

import hashlib
from pathlib import Path

from host_tools.bench.shop import Shop
from host_tools.demo.day import DAY


def _play(directory: Path, seed: int) -> tuple[str, str, str]:
    """Digests of all wires and of the flash after the demo's day, and the messages by field name."""
    directory.mkdir()
    with Shop(directory, seed=seed) as shop:
        for step in DAY:
            step.act(shop)
        messages = "\n".join(record.as_text() for record in shop.trace)
        return shop.bench.digest.hexdigest(), hashlib.sha256(shop.bench.flash.image()).hexdigest(), messages


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    assert _play(tmp_path / "first", 7) == _play(tmp_path / "second", 7)


def test_another_seed_is_another_day(tmp_path: Path) -> None:
    wires, flash, messages = _play(tmp_path / "first", 7)
    other_wires, other_flash, other_messages = _play(tmp_path / "second", 8)
    assert wires != other_wires
    assert flash != other_flash
    assert messages != other_messages
