"""asyncio on the bench's time: its clock and its I/O queue replaced by ones that live on the wire.

Waiting for a timer or a stream is one question to the bench, which answers when the time has come or something
has happened. This is the only place that touches asyncio's inside.
"""

# mypy: disable-error-code="attr-defined"
# The published stubs do not know asyncio.core.

import asyncio
import select

import link
from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_POLL = const(3)
_READ = const(1)
_WRITE = const(4)
_TROUBLE = const(0x38)  # error, hang-up and no such stream wake both

# asyncio's task queue in C stamps a task that is ready at once with the host's real tick count. Virtual time starts
# so far ahead of it that such a task is always due, and due before any timer.
_AHEAD = const(1 << 56)


def ticks() -> int:
    return _AHEAD + link.now_us // 1000


class IOQueue:
    """asyncio's I/O queue: streams that a task waits on, asked by their own `ioctl`, or by select where it is in C."""

    def __init__(self) -> None:
        self.map: "dict[int, list[Any]]" = {}  # id of stream -> [stream, reading task, writing task]
        self._poll = select.poll()

    def queue_read(self, stream: "Any") -> None:
        self._queue(stream, 1)

    def queue_write(self, stream: "Any") -> None:
        self._queue(stream, 2)

    def _queue(self, stream: "Any", slot: int) -> None:
        entry = self.map.setdefault(id(stream), [stream, None, None])
        entry[slot] = asyncio.core.cur_task
        asyncio.core.cur_task.data = self  # so that cancelling the task calls `remove`

    def remove(self, task: "Any") -> None:
        for entry in self.map.values():
            for slot in (1, 2):
                if entry[slot] is task:
                    entry[slot] = None
        self._forget_idle()

    def _forget_idle(self) -> None:
        for key in list(self.map):
            entry = self.map[key]
            if entry[1] is None and entry[2] is None:
                del self.map[key]

    def wait_io_event(self, ms: int) -> None:
        # What came earlier may still be waiting to be read: look before letting time pass.
        if self._wake() or ms == 0:
            return
        link.wait(ms)
        # Without a limit somebody must be ready when this returns, and not everything that happens makes them so.
        while not self._wake() and ms < 0 and not asyncio.core._task_queue.peek():
            link.wait(ms)

    def _wake(self) -> bool:
        """Make ready every task whose stream is. As long as none is, nothing is allocated: it is asked all the time."""
        woken = False
        for key in self.map:
            if self._ready(self.map[key]):
                woken = True
        if woken:
            self._forget_idle()
        return woken

    def _ready(self, entry: "list[Any]") -> bool:
        ready = self._state(entry[0], (_READ if entry[1] else 0) | (_WRITE if entry[2] else 0))
        woken = False
        if entry[1] and ready & (_READ | _TROUBLE):
            asyncio.core._task_queue.push(entry[1])
            entry[1] = None
            woken = True
        if entry[2] and ready & (_WRITE | _TROUBLE):
            asyncio.core._task_queue.push(entry[2])
            entry[2] = None
            woken = True
        return woken

    def _state(self, stream: "Any", wanted: int) -> int:
        if hasattr(stream, "ioctl"):
            return int(stream.ioctl(_POLL, wanted))
        self._poll.register(stream, wanted)
        ready = self._poll.poll(0)
        self._poll.unregister(stream)
        return int(ready[0][1]) if ready else 0


def install() -> None:
    asyncio.core.ticks = ticks
    asyncio.core.IOQueue = IOQueue
    asyncio.new_event_loop()
