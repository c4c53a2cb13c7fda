"""A bench that remembers what came from outside and what went out: a LockstepBench in all else.

What people do is seen at the parts themselves, so it makes no difference who does it: a script, a test, the demo.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from host_tools.acquirer import spec
from host_tools.bench.flash import SECTOR
from host_tools.bench.lockstep import BenchError, LockstepBench
from host_tools.bench.parts.field_cards import IsoCard
from host_tools.bench.process import HEAP, PINS
from host_tools.bench.shop import OPENING, Shop
from host_tools.micropython.port import heap_ceiling
from host_tools.replay import masking, taps
from host_tools.replay.chips import remember
from host_tools.replay.heard import Heard
from host_tools.replay.trace import End, Event, Screen, Slip, Start, Trace, dump
from host_tools.replay.workshop import factory

if TYPE_CHECKING:
    from datetime import datetime

    from host_tools.acquirer.faults import Fault
    from host_tools.bench.network import Exchange
    from host_tools.bench.parts.field import Card

_UNDER_WAY_US: Final = 10_000  # before a message reaches the host it is on its way for twice as long

# Attribute of Parts, and what people do there.
_DONE_TO: Final = (
    ("keypad", "press"),
    ("keypad", "release"),
    ("swipe_reader", "swipe"),
    ("printer", "paper_out"),
    ("printer", "load_paper"),
    ("printer", "open_cover"),
    ("printer", "close_cover"),
    ("printer", "overheat"),
    ("printer", "jam_cutter"),
    ("printer", "free_cutter"),
    ("tamper_switch", "open_case"),
    ("tamper_switch", "close_case"),
    ("chip_slot", "insert"),
    ("chip_slot", "pull"),
)


class RecordingBench(LockstepBench):
    """`events` grow while `listening`; a replay, which knows them, does not listen."""

    def __init__(self, flash: Path, *, hosts: dict[str, Callable[[], Exchange | None]], **how: Any) -> None:
        self.heard = Heard(lambda: self.clock.now_us)
        self.listening = True
        self.events: list[Event] = []
        self.screens: list[Screen] = []
        self.slips: list[Slip] = []
        self.first_image = b""
        self.exact = True
        self.died = ""
        self._pictures: list[tuple[int, bytes]] = []
        self._wires: dict[str, tuple[Any, Any]] = {}
        self._turns = (0, 0)  # a time, and how often the firmware has waited at that time
        self._card = ""  # of the fixture, the last that was swiped
        self._pin: list[str] = []  # of what was keyed for it, digit by digit: offset from the right one
        opened = {name: self.heard.door(name, make) for name, make in hosts.items()}
        super().__init__(flash, hosts=opened, **how)
        for part, act in _DONE_TO:
            self._see(getattr(self.parts, part), part, act)
        for act in ("put", "take"):
            self._see(self.parts.field, "field", act)
        self._see(self.flash, "flash", "cut_after")
        for part, act in (("stripe_reader", "swipe"), ("scanner", "show")):
            if fitted := getattr(self.parts.other, part):
                self._see(fitted, part, act)

    # -- what comes from outside --

    def power_on(self) -> None:
        if self.listening and not self.first_image:
            self.first_image = self.flash.image()
        self.note("power_on")
        super().power_on()

    def power_off(self) -> None:
        self.note("power_off")
        super().power_off()

    def network(self, up: bool) -> None:
        self.note("network", up=up)
        super().network(up)

    def note(self, do: str, **what: Any) -> None:
        if self.listening:
            at = self.clock.now_us
            self.events.append(Event(at, self.turn(), do, what))

    def note_before(self, us: int, do: str, **what: Any) -> None:
        """Of what would have had to happen so long ago."""
        at = self.clock.now_us - us
        place = next((place for place, event in enumerate(self.events) if event.at > at), len(self.events))
        self.events.insert(place, Event(at, 0, do, what))

    def turn(self) -> int:
        """How often the firmware has waited at this very time."""
        at, turns = self._turns
        return turns if at == self.clock.now_us else 0

    def _see(self, part: Any, name: str, act: str) -> None:
        done = getattr(part, act)

        def seen(*given: Any, **named: Any) -> Any:
            if self.listening:
                self.note(f"{name}.{act}", **self._told(name, act, given, named))
            return done(*given, **named)

        setattr(part, act, seen)

    def _told(self, part: str, act: str, given: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
        if part == "keypad":
            return {"key": self._key(given[0], act)}
        if act == "swipe":
            return self._swiped(*given, **named)
        if act == "insert":
            return remember(*given, **named, lost=self._inexact, known=self._presented)
        if act == "put":
            return {"cards": [self._before_the_antenna(card) for card in given]}
        if act == "take":
            return {"given": [self.parts.field.cards.index(card) for card in given]}
        if act == "show":
            return {"given": [given[0].decode() if given[0] else None]}
        return {"given": list(given), **({"named": named} if named else {})}

    def _before_the_antenna(self, card: Card) -> dict[str, Any]:
        if isinstance(card, IsoCard):
            leave = card.leave

            def left(exchange: int, byte: int = 0) -> None:
                if self.listening:
                    self.note("field.leave", card=self.parts.field.cards.index(card), given=[exchange, byte])
                leave(exchange, byte)

            card.leave = left  # type: ignore[method-assign]
        return taps.remember(card, lost=self._inexact, known=self._presented)

    def _inexact(self) -> None:
        self.exact = False

    def _presented(self, card: str) -> None:
        if card != self._card:
            self._card, self._pin = card, []

    def _swiped(self, track1: str | None, track2: str | None, *given: Any, **named: Any) -> dict[str, Any]:
        told: dict[str, Any] = masking.stripe(track2) if track2 else {"track2": None}
        self.exact &= "card" in told or not track2
        self._card = told.get("card", "")
        self._pin = []
        plain = {name: list(value) if isinstance(value, (tuple, set)) else value for name, value in named.items()}
        return told | {"only2": track1 is None, "given": list(given), "named": plain}

    def _key(self, name: str, act: str) -> Any:
        """A key; a digit of a PIN as its place and its distance from the digit of the card's own PIN there."""
        if not name.isdigit():
            if act == "press" and name in ("clear", "cancel"):
                self._pin = []
            return name
        if not any(prompt in line for line in self.screen() for prompt in masking.PIN_PROMPTS):
            return name
        if not self._card:
            self.exact = False
            return "0"
        pin = masking.fixture().cards[self._card].pin
        at = len(self._pin) - (act == "release")
        offset = (int(name) - int(pin[at % len(pin)])) % 10
        if act == "press":
            self._pin.append(str(offset))
        return [self._card, at, offset]

    # -- what goes out --

    def _run_firmware(self) -> None:
        glass = self._glass
        try:
            super()._run_firmware()
        except BenchError as problem:
            self.died = str(problem)
            raise
        finally:
            at, turns = self._turns
            now = self.clock.now_us
            self._turns = (now, turns + 1 if at == now else 1)
            if self._glass != glass:
                self._look(now)
            for slip in self.parts.printer.slips[len(self.slips) :]:
                self.slips.append(Slip(now, masking.text(slip.text)))

    def _look(self, now: int) -> None:
        pixels = self.parts.display.pixels()
        if not self._pictures or self._pictures[-1][1] != pixels:
            self._pictures.append((now, pixels))
            lines = [masking.text(line) for line in self.screen()] if self.listening else []
            self.screens.append(Screen(now, hashlib.sha256(pixels).hexdigest()[:16], lines))

    def pixels_of(self, number: int) -> bytes:
        return self._pictures[number][1]

    def _record(self, now_us: int, wire: str, direction: str, data: bytes) -> None:
        if self.listening:
            super()._record(now_us, wire, direction, data)
        if wire not in self._wires:
            self._wires[wire] = (hashlib.sha256(), hashlib.sha256())
        plain, timed = self._wires[wire]
        plain.update(data)
        timed.update(b"%d %s " % (now_us, direction.encode()))
        timed.update(data)
        if wire.startswith("tcp ") and direction == "out":
            self.heard.sent(wire[4:], data, self._card, "".join(self._pin))

    def end(self) -> End:
        for slip in self.parts.printer.slips[len(self.slips) :]:
            self.slips.append(Slip(self.clock.now_us, masking.text(slip.text)))
        wires = {name: (plain.hexdigest(), timed.hexdigest()) for name, (plain, timed) in sorted(self._wires.items())}
        flash = hashlib.sha256(self.flash.image()).hexdigest()
        return End(self.clock.now_us, self.turn(), wires, flash, self.died)

    def trace(self, start: Start) -> Trace:
        start.exact = self.exact and self.heard.exact
        heard = self.heard
        return Trace(start, self.events, heard.links, heard.messages, self.screens, self.slips, self.end())


