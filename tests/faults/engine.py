"""One terminal and one host, put through one schedule after another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from zlib import crc32

from host_tools.bench.shop import profile
from tests.faults.bank import TERMINAL, Bank
from tests.faults.factory import new_chip
from tests.faults.invariants import HostBooks, altered, host_books, unread, violations
from tests.faults.peer import Peer
from tests.faults.plastic import Plastic, Scripts
from tests.faults.points import Bend, Cut, Dud, Forgery, Net, Pull, Rot, Ruin, Schedule, Wear
from tests.faults.rows import FIRST, ISSUED, OTHERWISE, PROBE, PROBED, ROWS, SETTLE, Act, Row
from tests.faults.tampering import forged, ruined
from tests.faults.wire import Wire

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from tests.faults.peer import Answer
    from tests.faults.points import Fault
    from tests.faults.wire import Step

_MOST_LIVES: Final = 8
_FULL: Final = "error.L01"  # "Storage full. Settle first."
# Bytes left in the journal's newest sector when the transaction begins: its first record has to go to the next one,
# which held others before; or its second has to; or the batch is in two sectors by then.
_ROOM: Final = {"turning": 32, "turning-late": 160, "spread": 32}


@dataclass(frozen=True, slots=True)
class Scene:
    """What a row's schedules begin with, on both sides. `other` is the chip after another day, to be grafted from."""

    image: bytes
    other: bytes
    database: sqlite3.Connection
    terminal: Answer
    host: HostBooks
    scripts: Scripts


