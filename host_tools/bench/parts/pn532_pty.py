"""The PN532 behind a pseudo-terminal, in real time, for programs that would open a serial port."""

from __future__ import annotations

import asyncio
import os
import threading
import tty
from collections.abc import Callable
from types import TracebackType

from host_tools.bench.clock import LiveClock
from host_tools.bench.parts.field import Field
from host_tools.bench.parts.pn532_hsu import Pn532Hsu


class Pn532Pty:
    """`with Pn532Pty(field) as path`: a thread of its own answers whoever opens `path`.

    `log` is all that was said, "host" and "chip" by turns. Cards are put in the field before that, or with `later`.
    """

    def __init__(self, field: Field) -> None:
        self.part = Pn532Hsu(field)
        self.log: list[tuple[str, bytes]] = []
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="pn532")
        self._open = threading.Event()

    def __enter__(self) -> str:
        self._chip_end, self._host_end = os.openpty()
        tty.setraw(self._host_end)
        self._thread.start()
        self._open.wait()
        return os.ttyname(self._host_end)

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()
        os.close(self._chip_end)
        os.close(self._host_end)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """To be done by the thread that the chip is in."""
        self._loop.call_soon_threadsafe(lambda: self._loop.call_later(seconds, action))

    def send(self, data: bytes) -> None:
        self.log.append(("chip", data))
        os.write(self._chip_end, data)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self.part.attach(self, LiveClock())
        self._loop.add_reader(self._chip_end, self._receive)
        self._open.set()
        await self._over.wait()
        self._loop.remove_reader(self._chip_end)
        self.part.power_off()

    def _receive(self) -> None:
        data = os.read(self._chip_end, 4096)
        self.log.append(("host", data))
        self.part.receive(data)
