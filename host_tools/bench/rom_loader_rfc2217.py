"""The same chip behind RFC 2217 (a serial port over TCP), which has DTR and RTS: esptool resets it as it would a board.

The two lines drive EN and GPIO0 through the usual pair of transistors: EN is low while RTS is asserted and DTR is not,
GPIO0 while DTR is and RTS is not. When EN has risen, GPIO0 decides: the ROM's loader, or what is in the flash.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import cast

from serial.rfc2217 import PortManager  # type: ignore[import-untyped]

from host_tools.bench.clock import LiveClock
from host_tools.bench.flash import NorFlash
from host_tools.bench.parts.esp32_chips import ESP32_S3, Chip
from host_tools.bench.parts.esp32_loader import BAUD, Loader

# pyserial's client lets 100 ms pass between one line's change and the next: too much for a board's capacitor at EN. A
# server that has a board behind it does esptool's sequence itself; here EN takes its time.
_EN_RISES_S = 0.2


@asynccontextmanager
async def rom_loader_rfc2217(image: Path, chip: Chip = ESP32_S3) -> AsyncIterator[RomLoaderRfc2217]:
    """A chip that runs from its flash until somebody resets it otherwise, for as long as the context lasts."""
    with closing(NorFlash(image)) as flash:
        flash.attach(LiveClock())
        loader = RomLoaderRfc2217(chip, flash)
        loop = asyncio.get_running_loop()
        async with await loop.create_server(lambda: _Connection(loader), "127.0.0.1", 0) as server:
            loader.url = f"rfc2217://127.0.0.1:{server.sockets[0].getsockname()[1]}?ign_set_control"
            yield loader


class RomLoaderRfc2217:
    """`url` is what esptool opens; `boots` counts the times that the chip began to run what is in its flash."""

    url: str

    def __init__(self, chip: Chip, flash: NorFlash) -> None:
        self.boots = 0
        self._connection: _Connection | None = None
        self._gone = asyncio.Event()
        self.loader = Loader(chip, flash, self._send, self._booted)
        self.loader.leave()

    async def settle(self) -> None:
        """When the program has gone, let a reset that it has begun come to its end."""
        await self._gone.wait()
        await asyncio.sleep(_EN_RISES_S)

    def connected(self, connection: _Connection | None) -> None:
        self._connection = connection
        if connection:
            self._gone.clear()
        else:
            self._gone.set()

    def _send(self, data: bytes) -> None:
        if self._connection:
            self._connection.send(data)

    def _booted(self) -> None:
        self.boots += 1


class _Connection(asyncio.Protocol):
    """One program at the port; pyserial's own server speaks the protocol."""

    def __init__(self, chip: RomLoaderRfc2217) -> None:
        self._chip = chip
        self._port = _Port(chip.loader)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._manager = PortManager(self._port, self._transport)
        self._chip.connected(self)

    def data_received(self, data: bytes) -> None:
        heard = b"".join(self._manager.filter(data))
        if heard and self._port.baudrate == self._chip.loader.baud:
            self._chip.loader.receive(heard)

    def connection_lost(self, exc: Exception | None) -> None:
        self._chip.connected(None)

    def send(self, data: bytes) -> None:
        self._transport.write(b"".join(self._manager.escape(data)))


class _Port:
    """What pyserial's server takes for a serial port: the lines to the chip, and settings that nobody looks at."""

    bytesize, parity, stopbits = 8, "N", 1
    xonxoff = rtscts = break_condition = False
    cts = dsr = ri = cd = False

    def __init__(self, loader: Loader) -> None:
        self.baudrate = BAUD
        self._loader = loader
        self._dtr = self._rts = False
        self._enabled = True

    @property
    def dtr(self) -> bool:
        return self._dtr

    @dtr.setter
    def dtr(self, asserted: bool) -> None:
        self._dtr = asserted
        self._moved()

    @property
    def rts(self) -> bool:
        return self._rts

    @rts.setter
    def rts(self, asserted: bool) -> None:
        self._rts = asserted
        self._moved()

    def reset_input_buffer(self) -> None:
        """Nothing waits here."""

    def reset_output_buffer(self) -> None:
        """Nor here."""

    def _moved(self) -> None:
        before, self._enabled = self._enabled, not self._rts or self._dtr
        if self._enabled and not before:
            asyncio.get_running_loop().call_later(_EN_RISES_S, self._start)

    def _start(self) -> None:
        if not self._enabled:
            return
        if self._dtr and not self._rts:
            self._loader.reset()
        else:
            self._loader.leave()