@dataclass(frozen=True, slots=True)
class Trace:
    """A life up to where nothing goes wrong any more: operations on flash (sector, offset, bytes, 0 if they change no
    cell), network steps, and exchanges with a card (instruction, bytes of the answer)."""

    operations: tuple[tuple[int, int, int], ...]
    steps: tuple[Step, ...]
    talk: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`lives` is how each ended; `paid` what cardholders have spent, in fen, without the probe."""

    violations: list[str]
    lives: list[Answer]
    traces: list[Trace]
    paid: int


class Engine:
    """`firmware` is another tree than the repository's."""

    def __init__(self, firmware: Path | None = None) -> None:
        self._bank = Bank(ISSUED)
        self._wire = Wire(self._bank)
        self._plastic = Plastic()
        self._peer = Peer(self._bank, self._wire, self._plastic, firmware)
        self._scenes: dict[tuple[str, str], Scene] = {}
        self._current: Scene | None = None
        self._opening = self._host_books().paid

    def trace(self, row: Row, scene: str) -> Trace:
        """Run a row undisturbed; AssertionError if it does not do what the table says."""
        outcome = self.run(Schedule(row.name, scene), log=True)
        assert not outcome.violations, f"{row.name}, undisturbed: {outcome.violations}"
        assert len(outcome.lives) == 1
        told = [title for act in outcome.lives[0]["told"] for title in act]
        titles = iter(told)
        assert all(title in titles for title in row.seen), f"{row.name} showed {told}"
        assert outcome.paid == row.moves, f"{row.name} moved {outcome.paid}"
        return outcome.traces[0]

    def run(self, schedule: Schedule, *, log: bool = False) -> Outcome:
        """Live a schedule to its end, and judge what has come of it; `log` asks for the traces."""
        row = ROWS[schedule.row]
        scene = self._scene(row, schedule.scene)
        seed = crc32(str(schedule).encode())
        self._restore(scene, seed)
        lives: list[Answer] = []
        traces: list[Trace] = []
        while len(lives) < _MOST_LIVES:
            first = not lives
            acts = [row.act] if first and row.act else []
            healthy = len(acts)
            acts += (*row.finish, PROBE)
            faults: list[Fault] = [*(row.given if first else ()), *schedule.of(len(lives))]
            chance = seed + len(lives)  # no life repeats what was random in the one before it
            is_open = bool(first and row.act and not row.opening)
            answer = self._live(acts, faults, healthy=healthy, seed=chance, open=is_open, log=log)
            lives.append(answer)
            if log:
                traces.append(self._traced(answer, healthy))
            if answer["end"] != "cut":
                break
        if _is_full(schedule, lives[-1]):
            lives.append(self._live([SETTLE, PROBE], [], healthy=0, seed=seed + len(lives), open=True, log=log))
        self._wire.settle()
        after = lives[-1]
        host = self._host_books()
        found = altered(lives, scene.host, host) if row.altered else None
        if found is None:
            scripts = scene.scripts + self._plastic.scripts
            found = violations(scene.terminal, lives, self._opening, host, scripts)
        if after["end"] == "ready" and not found:
            found = self._compared(after)
            if after["unbalanced"] and "BENT" not in str(schedule):  # sums and answer go without a MAC
                found.append("the batch does not balance")
            if len(schedule.faults) == 1:  # a bit that turns twice is not told from a mistake
                found += unread(after)
        return Outcome(found, lives, traces, host.paid - scene.host.paid - PROBED)

    def _compared(self, said: Answer) -> list[str]:
        """What the terminal said of itself against what it says after one more power cycle."""
        again = self._live([], [], healthy=0, seed=1, open=True)
        kept = ("entries", "totals", "batch", "due", "queued", "settling", "settled", "broken")
        return [f"{name} is not what flash has" for name in kept if said[name] != again.get(name)]

    def _live(self, acts: Sequence[Act], faults: Sequence[Fault], *, healthy: int, **how: object) -> Answer:
        """One life; `acts` from the `healthy`-th on meet no fault of the network any more."""
        for fault in faults:
            if isinstance(fault, Rot):
                self._peer.call("turn", byte=fault.byte, bits=fault.bits)
            elif isinstance(fault, Ruin):
                self._peer.program(ruined(self._peer.dump(), fault))
            elif isinstance(fault, Forgery) and self._current:
                self._peer.program(forged(self._peer.dump(), self._current.other, fault))
        self._wire.begin([fault for fault in faults if isinstance(fault, Net)])
        self._plastic.begin([fault for fault in faults if isinstance(fault, Pull | Bend)])
        flash = [_armed(fault) for fault in faults if isinstance(fault, Cut | Wear | Dud)]
        answer = self._peer.live([act.order() for act in acts], healthy=healthy, faults=flash, **how)
        return answer | {"healthy": healthy}

    def _traced(self, answer: Answer, healthy: int) -> Trace:
        end = answer["marks"][healthy] if len(answer["marks"]) > healthy else answer["operations"]
        operations = tuple((sector, offset, size) for sector, offset, size in answer["log"][:end])
        steps = tuple(step for step in self._wire.steps if step.act < healthy)
        return Trace(operations, steps, tuple(self._plastic.talk))

    def _host_books(self) -> HostBooks:
        return host_books(self._bank.store, self._bank.acquirer.ledger)

    # -- scenes --

    def opening(self, row: Row, name: str) -> tuple[bytes, int]:
        """The chip that the row's schedules begin with, and the number of the record that began the open batch."""
        scene = self._scene(row, name)
        return scene.image, int(scene.terminal["batch_start"])

    def _scene(self, row: Row, name: str) -> Scene:
        key = row.name, name
        if key not in self._scenes:
            scene = self._made(row, name)
            if row.altered:
                scene = replace(scene, other=self._made(replace(row, before=OTHERWISE), name).image)
            self._scenes[key] = scene
        return self._scenes[key]

    def _made(self, row: Row, name: str) -> Scene:
        self._current = None
        self._bank.found()
        tables = self._plastic.tables if row.chip else b""
        self._peer.program(new_chip(profile(self._bank.fixture.terminals[TERMINAL]), row.parameters, tables))
        self._plastic.issue(0)
        answer: Answer = {"entries": []}
        room = _ROOM.get(name)
        if room:
            self._ready([], seed=1, fill=0, open=True)
        if row.before is not None:
            answer = self._ready(row.before, seed=2)
        if room:
            answer = self._ready([], seed=3, fill=room, open=True)
        if name == "spread":
            answer = self._ready([FIRST], seed=5, open=True)
        host = self._host_books()
        if row.left:
            act, fault = row.left
            left = self._live([act], [fault], healthy=1, seed=4, open=True)
            assert left["end"] == "cut", left
        return Scene(self._peer.dump(), b"", self._bank.snapshot(), answer, host, self._plastic.scripts)

    def _ready(self, acts: Sequence[Act], **how: object) -> Answer:
        answer = self._live(acts, [], healthy=0, leave=True, **how)
        assert answer["end"] == "ready", answer
        return answer

    def _restore(self, scene: Scene, seed: int) -> None:
        if scene is self._current:
            self._peer.call("restore")
        else:
            self._peer.program(scene.image)
            self._peer.call("keep")
            self._current = scene
        self._bank.restore(scene.database, seed)
        self._plastic.issue(seed)

    def close(self) -> None:
        self._peer.close()
        self._bank.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _is_full(schedule: Schedule, answer: Answer) -> bool:
    """Whether a terminal asks to be settled before it sells, as it may with no more than three of five sectors left:
    where cells of two are worn."""
    wears = sum(isinstance(fault, Wear) for _, fault in schedule.faults)
    return wears > 1 and answer["end"] == "ready" and _FULL in answer["told"][-1]


def _armed(fault: Cut | Wear | Dud) -> tuple[object, ...]:
    match fault:
        case Cut():
            return "cut", fault.operation, fault.way, fault.depth
        case Wear():
            return "wear", fault.operation, fault.byte
        case Dud():
            return "dud", fault.operation
