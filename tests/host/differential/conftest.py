"""The firmware on the other end of every differential test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.host.differential.peer import Peer


@pytest.fixture(scope="module")
def firmware() -> Iterator[Peer]:
    with Peer() as peer:
        yield peer
