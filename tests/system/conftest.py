from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from host_tools.bench.shop import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop that has just opened: signed in, nothing sold."""
    with Shop(tmp_path) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        yield shop
