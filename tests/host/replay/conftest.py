from __future__ import annotations

import pytest

from host_tools.replay.recorder import RecordedShop
from host_tools.replay.trace import dump


@pytest.fixture(scope="session")
def sale(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A trace file: power on, log in, sell."""
    with RecordedShop(tmp_path_factory.mktemp("sale"), seed=3) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        shop.ask_for(12_34, shop.cards["plain"])
        shop.take_slips()
        return dump(shop.recorded())
