"""The acquirer of the explorer: the real one, whose database can be put back to where it was, or reopened."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from host_tools.acquirer.chips import Chips
from host_tools.acquirer.faults import Faults
from host_tools.acquirer.fixture import load, open_bank
from host_tools.acquirer.host import Acquirer
from host_tools.cards.issuer import unblock_pin
from tests.faults import plastic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from host_tools.acquirer.asked import Asked
    from host_tools.acquirer.cards import Card
    from host_tools.acquirer.codes import Code
    from host_tools.acquirer.store import Store
    from host_tools.cards.issuer import Verdict

TERMINAL = "10000001"
# What is on customers' telephones: a code that pays at once, and one whose owner is asked first.
CODE, ASKING = "130000000000000017", "130000000000000025"
_WALLET = 1000_00
_SHOWN = "95"  # what the number of an order begins with, which stands in the merchant's code
_TOO_MUCH = 50_00  # for those who are asked: they do nothing then
_ASKED = f"SELECT pan FROM txn WHERE code = '09' AND kind = 'sale' AND amount < {_TOO_MUCH}"
_OPENING = datetime(2026, 11, 23, 9, 0)


class _Issuers(Chips):
    """Some cards get a script with every answer, whatever that is."""

    def answered(self, asked: Asked, verdict: Verdict, code: Code) -> dict[int, str]:
        reply = super().answered(asked, verdict, code)
        if reply and asked.pan in plastic.SCRIPTS:
            reply[55] += verdict.script(unblock_pin(), kind=plastic.SCRIPTS[asked.pan]).hex().upper()
        return reply


class Bank:
    """`cards` are those that it has issued, by name; `now_us` is the terminal's clock, which the host's goes by."""

    def __init__(self, cards: Mapping[str, Card]) -> None:
        self.fixture = replace(load(), cards=dict(cards))
        self._chips = _Issuers(plastic.POPULATION.issuers)
        self.faults = Faults()
        self.now_us = 0
        self._directory = tempfile.TemporaryDirectory(prefix="suanpan-faults-")
        self._file = Path(self._directory.name) / "bank.db"
        self._random = Random()
        self._memory = open_bank(self.fixture)
        self._asked: set[str] = set()
        self._open(self._memory)
        self._wallet = self.acquirer.wallets.open("of the explorer", _WALLET)
        for code in (CODE, ASKING):
            self.acquirer.wallets.show(self._wallet, code, asks=code == ASKING)
        self._new = self.snapshot()

    def _open(self, store: Store) -> None:
        self.store = store
        self.acquirer = Acquirer(store, now=self.now, random=self._random.randbytes, chips=self._chips)
        self.acquirer.wallets.ask(ASKING)

    def now(self) -> datetime:
        return _OPENING + timedelta(microseconds=self.now_us)

    def customers(self) -> None:
        """Between two messages to the host: who was asked to pay before the last one pays."""
        wallets = self.acquirer.wallets
        asked = {pan for (pan,) in self.store.db.execute(_ASKED)}
        for code in asked & self._asked:
            if code.startswith(_SHOWN):
                with suppress(self.store.errors):  # it is scanned already
                    wallets.show(self._wallet, code)
            wallets.confirm(code, self.now())
        self._asked = asked

    def found(self) -> None:
        """A new bank."""
        self.restore(self._new, 1)

    def snapshot(self) -> sqlite3.Connection:
        copy = sqlite3.connect(":memory:")
        self.store.db.backup(copy)
        return copy

    def restore(self, snapshot: sqlite3.Connection, seed: int) -> None:
        """Everything as it was; what is random from here on follows from `seed`."""
        if self.store is not self._memory:
            self.store.close()
            self._open(self._memory)
        snapshot.backup(self.store.db)
        self._asked = set()
        self._random.seed(seed)
        self.faults.armed.clear()

    def restart(self) -> None:
        """The acquirer's program ends and begins again, on the database that it finds in its file."""
        kept = self.snapshot()
        if self.store is not self._memory:
            self.store.close()
        self._file.unlink(missing_ok=True)
        with closing(kept), closing(sqlite3.connect(self._file)) as file:
            kept.backup(file)
        self._open(open_bank(self.fixture, str(self._file)))

    def close(self) -> None:
        if self.store is not self._memory:
            self.store.close()
        self._memory.close()
        self._directory.cleanup()
