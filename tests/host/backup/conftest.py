"""Boards, and an archive of one that has lived through a bit of everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from host_tools.backup import line
from tests.host.backup.boards import LIFE, Boards

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Saved:
    """An archive, and what the board that it is of said of itself."""

    content: bytes
    told: dict[str, Any]

    @property
    def area(self) -> bytes:
        return bytes.fromhex(self.told["area"])

    @property
    def journal_key(self) -> bytes:
        return bytes.fromhex(self.told["key"])


@pytest.fixture(scope="session")
def boards() -> Iterator[Boards]:
    with Boards() as boards:
        yield boards


@pytest.fixture(scope="session")
def saved(boards: Boards) -> Saved:
    old = boards.fresh("old", 1, LIFE)
    content = line.save(old)
    return Saved(content, old.told())
