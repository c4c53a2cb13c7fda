"""The desk: one terminal, its customers' cards and its acquirer, and what people there can do with them."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from host_tools.acquirer.faults import Fault, Faults, Kind
from host_tools.bench.live import LiveBench, Power
from host_tools.bench.panel.boards import BOARDS, USUAL
from host_tools.bench.panel.player import DeskStage, Player
from host_tools.bench.panel.recording import Recordings
from host_tools.bench.panel.stories import Stories
from host_tools.bench.panel.switches import Switches

if TYPE_CHECKING:
    from host_tools.acquirer.cards import Card
    from host_tools.acquirer.host import Acquirer
    from host_tools.acquirer.scenario import Scenario
    from host_tools.acquirer.trace import Record
    from host_tools.bench.panel.chip_wallet import ChipWallet
    from host_tools.bench.panel.telephone import Telephone
    from host_tools.bench.parts.chip_slot_card import ChipCard
    from host_tools.bench.parts.field import Card as FieldCard
    from host_tools.bench.wiring import Parts

_MESSAGES_KEPT: Final = 200
_HELD_S: Final = 2.0  # a tapped card, and a code before the scanner
_LATE_MS: Final = 35_000  # the terminal gives up after 30 s
_STRANGER: Final = "?"  # a card that is none of the wallet's


class CannotDo(Exception):
    """The desk has no way to do that as things are; the text says why."""


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
    """`watch` is told of the parts of each board that is put on the desk."""

    def __init__(
        self,
        bench: LiveBench,
        acquirer: Acquirer,
        faults: Faults,
        messages: Messages,
        cards: Mapping[str, Card],
        switch_host: Callable[[bool], None],
        telephone: Telephone,
        chips: ChipWallet | None = None,
        stories: Stories | None = None,
        watch: Callable[[Parts], None] = lambda parts: None,
    ) -> None:
        self.bench = bench
        self.acquirer = acquirer
        self.messages = messages
        self.cards = cards
        self.chips = chips
        self.stories = stories or Stories()
        self.telephone = telephone
        self.board = USUAL
        self.slips_torn = 0  # of the printer's slips, those that somebody has taken
        self.watchers: set[Callable[[], None]] = set()  # called when anything may look different
        self.recordings = Recordings(bench.now, self._changed, chips.file if chips else b"")
        self.switches = Switches(bench, switch_host, self._changed)
        self.player = Player(DeskStage(self, faults), self._changed)
        self._watch = watch
        self._faults = faults
        self._fingers: Counter[str] = Counter()
        self._names: WeakKeyDictionary[object, str] = WeakKeyDictionary()  # of cards that are out of the wallet
        self._in_slot = ""
        self._code: asyncio.TimerHandle | None = None  # takes the code from before the scanner
        for source in (bench, messages, self.stories):
            source.changed = self._changed
        self._put_up(bench.parts)

    def status(self) -> dict[str, Any]:
        """Everything on the desk that is not a picture; for JSON."""
        parts = self.bench.parts
        return {
            "power": self.bench.power.value,
            "console": self.bench.console,
            "board": self.board,
            "switches": self.switches.status(),
            "lights": parts.lights.lit,
            "slot": self._in_slot,
            "field": [self._names.get(card, _STRANGER) for card in parts.field.cards],
            "hertz": parts.buzzer.frequency,
            "faults": [fault.kind.name for fault in self._faults.armed],
            "scenario": self._faults.scenario.name.replace(" ", "-") if self._faults.scenario else "",
            "slips": {"torn": self.slips_torn, "cut": len(parts.printer.slips)},
            "telephone": self.telephone.status(self.messages.total),
            "script": self.player.status,
            "traces": self.recordings.status(),
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
        self.player.stage.card(self.cards[name], bad=() if readable else (1, 2))

    async def insert(self, name: str) -> None:
        """Put a chip card into the slot, in the place of one that may be there."""
        chip = await asyncio.to_thread(self._chipped(name).chip, name)  # whose keys may have to be made
        self.bench.parts.chip_slot.pull()
        self.bench.parts.chip_slot.insert(self.named(chip, name))

    def pull(self) -> None:
        """Take the card out of the slot, and all from before the antenna."""
        self.bench.parts.chip_slot.pull()
        self.bench.parts.field.take()

    async def tap(self, name: str) -> None:
        """Hold a card before the antenna, as long as a person does."""
        wallet = self._chipped(name)
        if name not in wallet.taps:
            raise CannotDo("this card has no antenna")
        antenna = await asyncio.to_thread(wallet.antenna, name)
        field = self.bench.parts.field
        field.take()
        field.put(self.named(antenna, name))

        def taken_away() -> None:
            if antenna in field.cards:
                field.take(antenna)

        asyncio.get_running_loop().call_later(_HELD_S, taken_away)

    def scan(self, text: str) -> None:
        """Hold a code with that in it before the scanner, as long as a person does."""
        other = self.bench.parts.other
        if other is None or other.scanner is None:
            raise CannotDo("this board has no scanner: the code can be keyed in")
        other.scanner.show(text.encode())
        if self._code:
            self._code.cancel()
        self._code = asyncio.get_running_loop().call_later(_HELD_S, other.scanner.show, None)

    async def switch_power(self, on: bool) -> None:
        await (self.bench.power_on() if on else self.bench.power_off())

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

    def go_by(self, scenario: Scenario | None) -> None:
        """From now on the acquirer misbehaves by these rules, or by none."""
        self._faults.play(scenario)
        self._changed()

    def look(self) -> None:
        """Something is otherwise that nobody has told of."""
        self._changed()

    async def rewire(self, board: str) -> None:
        """Put another board in this one's place, with the same flash; what is printed stays on the desk."""
        self.player.stop()
        was, powered = self.bench.parts, self.bench.power is not Power.OFF
        self.recordings.end()
        await self.bench.rewire(BOARDS[board].pins)
        self.board = board
        parts = self.bench.parts
        parts.printer.slips, parts.printer.paper = was.printer.slips, was.printer.paper
        self._put_up(parts)
        if powered:
            await self.bench.power_on()
        self._changed()

    # -- cards that are out of the wallet --

    def named(self, card: Any, name: str) -> Any:
        """The same card, which the desk knows by name from now on."""
        self._names[card] = name
        return card

    def _chipped(self, name: str) -> ChipWallet:
        if self.chips is None or name not in self.chips.cards:
            raise CannotDo("this card has no chip")
        return self.chips

    def _put_up(self, parts: Parts) -> None:
        """A board is on the desk: look at what happens to its parts."""
        self.player.stage.parts = parts
        self.switches.charge(self.switches.battery)
        self._in_slot = ""
        if parts.other and parts.other.calendar:
            parts.other.calendar.workshop_time = self.bench.now()
        self._watch(parts)
        self.recordings.watch(parts.service)
        for source in (parts.display, parts.printer, parts.lights, parts.buzzer):
            source.changed = self._changed
        slot, field = parts.chip_slot, parts.field
        insert, pull, put, take = slot.insert, slot.pull, field.put, field.take

        def inserted(card: ChipCard, wrong_way: bool = False) -> None:
            insert(card, wrong_way)
            self._in_slot = self._names.get(card, _STRANGER)
            self._changed()

        def pulled() -> None:
            pull()
            self._in_slot = ""
            self._changed()

        def tapped(*cards: FieldCard) -> None:
            put(*cards)
            self._changed()

        def taken(*cards: FieldCard) -> None:
            take(*cards)
            self._changed()

        slot.insert, slot.pull = inserted, pulled  # type: ignore[method-assign]
        field.put, field.take = tapped, taken  # type: ignore[method-assign]

    def _changed(self) -> None:
        # These are for scripts to look back on. Nobody does here, and an idle terminal adds to them all day.
        self.bench.parts.lights.history.clear()
        self.bench.parts.buzzer.tones.clear()
        if self.bench.power is not Power.ON:
            self.recordings.end()
        for watcher in tuple(self.watchers):
            watcher()
