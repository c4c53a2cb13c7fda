"""Runs the firmware again from a trace, alone: no acquirer, the host's bytes are those of the trace.

An event comes when the firmware has waited as often at that time as it had then, or has nothing more to do at it. The
host answers the same frames of the same connections, after as long as it did: a firmware that is slower gets its
answers later.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from host_tools.bench.flash import PowerCut
from host_tools.bench.lockstep import BenchError
from host_tools.bench.parts.atecc608 import FIXED_SECRET, ROLLING_SECRET
from host_tools.bench.parts.field_cards import IsoCard
from host_tools.bench.process import BOARD
from host_tools.bench.screen_reader import read_lines
from host_tools.bench.shop import HOST, PORT
from host_tools.micropython.compiler import CompileError
from host_tools.replay import masking, taps
from host_tools.replay.chips import put_back
from host_tools.replay.comparing import Difference, Outcome, differences
from host_tools.replay.errors import DamagedTrace, TraceError
from host_tools.replay.heard import Recorded
from host_tools.replay.recorder import RecordingBench
from host_tools.replay.trace import load
from host_tools.replay.tree import as_on_a_board, heap_for
from host_tools.replay.workshop import factory

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from host_tools.bench.network import Exchange
    from host_tools.replay.trace import Event, Link, Start, Trace

_PATIENCE_S: Final = 60  # of real time, for a firmware that never waits again


class ReplayingBench(RecordingBench):
    """A terminal made as the trace's was; `play` its events."""

    def __init__(self, image: Path, start: Start, links: Sequence[Link] = (), **how: Any) -> None:
        doors = {link.address for link in links} | {f"{HOST}:{PORT}"}
        self._links = {address: iter([link for link in links if link.address == address]) for address in doors}
        pins = BOARD / start.pins
        built, secrets = factory(start)
        for at, sector in start.sectors.items():
            content = bytes.fromhex(sector)
            built = built[: int(at, 0)] + content + built[int(at, 0) + len(content) :]
        self.same_flash = hashlib.sha256(built).hexdigest() == start.flash
        image.write_bytes(self.prepared(built))
        super().__init__(
            image,
            seed=start.seed,
            start=datetime.fromisoformat(start.opened),
            nvs={},
            hosts=how.pop("hosts", {address: partial(self._door, address) for address in doors}),
            heap=heap_for(start.heap),
            pins=pins,
            **how,
        )
        self.listening = False
        if self.parts.secure_element:
            self.parts.secure_element.provision({0: (ROLLING_SECRET, secrets.keys), 1: (FIXED_SECRET, secrets.journal)})

    def prepared(self, image: bytes) -> bytes:
        """The flash image that the terminal begins with."""
        return image

    def _door(self, address: str) -> Exchange | None:
        link = next(self._links[address], None)
        return None if link is None or link.refused else Recorded(link)

    def play(self, events: Iterable[Event], at: int, turn: int) -> None:
        """Let these happen, and time pass until `at`. A firmware that stops ends it: see `died`."""
        with suppress(BenchError):
            for event in events:
                self._reach(event.at, event.turn)
                try:
                    self.happen(event)
                except PowerCut:
                    continue
            self._reach(at, turn)

    def power_on(self) -> None:
        with as_on_a_board():
            super().power_on()
        assert self._process
        self._process.socket.settimeout(_PATIENCE_S)

    def _run_firmware(self) -> None:
        try:
            super()._run_firmware()
        except TimeoutError:
            self.died = f"it has not waited for {_PATIENCE_S} s of real time"
            raise BenchError(self.died) from None

    def lines_of(self, number: int) -> list[str]:
        """What can be read on the so many-th screen."""
        return [masking.text(line) for line in read_lines(self.pixels_of(number))]

    def _reach(self, at: int, turn: int) -> None:
        while self.clock.now_us < at or (self.clock.now_us == at and self.turn() < turn and self._busy()):
            with suppress(PowerCut):  # as the trace has it; the next event puts the power on
                self._step(at)

    def _busy(self) -> bool:
        """Whether the firmware has something to do before time passes."""
        if self._board and self._board.due:
            return True
        following = self.clock.next_us()
        return following is not None and following <= self.clock.now_us

    def happen(self, event: Event) -> None:
        what = event.what
        match event.do:
            case "power_on":
                if self._process is None:
                    self.power_on()
            case "power_off":
                if self._process is not None:  # a cut in the middle of an operation has done it
                    self.power_off()
            case "network":
                self.network(what["up"])
            case "fault":
                self.fault(what)
            case "keypad.press":
                self.parts.keypad.press(_key(what["key"]))
            case "keypad.release":
                self.parts.keypad.release(_key(what["key"]))
            case "swipe_reader.swipe":
                track1, track2 = _tracks(what)
                self.parts.swipe_reader.swipe(track1, track2, *what["given"], **what["named"])
            case "stripe_reader.swipe" if self.parts.other.stripe_reader:
                track1, track2 = _tracks(what)
                damaged = {int(track): bit for track, bit in (what["named"].get("damaged") or {}).items()}
                named = what["named"] | {"damaged": damaged}
                self.parts.other.stripe_reader.swipe(track1, track2, *what["given"], **named)
            case "scanner.show" if self.parts.other.scanner:
                code = what["given"][0]
                self.parts.other.scanner.show(code if code is None else code.encode())
            case "chip_slot.insert":
                self.parts.chip_slot.insert(put_back(what), what["wrong_way"])
            case "field.put":
                self.parts.field.put(*(taps.put_back(card) for card in what["cards"]))
            case "field.leave":
                self._leave(what["card"], *what["given"])
            case "field.take":
                field = self.parts.field
                field.take(*[field.cards[at] for at in what["given"]])
            case "flash.cut_after":
                self.flash.cut_after(*what["given"])
            case do if do in _SIMPLE:
                part, act = do.split(".")
                getattr(getattr(self.parts, part), act)(*what["given"], **what.get("named", {}))
            case do:
                raise DamagedTrace(f"an event {do!r}, which nobody can do on this board")

    def _leave(self, at: int, exchange: int, byte: int) -> None:
        card = self.parts.field.cards[at]
        if not isinstance(card, IsoCard):
            raise DamagedTrace("a card that says nothing is drawn away at an answer")
        card.leave(exchange, byte)

    def fault(self, what: dict[str, Any]) -> None:
        """The host's: in a replay from recorded bytes it has happened already."""


