"""Traces out of what the terminal tells on its service line, when somebody asks it to (menu, 9, 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from littlefs import LittleFS

from host_tools.flash.factory import SECTOR, partitions
from host_tools.replay.errors import TraceError
from host_tools.replay.recorder import altered
from host_tools.replay.told import Ear, trace_of
from host_tools.replay.trace import dump
from host_tools.replay.workshop import factory

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from host_tools.bench.parts.service_port import ServicePort
    from host_tools.replay.trace import Start

_TABLES: Final = "emv.bin"  # in the terminal's file system
_KEPT: Final = 8

# What somebody at the counter does to begin one, and to end it.
BEGIN: Final = """\
press menu 9 5
expect screen 运行跟踪 | Trace within 5 s
press enter
"""
END: Final = BEGIN


@dataclass(frozen=True)
class Recorded:
    """A trace that is ended: a file for `suanpan replay`."""

    number: int
    began: datetime
    data: bytes
    events: int
    messages: int
    seconds: float


class Recordings:
    """Listens to a terminal's service line. `changed` is called when a trace begins, grows or ends.

    `tables` is what the terminal has been told of chip cards, so that another that plays the trace asks for them too.
    """

    def __init__(self, now: Callable[[], datetime], changed: Callable[[], None], tables: bytes = b"") -> None:
        self.kept: list[Recorded] = []
        self.problem = ""
        self._now = now
        self._changed = changed
        self._tables = tables
        self._ear = Ear()
        self._began: datetime | None = None
        self._count = 0

    @property
    def under_way(self) -> bool:
        return self._began is not None

    def status(self) -> dict[str, Any]:
        """For JSON."""
        kept = [
            {
                "number": each.number,
                "began": f"{each.began:%H:%M:%S}",
                "bytes": len(each.data),
                "events": each.events,
                "messages": each.messages,
                "seconds": each.seconds,
            }
            for each in self.kept
        ]
        rows = len(self._ear.rows)
        return {"on": self.under_way, "rows": rows, "problem": self.problem, "kept": kept}

    def watch(self, service: ServicePort) -> None:
        """From now on it is this board's line."""
        self.end()
        receive = service.receive

        def heard(data: bytes) -> None:
            receive(data)
            self._hear(data)

        service.receive = heard  # type: ignore[method-assign]

    def end(self) -> None:
        """Nothing more will come: the power is off, or the terminal has ended it."""
        ear, began = self._ear, self._began
        self._ear, self._began = Ear(), None
        if began is None or not ear.rows:
            return
        try:
            trace = trace_of(ear.rows)
            if self._tables:
                trace.start.sectors = _sectors(trace.start, self._tables)
            data = dump(trace)
        except TraceError as problem:
            self.problem = str(problem)
            return
        self._count += 1
        made = Recorded(self._count, began, data, len(trace.events), len(trace.messages), trace.end.at / 1e6)
        self.kept = [*self.kept[1 - _KEPT :], made]

    def find(self, number: int) -> Recorded | None:
        return next((each for each in self.kept if each.number == number), None)

    def _hear(self, data: bytes) -> None:
        try:
            self._ear.feed(data)
        except TraceError as problem:
            self.problem = str(problem)
            self._ear = Ear()
        else:
            if self._ear.rows and not self.under_way:
                self._began, self.problem = self._now(), ""
            if self._ear.over:
                self.end()
        self._changed()


def _sectors(start: Start, tables: bytes) -> dict[str, str]:
    """Those in which a terminal of the workshop's is otherwise that knows chip cards."""
    built, _ = factory(start)
    place = partitions()["data"]
    files = LittleFS(block_size=SECTOR, block_count=place.size // SECTOR, mount=False)
    files.context.buffer = bytearray(built[place.offset : place.offset + place.size])
    files.mount()
    with files.open(_TABLES, "wb") as file:
        file.write(tables)
    return altered(built, built[: place.offset] + bytes(files.context.buffer) + built[place.offset + place.size :])
