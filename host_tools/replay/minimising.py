"""The shortest trace that still fails: events are left out as long as two firmwares still differ in the same way.

What is left of a day is another day, with other STANs and other answers of the host's. So it is played with the bench's
own acquirer, twice: by a firmware that is right, and by the one in question. The trace that comes out is the first's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from host_tools.micropython.port import ROOT, firmware_root
from host_tools.replay.comparing import Difference, differences
from host_tools.replay.errors import CannotMinimise
from host_tools.replay.loop import Loop
from host_tools.replay.trace import Event, Trace
from host_tools.replay.tree import firmware
from host_tools.replay.wallet import Wallet

if TYPE_CHECKING:
    from collections.abc import Sequence

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Shortest:
    """`runs` counts what was tried."""

    trace: Trace
    differences: tuple[Difference, ...]
    runs: int


def minimise(trace: Trace, reference: Path | None = None, tell: Callable[[str], None] = lambda words: None) -> Shortest:
    """`reference` is a firmware tree that is right; the repository's where another is in question.

    Raises CannotMinimise. First whole stretches between two times at rest are left out, then single acts.
    """
    if trace.start.terminal:
        raise CannotMinimise("a real terminal's: its host is not here to be asked otherwise")
    tested = firmware_root()
    right = reference or ROOT / "firmware"
    if right.resolve() == tested.resolve():
        raise CannotMinimise("nothing to compare with: --reference names a firmware that is right")
    search = _Search(trace, right, tested, tell)
    if not search.wanted:
        raise CannotMinimise("the two firmwares do the same in it")
    stretches = shrunk(_stretches(trace), lambda left: search.fails(_together(left)))
    acts = shrunk(_acts(_together(stretches)), lambda left: search.fails(_together(left)))
    return search.result(_together(acts))


def shrunk(items: Sequence[_Item], fails: Callable[[list[_Item]], bool]) -> list[_Item]:
    """A part of `items`, in their order, that still fails, and does not with any one of them left out."""
    left, size = list(items), max(1, len(items) // 2)
    while True:
        at, found = 0, False
        while at < len(left):
            rest = left[:at] + left[at + size :]
            if rest and fails(rest):
                left, found = rest, True
            else:
                at += size
        if size == 1 and not found:
            return left
        size = max(1, min(size, len(left)) // 2)


class _Search:
    def __init__(self, trace: Trace, right: Path, tested: Path, tell: Callable[[str], None]) -> None:
        self._trace = trace
        self._trees = right, tested
        self._tell = tell
        self._runs = 0
        self._wallet = Wallet(date.fromisoformat(trace.start.opened[:10])) if Wallet.wanted(trace) else None
        self.wanted = _signature(self._compared(trace.events)[1])

    def fails(self, events: list[Event]) -> bool:
        return bool(self.wanted & _signature(self._compared(events)[1]))

    def result(self, events: list[Event]) -> Shortest:
        trace, found = self._compared(events)
        return Shortest(trace, found, self._runs)

    def _compared(self, events: list[Event]) -> tuple[Trace, tuple[Difference, ...]]:
        self._runs += 1
        self._tell(f"run {self._runs}, {len(events)} events")
        right, tested = self._trees
        loop = partial(Loop, self._trace, events, self._wallet)
        with firmware(right), loop() as then, firmware(tested), loop() as now:
            return then.recorded(), differences(then.recorded(), now.recorded(), now.bench.lines_of)


def _signature(found: tuple[Difference, ...]) -> set[tuple[str, str]]:
    """Of the first difference: its kind, and the field's name."""
    return {(one.kind, one.where.partition(" of message")[0] if one.kind == "field" else "") for one in found[:1]}


def _stretches(trace: Trace) -> list[list[Event]]:
    """Events from one time at rest to the next; at rest the screen shows what it shows at the end."""
    rest = trace.screens[-1].digest if trace.screens else ""
    stretches: list[list[Event]] = []
    rested = True
    for event in trace.events:
        resting = _shown(trace, event.at) == rest
        if not stretches or (resting and not rested):
            stretches.append([])
        stretches[-1].append(event)
        rested = resting
    return stretches


def _shown(trace: Trace, at: int) -> str:
    return next((screen.digest for screen in reversed(trace.screens) if screen.at <= at), "")


def _acts(events: list[Event]) -> list[list[Event]]:
    """A key's press goes with its release."""
    acts: list[list[Event]] = []
    down: dict[str, list[Event]] = {}
    for event in events:
        key = str(event.what.get("key"))
        if event.do == "keypad.release" and key in down:
            down.pop(key).append(event)
            continue
        acts.append([event])
        if event.do == "keypad.press":
            down[key] = acts[-1]
    return acts


def _together(parts: Sequence[list[Event]]) -> list[Event]:
    return sorted((event for part in parts for event in part), key=lambda event: (event.at, event.turn))
