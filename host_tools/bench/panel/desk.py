"""The desk: one terminal, its customers' cards and its acquirer, and what people there can do with them."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Any

from host_tools.acquirer.cards import Card, tracks
from host_tools.acquirer.faults import Fault, Faults, Kind
from host_tools.acquirer.host import Acquirer
from host_tools.acquirer.trace import Record
from host_tools.bench.live import LiveBench
from host_tools.bench.panel.chip_wallet import CARDS, ChipWallet
from host_tools.bench.panel.player import DeskStage, Player
from host_tools.bench.panel.stories import Stories

_MESSAGES_KEPT = 200
_HELD_S = 2.0  # a tapped card
_LATE_MS = 35_000  # the terminal gives up after 30 s


class Messages:
    """The latest ISO 8583 messages; `total` counts all that there ever were."""

    def __init__(self) -> None:
        self.total = 0
        self.changed: Callable[[], None] = lambda: None
        self._kept: deque[Record] = deque(maxlen=_MESSAGES_KEPT)

    def add(self, record: Record) -> None:
        self.total += 1
        self._kept.append(record)
        self.changed()

    def after(self, count: int) -> list[Record]:
        """Those that followed the first `count`, as far as they are kept."""
        return list(self._kept)[max(0, count - self.total + len(self._kept)) :]


class Desk:
    def __init__(
        self,
        bench: LiveBench,
        acquirer: Acquirer,
        faults: Faults,
        messages: Messages,
        cards: Mapping[str, Card],
        switch_host: Callable[[bool], None],
        chips: ChipWallet | None = None,
        stories: Stories | None = None,
    ) -> None:
        self.bench = bench
        self.acquirer = acquirer
        self.messages = messages
        self.cards = cards
        self.chips = frozenset(CARDS) if chips else frozenset[str]()  # the cards that have one
        self.stories = stories or Stories()
        self._chips = chips
        self._in_slot = ""
        self.slips_torn = 0  # of the printer's slips, those that somebody has taken
        self.watchers: set[Callable[[], None]] = set()  # called when anything may look different
        self._faults = faults
        self._fingers: Counter[str] = Counter()
        self.player = Player(DeskStage(self, faults, switch_host), self._changed)
        parts = bench.parts
        for source in (bench, messages, self.stories, parts.display, parts.printer, parts.lights, parts.buzzer):
            source.changed = self._changed

    def status(self) -> dict[str, Any]:
        """Everything on the desk that is not a picture; for JSON."""
        parts = self.bench.parts
        return {
            "power": self.bench.power.value,
            "console": self.bench.console,
            "network": self.bench.network_up,
            "paper": not parts.printer.out_of_paper,
            "lights": parts.lights.lit,
            "slot": self._in_slot,
            "hertz": parts.buzzer.frequency,
            "faults": [fault.kind.name for fault in self._faults.armed],
            "slips": {"torn": self.slips_torn, "cut": len(parts.printer.slips)},
            "script": self.player.status,
        }

    # -- what hands do --

    def press(self, key: str) -> None:
        """A finger comes down on a key; several people's may at once, and each has to `release`."""
        self._fingers[key] += 1
        if self._fingers[key] == 1:
            self.bench.parts.keypad.press(key)

    def release(self, key: str) -> None:
        self._fingers[key] -= 1
        if not self._fingers[key]:
            self.bench.parts.keypad.release(key)

    def swipe(self, name: str, *, readable: bool) -> None:
        track1, track2 = (track[1:-2] for track in tracks(self.cards[name]))  # the reader frames them anew
        self.bench.parts.swipe_reader.swipe(track1, track2, bad=() if readable else (1, 2))

    async def insert(self, name: str) -> None:
        """Put a chip card into the slot, in the place of one that may be there."""
        assert self._chips
        chip = await asyncio.to_thread(self._chips.chip, name)  # whose keys may have to be made
        self.pull()
        self.bench.parts.chip_slot.insert(chip)
        self._in_slot = name
        self._changed()

    def pull(self) -> None:
        self.bench.parts.chip_slot.pull()
        self._in_slot = ""
        self._changed()

    async def tap(self, name: str) -> None:
        """Hold a card before the antenna, as long as a person does."""
        assert self._chips
        antenna = await asyncio.to_thread(self._chips.antenna, name)
        field = self.bench.parts.field
        field.take()
        field.put(antenna)

        def taken_away() -> None:
            if antenna in field.cards:
                field.take(antenna)

        asyncio.get_running_loop().call_later(_HELD_S, taken_away)

    async def switch_power(self, on: bool) -> None:
        await (self.bench.power_on() if on else self.bench.power_off())

    def switch_network(self, up: bool) -> None:
        self.bench.network_up = up
        self._changed()

    def load_paper(self, loaded: bool) -> None:
        printer = self.bench.parts.printer
        if loaded:
            printer.load_paper()
        else:
            printer.paper_out()

    def tear(self) -> None:
        """Take what the cutter has cut."""
        self.slips_torn = len(self.bench.parts.printer.slips)
        self._changed()

    def arm(self, kind: Kind, armed: bool) -> None:
        """Have the acquirer misbehave at the next message, or not after all."""
        self._faults.armed = [fault for fault in self._faults.armed if fault.kind is not kind]
        if armed:
            self._faults.arm(Fault(kind, ms=_LATE_MS if kind is Kind.LATE else 0))
        self._changed()

    def _changed(self) -> None:
        # These are for scripts to look back on. Nobody does here, and an idle terminal adds to them all day.
        self.bench.parts.lights.history.clear()
        self.bench.parts.buzzer.tones.clear()
        for watcher in self.watchers:
            watcher()
