"""What chip cards and the terminal have said to each other, as stories that grow while it happens."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from host_tools.emv.tale import tell
from host_tools.emv.transaction import Transaction, transactions

_KEPT: Final = 20
_INFORMATION: Final = 0x9F27  # about a cryptogram: what the card has decided


@dataclass
class _Rows:
    number: int
    revision: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)


class Stories:
    """Takes the lines of a trace (host_tools/emv/trace.py), as a file would; `revision` counts them."""

    def __init__(self) -> None:
        self.revision = 0
        self.changed: Callable[[], None] = lambda: None
        self._before: list[dict[str, Any]] = []  # what the terminal has been given
        self._kept: list[_Rows] = []
        self._count = 0

    def write(self, line: str) -> int:
        row = json.loads(line)
        if "terminal" in row:
            self._before = [row]
        elif "power" in row:
            self._count += 1
            self._kept = [*self._kept[1 - _KEPT :], _Rows(self._count)]
        if self._kept:
            self.revision += 1
            self._kept[-1].revision = self.revision
            self._kept[-1].rows.append(row)
            self.changed()
        return len(line)

    def flush(self) -> None: ...

    def after(self, revision: int) -> list[dict[str, Any]]:
        """For JSON: the stories that have gone on since, oldest first."""
        found = []
        for kept in self._kept:
            told = transactions(self._before + kept.rows) if kept.revision > revision else []
            for transaction in told:
                tale = tell(transaction)
                phases = [{"title": each.title, "clause": each.clause, "lines": each.lines} for each in tale.phases]
                head = {"number": kept.number, "time": transaction.at[11:19], "head": tale.head}
                found.append(
                    head
                    | {"outcome": tale.outcome, "mood": tale.mood, "decided": _decided(transaction), "phases": phases}
                )
        return found


def _decided(transaction: Transaction) -> bool:
    """Whether the card has; until then it may go on as long as the card is there."""
    return any(step.good for step in transaction.generated) or _INFORMATION in transaction.card
