"""A terminal of a trace's and the bench's acquirer, after some of the trace's events."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from host_tools.acquirer.chips import Chips
from host_tools.acquirer.connection import Connection
from host_tools.acquirer.faults import Fault, Faults, Kind
from host_tools.acquirer.fixture import load, open_bank
from host_tools.acquirer.host import Acquirer
from host_tools.bench.shop import HOST, PORT, PlainExchange
from host_tools.replay import chips, masking, taps
from host_tools.replay.player import ReplayingBench
from host_tools.replay.recorder import altered
from host_tools.replay.workshop import factory

if TYPE_CHECKING:
    from host_tools.bench.network import Exchange
    from host_tools.replay.trace import Event, Start, Trace
    from host_tools.replay.wallet import Wallet


class _Bench(ReplayingBench):
    """With a wallet, its cards are asked anew, and `played` has what they answered."""

    def __init__(self, image: Path, start: Start, wallet: Wallet | None, **how: Any) -> None:
        self._wallet = wallet
        self.played: list[Event] = []
        super().__init__(image, start, **how)

    def prepared(self, image: bytes) -> bytes:
        self.began_with = self._wallet.known_to(image) if self._wallet else image
        return self.began_with

    def happen(self, event: Event) -> None:
        what = event.what
        if self._wallet and event.do == "chip_slot.insert":
            chip = self._wallet.chip(what)
            told = chips.remember(chip, what["wrong_way"], lost=self.lost, known=self.known)
            self.played.append(replace(event, what=told))
            self.parts.chip_slot.insert(chip, what["wrong_way"])
        elif self._wallet and event.do == "field.put":
            cards = [self._wallet.antenna(told) for told in what["cards"]]
            put = [taps.remember(card, lost=self.lost, known=self.known) for card in cards]
            self.played.append(replace(event, what={"cards": put}))
            self.parts.field.put(*cards)
        else:
            self.played.append(event)
            super().happen(event)

    def lost(self) -> None:
        self.exact = False

    def known(self, card: str) -> None:
        """Whose PIN is keyed stands in the events already."""


class Loop:
    """A terminal and the bench's acquirer, after these events of the trace's."""

    def __init__(self, trace: Trace, events: list[Event], wallet: Wallet | None) -> None:
        self._trace, self._events = trace, events
        self._scratch = tempfile.TemporaryDirectory(prefix="suanpan-replay-")
        self._faults = Faults()
        image = Path(self._scratch.name) / "flash.bin"
        self.bench = _Bench(image, trace.start, wallet, hosts={f"{HOST}:{PORT}": self._door})
        self.bench.fault = self._fault  # type: ignore[method-assign]
        self._store = open_bank(masking.fixture() if wallet else load())
        self._acquirer = Acquirer(
            self._store,
            now=self.bench.now,
            random=Random(f"{trace.start.seed} acquirer").randbytes,
            chips=Chips(wallet.issuers if wallet else {}),
            tables=wallet.tables if wallet else None,
        )

    def __enter__(self) -> Loop:
        self.bench.play(self._events, self._trace.end.at, self._trace.end.turn)
        return self

    def __exit__(self, *_: object) -> None:
        self.bench.close()
        self._store.close()
        self._scratch.cleanup()

    def recorded(self) -> Trace:
        bench, start = self.bench, self._trace.start
        image = bench.began_with
        sectors = altered(factory(start)[0], image)
        made = bench.trace(replace(start, sectors=sectors, flash=hashlib.sha256(image).hexdigest()))
        screens = [replace(screen, lines=bench.lines_of(at)) for at, screen in enumerate(made.screens)]
        return replace(made, events=bench.played, screens=screens)

    def _door(self) -> Exchange | None:
        """Nobody answers it when nobody did then."""
        before = [link for link in self._trace.links if link.at <= self.bench.clock.now_us]
        if before and before[-1].refused:
            return None
        return PlainExchange(Connection(self._acquirer, self._faults))

    def _fault(self, what: dict[str, Any]) -> None:
        self._faults.arm(Fault(**{**what, "kind": Kind[what["kind"]]}))
