"""Chip-card slot behind a TDA8024 or NCN8025: what its pins do to the card's contacts, and when.

Pins, from the board's side: CMDVCC (low asks for power), RSTIN (the card's RST, once there is a clock), OFF (low: no
card, or power was cut for a fault). The front end does what ISO/IEC 7816-3 wants of the order by itself: VCC, I/O, CLK,
RST on the way up; RST, CLK, I/O, VCC on the way down, also at once and unasked when a card is pulled or shorts out.
Times are those of NXP's TDA8024 data sheet, typical ones.
"""

from __future__ import annotations

from collections.abc import Callable

from host_tools.bench.bus import Clock, Pins, Timer
from host_tools.bench.parts.chip_slot_card import ChipCard
from host_tools.bench.parts.chip_slot_line import SharedUart, Wire

CLOCK_HZ = 4_000_000  # a crystal of 16 MHz, divided by CLKDIV
DEBOUNCE_US = 8_000
_T_US = 25  # a cycle of its sequencer
_UP = ((38, "VCC", 1), (100, "I/O", 1), (138, "CLK", 1), (175, "RST", 1))
_DOWN = ((1, "RST", 0), (13, "CLK", 0), (25, "I/O", 0), (38, "VCC", 0))
_OUT_OF_REACH_US = 5_000  # from the switch's opening to the contacts' leaving the chip


class ChipSlot:
    """`insert`, `pull` and `short` are what a person does; `log` is what the contacts did: time, contact, level."""

    def __init__(self, command_vcc: int, reset: int, off: int, clock_hz: int = CLOCK_HZ) -> None:
        self.pins: tuple[int, ...] = (command_vcc, reset, off)
        self.io = Contact(self)
        self.log: list[tuple[int, str, int]] = []
        self._command_vcc, self._reset, self._off = self.pins
        self._clock_hz = clock_hz
        self._pins: Pins | None = None
        self._wire: Wire | None = None
        self._card: ChipCard | None = None
        self._wrong_way = False
        self._touched: ChipCard | None = None  # whose chip the contacts are on
        self._rest()

    def _rest(self) -> None:
        self._contacts = dict.fromkeys(("VCC", "I/O", "CLK", "RST"), 0)
        self._commanded = self._rst_enabled = self._tripped = False
        self._switch = False
        self._steps: list[Timer] = []

    # -- people --

    def insert(self, card: ChipCard, wrong_way: bool = False) -> None:
        """Put a card in; the wrong way round its chip touches no contact."""
        assert self._card is None, "there is a card in the slot"
        self._card, self._wrong_way = card, wrong_way
        if self._wire:
            self._touch(None if wrong_way else card)
            self._wire.clock.call_later(DEBOUNCE_US, lambda: self._settled(card))

    def pull(self) -> None:
        """The switch opens first, and power is off before the contacts leave the chip."""
        card, self._card = self._card, None
        self._switch = False
        if card and self._wire:
            self._trip()
            self._tell()
            self._wire.clock.call_later(_OUT_OF_REACH_US, lambda: self._leave(card))

    def pull_at(self, character: int) -> None:
        """Pull the card when the so many-th character since it was put in begins."""
        card = self._card
        assert card

        def count() -> None:
            if card.characters == character and self._card is card:
                self.pull()

        card.on_character = count

    def short(self) -> None:
        """VCC shorts to ground: too much current, and the front end cuts it."""
        self._trip()
        self._tell()

    def _leave(self, card: ChipCard) -> None:
        if self._touched is card and self._card is not card:
            self._touch(None)

    def _touch(self, card: ChipCard | None) -> None:
        if self._touched:
            self._touched.unplug()
        self._touched = card
        if card:
            assert self._wire
            card.plug(self._wire)

    # -- the board's side --

    def attach(self, pins: Pins, clock: Clock) -> None:
        self._pins = pins
        self.wire_up(clock)

    def wire_up(self, clock: Clock) -> Wire:
        """The wire of this power-on, which pins and line share: whichever is connected first makes it."""
        if self._wire is None:
            self._wire = Wire(clock)
            card, self._card = self._card, None
            if card:
                self.insert(card, self._wrong_way)
        return self._wire

    def power_off(self) -> None:
        """The front end has a supervisor of its own, which takes the card down in order."""
        if self._wire:
            for step in self._steps:
                step.cancel()
            for _, contact, level in _DOWN:
                self._step(contact, level)
            self._touch(None)
        self._rest()
        self._pins = self._wire = None

    def level(self, pin: int) -> int | None:
        if pin != self._off:
            return None
        return 0 if self._tripped or not self._switch else 1

    def driven(self, pin: int) -> None:
        assert self._pins
        if pin == self._reset and self._rst_enabled:
            self._step("RST", self._wanted_rst())
        elif pin == self._command_vcc:
            wanted = self._pins.driven(self._command_vcc) == 0
            if wanted == self._commanded:
                return
            self._commanded = wanted
            if wanted:
                if self._switch:
                    self._sequence(_UP)
                else:
                    self._tripped = True
            else:
                self._down()
                self._tripped = False
            self._tell()

    def _wanted_rst(self) -> int:
        assert self._pins
        return self._pins.driven(self._reset) or 0

    def _settled(self, card: ChipCard) -> None:
        if self._card is card and not self._switch:
            self._switch = True
            self._tell()

    def _trip(self) -> None:
        if self._commanded:
            self._tripped = True
            self._down()

    def _down(self) -> None:
        self._rst_enabled = False
        self._sequence(_DOWN)

    def _sequence(self, steps: tuple[tuple[int, str, int], ...]) -> None:
        assert self._wire
        for step in self._steps:
            step.cancel()
        self._steps = [
            self._wire.clock.call_later(after, lambda c=contact, v=level: self._step(c, v))  # type: ignore[misc]
            for after, contact, level in steps
        ]

    def _step(self, contact: str, level: int) -> None:
        assert self._wire
        if contact == "RST" and level:
            self._rst_enabled = True
            level = self._wanted_rst()
        if self._contacts[contact] == level:
            return
        self._contacts[contact] = level
        self.log.append((self._wire.clock.now_us, contact, level))
        card = self._touched
        if card is None:
            return
        match contact:
            case "VCC":
                card.vcc(bool(level))
            case "CLK":
                card.clk(self._clock_hz if level else 0)
            case "RST":
                card.rst(level)

    def _tell(self) -> None:
        if self._pins:
            self._pins.changed(self._off)


class Contact:
    """The slot's I/O as a part on one of the board's UARTs, whose TX and RX are joined there."""

    def __init__(self, slot: ChipSlot) -> None:
        self._slot = slot

    def line(self, clock: Clock, deliver: Callable[[bytes], None]) -> SharedUart:
        return SharedUart(self._slot.wire_up(clock), deliver)

    def power_off(self) -> None: ...
