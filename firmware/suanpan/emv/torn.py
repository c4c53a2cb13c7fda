"""Transactions of which a card has taken leave while it was giving its cryptogram (EMV Contactless Book C-2, 3.7): what
the reader remembers, so that a card that comes back can say again what it has said already.
"""

import asyncio

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from suanpan.emv.torn_record import Torn
    from suanpan.emv.transaction import Transaction

    class Keeper(Protocol):
        """Whoever lives from one tap to the next."""

        torn: "TornLog | None"


_LIFETIME_S = const(300)


def seconds() -> int:
    return asyncio.core.ticks() // 1000  # type: ignore[attr-defined, no-any-return]  # the stubs lack it


class TornLog:
    """The last few, for five minutes by `clock` (seconds). It is kept in RAM only: it holds a PAN."""

    def __init__(self, clock: "Callable[[], int]" = seconds, most: int = 1) -> None:
        self._clock = clock
        self._most = most
        self._records: "list[tuple[int, Torn]]" = []

    @property
    def any(self) -> bool:
        return bool(self._records)

    @property
    def left_s(self) -> int:
        """Until the newest is too old; 0 if there is none."""
        return max(1, self._records[-1][0] + _LIFETIME_S - self._clock()) if self._records else 0

    def keep(self, torn: "Torn") -> None:
        self._records = [entry for entry in self._records if entry[1].pan != torn.pan]
        self._records.append((self._clock(), torn))
        del self._records[: -self._most]

    def find(self, t: "Transaction") -> "Torn | None":
        """That of this card and sale; those that are too old are dropped."""
        self.expire()
        for _, torn in self._records:
            if torn.of(t):
                return torn
        return None

    def expire(self) -> None:
        now = self._clock()
        self._records = [entry for entry in self._records if 0 <= now - entry[0] <= _LIFETIME_S]

    def drop(self, torn: "Torn") -> None:
        self._records = [entry for entry in self._records if entry[1] is not torn]


async def forget_later(keeper: "Keeper") -> None:
    """Nobody's card number stays longer than it can be of use."""
    while keeper.torn and keeper.torn.any:
        await asyncio.sleep(keeper.torn.left_s)
        keeper.torn.expire()
    keeper.torn = None
