"""The latest messages, for whoever looks on: those that were, then each as it comes."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from host_tools.acquirer.codes import Code

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from host_tools.acquirer.trace import Record

_KEPT: Final = 300
_CODE: Final = 39
_MEANINGS: Final = {code.value: code.meaning for code in Code}


class Messages:
    """`add` is a tracer. Whoever is too slow to read misses what is older than the latest."""

    def __init__(self) -> None:
        self.total = 0
        self._kept: deque[Record] = deque(maxlen=_KEPT)
        self._news = asyncio.Event()

    def add(self, record: Record) -> None:
        self.total += 1
        self._kept.append(record)
        self._news.set()

    async def follow(self, seen: int = 0) -> AsyncIterator[list[tuple[int, dict[str, Any]]]]:
        """Batches of messages with their numbers, from 1, after those that have been `seen`."""
        while True:
            if self.total > seen:
                first, newest = self.total - len(self._kept), self.total
                numbered = list(enumerate(self._kept, first + 1))
                yield [(number, _told(record)) for number, record in numbered if number > seen]
                seen = newest
            self._news.clear()
            if self.total == seen:
                await self._news.wait()


def _told(record: Record) -> dict[str, Any]:
    code = next((field.value for field in record.fields if field.number == _CODE), "")
    return record.as_dict() | {"meaning": _MEANINGS.get(code, "")}
