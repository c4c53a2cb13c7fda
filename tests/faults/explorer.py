"""Which schedules there are: every single fault of a row's run, pairs of the coarser ones, and random ones."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, field
from itertools import islice, pairwise
from random import Random
from typing import TYPE_CHECKING, Final

from tests.faults import wire
from tests.faults.factory import DATA_SECTORS, JOURNAL_SECTORS, SECTOR
from tests.faults.points import (
    Bend,
    Cut,
    Doing,
    Drawn,
    Dud,
    Filling,
    Forgery,
    Net,
    Pull,
    Rot,
    Ruin,
    Schedule,
    Way,
    Wear,
)
from tests.faults.rows import ROWS, Altered
from tests.faults.tampering import frames, sector_of

if TYPE_CHECKING:
    from tests.faults.engine import Engine, Trace
    from tests.faults.points import Fault
    from tests.faults.rows import Row
    from tests.faults.wire import Step

_PAGE: Final = 256
_VAULT: Final = DATA_SECTORS + JOURNAL_SECTORS + 2  # one sector for good, which no wear can be levelled in
_LUCK: Final = 16  # times, where what goes wrong goes wrong by chance
_SEVERAL: Final = 16  # from one byte of the journal to the next, where not all are altered
_MANY: Final = 61


@dataclass(frozen=True, slots=True)
class Grain:
    """From one byte of an operation on flash to the next, and of one in the file system; times that a random choice is
    made; from one byte of a message to the next, or 0 for none; and of a card's answer."""

    flash: int
    files: int
    chances: int
    network: int
    answers: int


_FINEST: Final = Grain(1, 1, 5, 1, 1)
_FINE: Final = Grain(1, 8, 5, 1, 2)
_COARSE: Final = Grain(16, 32, 2, 8, 16)
_COARSEST: Final = Grain(32, 32, 1, 0, 64)
_SHARE: Final = 8  # one in so many of the faults that pairs begin with


def grain(row: Row, scene: str) -> Grain:
    """Everything in the first scene of a type's first row; less in its variants and in the other scenes. Files are
    written alike by all: rows that write little else go through them byte by byte."""
    if scene != row.scenes[0]:
        return _COARSEST
    if row.variant:
        return _COARSE
    return _FINEST if row.files else _FINE


@dataclass(slots=True)
class Tally:
    """How many schedules were run, with one fault (on flash, on the network, of a card) and with two; what was found; a
    worker's seconds."""

    flash: int = 0
    network: int = 0
    card: int = 0
    doubles: int = 0
    seconds: float = 0
    found: list[tuple[str, list[str]]] = field(default_factory=list)  # schedule, violations

    @property
    def schedules(self) -> int:
        return self.flash + self.network + self.card + self.doubles

    def count(self, schedule: Schedule) -> None:
        if len(schedule.faults) > 1:
            self.doubles += 1
        elif isinstance(schedule.faults[0][1], Net):
            self.network += 1
        elif isinstance(schedule.faults[0][1], Pull | Bend):
            self.card += 1
        else:
            self.flash += 1

    def add(self, other: Tally) -> None:
        self.flash += other.flash
        self.network += other.network
        self.card += other.card
        self.doubles += other.doubles
        self.seconds += other.seconds
        self.found += other.found


def points(row: Row, grain: Grain, trace: Trace) -> Iterator[Fault]:
    """Every single fault of a run like this one."""
    for number, (sector, _, size) in enumerate(trace.operations):
        yield from _in_operation(number, sector, size, grain)
    for number, (_, size) in enumerate(trace.talk):
        if number in _taken(row, Pull):
            continue
        yield from (Pull(number, what) for what in Drawn)
        yield from (Bend(number, byte) for byte in range(0, size, grain.answers))
    for number, step in enumerate(trace.steps):
        if number in _taken(row, Net):
            continue
        yield from (Net(number, what) for what in _misdeeds(row, step))
        if grain.network:
            for whats, size in ((wire.AT_REQUEST, step.request), (wire.AT_REPLY, step.reply)):
                yield from (Net(number, what, at) for what in whats for at in range(0, size, grain.network))


def _taken(row: Row, kind: type[Fault]) -> set[int]:
    """The places where something of this kind makes the row what it is."""
    return {astuple(fault)[0] for fault in row.given if isinstance(fault, kind)}


def _misdeeds(row: Row, step: Step) -> Iterator[str]:
    """What the network and the host may do at this step."""
    return (what for what in (wire.MESSAGE if step.mti else wire.CONNECTION) if what not in row.beyond)


