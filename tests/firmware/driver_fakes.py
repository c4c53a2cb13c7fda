"""What the driver tests stand on: a script of events on asyncio's own clock, and a UART that knows its lines.

Time stands still while any task can run, and then jumps to the next timer or event, so nothing sleeps; a
driver that would wait for ever fails the test at once.
"""

import asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    Start = Callable[[], Coroutine[Any, Any, Any]]

_core = asyncio.core  # type: ignore[attr-defined]
_POLL = 3  # MP_STREAM_POLL
_READABLE = 1
_WRITABLE = 4
# asyncio's C task queue stamps a task that is ready with the machine's time: stay well ahead of that.
AHEAD_MS = 1 << 40


class Timeline:
    """asyncio's clock and I/O queue for the length of one `run`."""

    def __init__(self) -> None:
        self.map: dict[int, tuple[Any, int, Any]] = {}  # the loop looks here whether anybody waits for I/O
        self.now = 0  # ms since the start
        self.wakes = 0  # how often a task was waiting and went on
        self._events: list[tuple[int, Callable[[], None]]] = []

    def at(self, ms: int, action: "Callable[[], None]") -> None:
        """To happen at `ms`; what is said first happens first."""
        index = len(self._events)
        while index and self._events[index - 1][0] > ms:
            index -= 1
        self._events.insert(index, (ms, action))

    def run(self, main: "Start", *background: "Start") -> "Any":
        """The result of `main()`; the background tasks go down with it."""

        async def together() -> "Any":
            tasks = [asyncio.create_task(task()) for task in background]
            try:
                return await main()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.sleep(0)

        ticks = _core.ticks
        _core.new_event_loop()
        _core.ticks = lambda: AHEAD_MS + self.now
        _core._io_queue = self
        try:
            return asyncio.run(together())
        finally:
            _core.ticks = ticks
            _core.new_event_loop()

    # -- asyncio.core.IOQueue --

    def queue_read(self, stream: "Any") -> None:
        self._wait(stream, _READABLE)

    def queue_write(self, stream: "Any") -> None:
        self._wait(stream, _WRITABLE)

    def remove(self, task: "Any") -> None:
        del self.map[id(task)]

    def wait_io_event(self, _limit: int) -> None:
        while not self._wake():
            timer = _core._task_queue.peek()
            left = max(0, timer.ph_key - _core.ticks()) if timer else None
            if left == 0:
                return
            if self._events and (left is None or self._events[0][0] <= self.now + left):
                moment, action = self._events.pop(0)
                self.now = max(self.now, moment)
                _core.cur_task = None
                action()
            elif left is not None:
                self.now += left
            else:
                raise AssertionError("every task waits, and the script has ended")

    def _wait(self, stream: "Any", event: int) -> None:
        task = _core.cur_task
        self.map[id(task)] = (stream, event, task)
        task.data = self

    def _wake(self) -> bool:
        ready = [entry for entry in self.map.values() if entry[0].ioctl(_POLL, entry[1]) & entry[1]]
        for _, _, task in ready:
            del self.map[id(task)]
            _core._task_queue.push(task)
            self.wakes += 1
        return bool(ready)


class FakeUart:
    """The board's end of a serial line. `expect` scripts what must be written, and what comes back then."""

    def __init__(self) -> None:
        self.inbox = bytearray()
        self._script: list[tuple[bytes, bytes | Callable[[], None]]] = []
        self._written = b""

    def arrive(self, data: bytes) -> None:
        self.inbox.extend(data)

    def expect(self, data: bytes, answer: "bytes | Callable[[], None]" = b"") -> None:
        self._script.append((data, answer))

    def done(self) -> None:
        """Nothing of the script is left unsaid."""
        assert not self._script, f"never written: {self._script[0][0]!r}"
        assert not self._written, f"left half written: {self._written!r}"

    # -- machine.UART --

    def any(self) -> int:
        return len(self.inbox)

    def read(self) -> "bytes | None":
        data = bytes(self.inbox)
        self.inbox = bytearray()
        return data or None

    def readinto(self, buffer: "bytearray | memoryview") -> "int | None":
        count = min(len(buffer), len(self.inbox))
        buffer[:count] = self.inbox[:count]
        self.inbox = self.inbox[count:]
        return count or None

    def write(self, data: bytes) -> int:
        self._written += data
        while self._written:
            assert self._script, f"surprise: {self._written!r}"
            expected, answer = self._script[0]
            if len(self._written) < len(expected):
                assert expected.startswith(self._written), f"{self._written!r} instead of {expected!r}"
                break
            assert self._written.startswith(expected), f"{self._written!r} instead of {expected!r}"
            self._written = self._written[len(expected) :]
            self._script.pop(0)
            if isinstance(answer, bytes):
                self.arrive(answer)
            else:
                answer()
        return len(data)

    def ioctl(self, request: int, flags: int) -> int:
        assert request == _POLL
        return flags & (_WRITABLE | (_READABLE if self.inbox else 0))