class RecordedShop(Shop):
    """A shop whose bench remembers; `save` before it is closed. All else as Shop has it.

    ValueError for what is no part of a trace: key injection, and TLS, whose bytes differ each time.
    """

    bench: RecordingBench

    def __init__(self, directory: Path, **how: Any) -> None:
        if others := {"injection_key", "tls"} & {name for name, value in how.items() if value}:
            raise ValueError(f"not recorded: {', '.join(sorted(others))}")
        super().__init__(directory, bench=RecordingBench, **how)
        self._how = how
        armed, took = self.faults.arm, self.faults.take

        def arm(fault: Fault) -> None:
            self.bench.note("fault", **_told(fault))
            armed(fault)

        def take(frame: bytes, at: datetime) -> Fault | None:
            left = list(self.faults.armed)
            fault = took(frame, at)
            if fault and left == self.faults.armed:  # a scenario's: as if somebody had armed it under way
                mti = frame[spec.PREFIX_LENGTH :][:2].hex()
                self.bench.note_before(_UNDER_WAY_US, "fault", **_told(replace(fault, mti=mti, nth=1)))
            return fault

        self.faults.arm = arm  # type: ignore[method-assign]
        self.faults.take = take  # type: ignore[method-assign]

    def __enter__(self) -> RecordedShop:
        return self

    def recorded(self) -> Trace:
        """What has been until now."""
        how, bench = self._how, self.bench
        image = bench.first_image or self.flash_image.read_bytes()
        start = Start(
            seed=how.get("seed", 1),
            suite=how.get("suite", "tdes"),
            language=how.get("language", "zh"),
            pins=Path(how.get("pins", PINS)).name,
            heap=int(heap_ceiling(how.get("heap", HEAP))),
            opened=OPENING.isoformat(),
            flash=hashlib.sha256(image).hexdigest(),
        )
        start.sectors = altered(factory(start)[0], image)
        return bench.trace(start)

    def save(self, path: Path) -> None:
        """Raises Unmasked rather than write a card number."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(dump(self.recorded()))


def _told(fault: Fault) -> dict[str, Any]:
    return asdict(fault) | {"kind": fault.kind.name}


def altered(built: bytes, image: bytes) -> dict[str, str]:
    """The sectors, by address, in which an image is not what the workshop built."""
    sectors = (slice(at, at + SECTOR) for at in range(0, len(image), SECTOR))
    return {f"{sector.start:#x}": image[sector].hex() for sector in sectors if image[sector] != built[sector]}
