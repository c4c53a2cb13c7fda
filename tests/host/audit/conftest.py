"""Journals that the firmware has written: of half a batch and a whole one, and one that has gone round its ring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.host.audit.peer import Acts, Life, Peer

if TYPE_CHECKING:
    from collections.abc import Iterator

DAYS: Acts = [
    ("sign_in", "000001"),
    *(("sell", amount) for amount in range(100, 105)),
    ("store", 7),
    ("decline", 999),
    ("store", 9),
    ("void", 2),
    ("deliver", 0),
    ("refund", 40),
    ("deliver", 1),
    ("deliver", 0),
    ("silent", 77),
    ("reverse",),
    ("leave", 78),
    ("reverse",),
    ("sell_abroad", 900),
    ("cut", 2, 0, 9, "sell", 50),
    ("reverse",),
    ("reopen",),
    ("settle", 0),
    ("sign_in", "000002"),
    *(("sell", amount) for amount in range(18)),
    ("store", 5),
]
YEARS: Acts = [
    *DAYS,
    ("deliver", 0),
    ("settle", 1),
    *(
        act
        for batch in range(3, 9)
        for act in [("sign_in", f"{batch:06}"), *(("sell", amount) for amount in range(9)), ("settle", 0)]
    ),
    ("sign_in", "000009"),
    ("sell", 5),
    ("prepare",),
]


@pytest.fixture(scope="session")
def peer() -> Iterator[Peer]:
    with Peer() as peer:
        yield peer


@pytest.fixture(scope="session")
def days(peer: Peer) -> Life:
    """Three sectors of five."""
    return peer.live(5, DAYS)


@pytest.fixture(scope="session")
def years(peer: Peer) -> Life:
    """Four sectors, of which each has been erased at least once."""
    return peer.live(4, YEARS)


@pytest.fixture(params=["days", "years"])
def life(request: pytest.FixtureRequest) -> Life:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Life)
    return found