def _in_operation(number: int, sector: int, size: int, grain: Grain) -> Iterator[Fault]:
    yield Cut(number, Way.BEFORE)
    yield Dud(number)
    if not size:  # with all the bits as they are already it may end anywhere
        return
    yield Cut(number, Way.AFTER)
    every = _PAGE if size == SECTOR else grain.files if sector < DATA_SECTORS else grain.flash
    yield from (Cut(number, Way.BYTES, depth) for depth in range(1, size, every))
    yield from (Cut(number, Way.BITS, depth) for depth in range(grain.chances))
    if sector < DATA_SECTORS:  # LittleFS has rules of its own, which reckon neither with wavering cells nor a worn root
        return
    chances = _LUCK if sector == _VAULT else grain.chances
    yield from (Cut(number, way, depth) for way in (Way.WEAK, Way.SWAYING) for depth in range(chances))
    if size < SECTOR and sector != _VAULT:
        yield from (Wear(number, byte) for byte in sorted({0, size // 2, size - 1}))


def alterations(image: bytes, first: int, every: int) -> Iterator[Fault]:
    """What is done to the journal at rest, in the records from the `first` on: each, and `every` so many bytes."""
    found = sorted((frame for frame in frames(image) if frame.number >= first), key=lambda frame: frame.number)
    sectors = {sector_of(frame): None for frame in found}
    for frame in found:
        at = frame.at - DATA_SECTORS * SECTOR
        yield from (Rot(byte, 1 << byte % 8) for byte in range(at, at + frame.space, every))
        yield from (Rot(byte, 0xFF) for byte in range(at, at + frame.space, _MANY))
    # That the newest records are missing nobody can tell who has the chip alone.
    yield from (Ruin(at, filling) for at in [*sectors][:-1] for filling in Filling)
    for frame in found:
        yield Forgery(frame.number, Doing.BENT)
        yield Forgery(frame.number, Doing.GRAFTED)
    for frame, then in pairwise(found):
        yield Forgery(frame.number, Doing.KILLED)
        if len(frame.payload) == len(then.payload) and then.number == frame.number + 1:
            yield Forgery(frame.number, Doing.MOVED)


def coarse(row: Row, trace: Trace) -> list[Fault]:
    """One or two faults for each place where there are hundreds."""
    found: list[Fault] = []
    for number, (_, _, size) in enumerate(trace.operations):
        found += (Cut(number, Way.BEFORE), Dud(number))
        if size:
            found += (Cut(number, Way.BYTES, size // 2), Cut(number, Way.BITS, number % 16))
    for number, (_, size) in enumerate(trace.talk):
        if number not in _taken(row, Pull):
            found += (Pull(number, Drawn.OUT), Bend(number, size // 2))
    for number, step in enumerate(trace.steps):
        if number not in _taken(row, Net):
            found += (Net(number, what) for what in _misdeeds(row, step))
    return found


def singles(engine: Engine, row: Row, scene: str) -> Iterator[Schedule]:
    """Raises AssertionError if the undisturbed run is not what the table says."""
    trace = engine.trace(row, scene)
    if row.altered:
        image, batch_start = engine.opening(row, scene)
        every = 1 if scene == "plain" else _SEVERAL
        found = alterations(image, batch_start if row.altered is Altered.BATCH else 0, every)
    else:
        found = points(row, grain(row, scene), trace)
    return (Schedule(row.name, scene, ((0, fault),)) for fault in found)


def firsts(engine: Engine, row: Row, scene: str) -> list[Schedule]:
    """The coarse single faults, which pairs begin with."""
    return [Schedule(row.name, scene, ((0, fault),)) for fault in coarse(row, engine.trace(row, scene))]


def seconds(engine: Engine, first: Schedule) -> list[Schedule]:
    """The pairs that begin with this fault: the other one follows in that life, or in the one after it."""
    row = ROWS[first.row]
    ((_, fault),) = first.faults
    here, *after = engine.run(first, log=True).traces
    others: list[tuple[int, Fault]] = []
    if not isinstance(fault, Cut):
        others += ((0, other) for other in coarse(row, here) if not _is_past(other, fault))
    if after:
        others += ((1, other) for other in coarse(row, after[0]))
    return [Schedule(first.row, first.scene, (*first.faults, other)) for other in others]


def _is_past(fault: Fault, then: Fault) -> bool:
    """Whether it would come where another one of the same life has come already, by the same count of places."""
    match fault, then:
        case Net(), Net():
            return fault.step <= then.step
        case ((Pull() | Bend()), (Pull() | Bend())):
            return fault.exchange <= then.exchange
        case ((Cut() | Dud()), Dud()):
            return fault.operation <= then.operation
    return False


@dataclass(frozen=True, slots=True)
class Job:
    """A worker's share: of a row's singles or pairs every `step`-th from `start` on, or `count` random pairs of some
    `rows`."""

    kind: str  # "singles", "pairs" or "soak"
    row: str = ""
    scene: str = ""
    start: int = 0
    step: int = 1
    rows: tuple[str, ...] = ()
    count: int = 0
    seed: int = 0

    @property
    def title(self) -> str:
        """The line of the table that it belongs to."""
        return self.row or self.kind

    def run(self, engine: Engine) -> Tally:
        tally = Tally()
        began = time.perf_counter()
        for schedule in self._schedules(engine):
            found = engine.run(schedule).violations
            tally.count(schedule)
            if found:
                tally.found.append((str(schedule), found))
        tally.seconds = time.perf_counter() - began
        return tally

    def _schedules(self, engine: Engine) -> Iterator[Schedule]:
        if self.kind == "soak":
            return soak(engine, self.rows, self.seed, self.count)
        row = ROWS[self.row]
        if self.kind == "singles":
            return islice(singles(engine, row, self.scene), self.start, None, self.step)
        return self._pairs(engine, row)

    def _pairs(self, engine: Engine, row: Row) -> Iterator[Schedule]:
        """Of each first fault's pairs others than of the one before it."""
        step = max(1, self.step // _SHARE)
        for number, first in enumerate(firsts(engine, row, self.scene)[self.start % _SHARE :: _SHARE]):
            yield from seconds(engine, first)[(self.start + number) % step :: step]


def soak(engine: Engine, rows: Sequence[str], seed: int, count: int) -> Iterator[Schedule]:
    """Random pairs: any two points of any of these rows."""
    random = Random(seed)
    known: dict[tuple[str, str], list[Schedule]] = {}
    places = [(row, scene) for row in map(ROWS.__getitem__, rows) if not row.altered for scene in row.scenes]
    for _ in range(count):
        row, scene = random.choice(places)
        key = row.name, scene
        if key not in known:
            known[key] = list(singles(engine, row, scene))
        first = random.choice(known[key])
        traces = engine.run(first, log=True).traces
        life = random.randrange(min(2, len(traces)))
        second = random.choice(list(points(row, grain(row, scene), traces[life])))
        yield Schedule(row.name, scene, (*first.faults, (life, second)))