_SIMPLE: Final = frozenset(
    f"printer.{act}"
    for act in (
        "paper_out",
        "load_paper",
        "open_cover",
        "close_cover",
        "overheat",
        "jam_cutter",
        "free_cutter",
    )
) | {"tamper_switch.open_case", "tamper_switch.close_case", "chip_slot.pull"}


def replay(data: bytes, name: str) -> Outcome:
    """Play a trace file with the firmware as it is, and compare. A trace that is none is an outcome too."""
    began = time.perf_counter()
    try:
        trace = load(data)
        found = _told_again(trace) if trace.start.terminal else compared(trace)
    except CompileError as problem:
        return Outcome(name, fault=f"the firmware cannot be compiled: {problem}")
    except (TraceError, ValueError, KeyError, TypeError, IndexError) as problem:
        # Bytes with the right sum can still say what nobody can do: who wrote them was not this recorder.
        said = str(problem) if isinstance(problem, TraceError) else f"says what nobody can do ({problem!r})"
        return Outcome(name, fault=f"{type(problem).__name__}: {said}", seconds=time.perf_counter() - began)
    return Outcome(name, found, trace.start.exact, time.perf_counter() - began)


def compared(trace: Trace) -> tuple[Difference, ...]:
    with (
        tempfile.TemporaryDirectory(prefix="suanpan-replay-") as scratch,
        closing(ReplayingBench(Path(scratch) / "flash.bin", trace.start, trace.links)) as bench,
    ):
        bench.play(trace.events, trace.end.at, trace.end.turn)
        found = differences(trace, bench.trace(replace(trace.start)), bench.lines_of)
        same = bench.same_flash
    if same:
        return found
    start = Difference("flash", 0, "at the start", trace.start.flash[:16], "the workshop makes another image")
    return (start, *found)


def _told_again(trace: Trace) -> tuple[Difference, ...]:
    from host_tools.replay.rerun import rerun  # which is made of what is here

    return rerun(trace)


def _key(key: Any) -> str:
    """A key's cap; a PIN's digit from its place and its distance."""
    if isinstance(key, str):
        return key
    card, at, offset = key
    pin = masking.fixture().cards[card].pin
    return str((int(pin[at % len(pin)]) + offset) % 10)


def _tracks(what: dict[str, Any]) -> tuple[str | None, str | None]:
    if what.get("card") is None and what.get("track2") is None:
        return None, None
    track1, track2 = masking.unstripe(what)
    return (None if what["only2"] else track1), track2
