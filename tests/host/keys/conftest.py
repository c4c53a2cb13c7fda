"""A ceremony with two custodians, and one that has its master keys and a terminal's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from host_tools.keys.components import Algorithm
from tests.host.keys.desk import TERMINAL, bring, enrol_both, make_masters, sit_down, unlock_both

if TYPE_CHECKING:
    from pathlib import Path

    from host_tools.keys.ceremony import Ceremony
    from host_tools.keys.custodians import Pair


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def ceremony(directory: Path) -> Ceremony:
    return sit_down(directory)


@pytest.fixture
def pair(ceremony: Ceremony) -> Pair:
    return enrol_both(ceremony)


@pytest.fixture
def keyed(ceremony: Ceremony, pair: Pair) -> Ceremony:
    """With master keys, and a TMK for TERMINAL."""
    make_masters(ceremony, pair)
    ceremony.make_terminal_key(TERMINAL, pair, Algorithm.TDES, *bring(Algorithm.TDES, 16, "tmk"))
    return ceremony


@pytest.fixture
def both(keyed: Ceremony) -> Pair:
    """The custodians of `keyed`, come back on another day."""
    return unlock_both(keyed)
