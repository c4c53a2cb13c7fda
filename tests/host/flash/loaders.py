"""Emulated chips in download mode for the workshop's tools, and what can happen to their cable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from anyio.from_thread import start_blocking_portal

from host_tools.bench.parts.esp32_chips import ESP32_S3, Chip
from host_tools.bench.rom_loader import RomLoader, rom_loader

SMALL = 256 * 1024


_END = 0xC0  # of SLIP (RFC 1055)
_SYNC = b"\x08"


@contextmanager
def loader(
    image: Path, chip: Chip = ESP32_S3, pulled_at: int = 0, spoilt: Callable[[RomLoader], None] = lambda _: None
) -> Iterator[str]:
    """Its port. The cable is pulled when the chip hears the end of that command, counted from 1."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(rom_loader(image, chip)) as found:
        if pulled_at:
            _cut(found, pulled_at)
        spoilt(found)
        yield found.path


class Commands:
    """Counts them in what a chip hears, however it comes in; but for SYNC, which esptool says until it is answered."""

    def __init__(self) -> None:
        self.count = 0
        self._frame = bytearray()

    def hear(self, data: bytes) -> int:
        for byte in data:
            if byte != _END:
                self._frame.append(byte)
            elif self._frame:
                self.count += self._frame[1:2] != _SYNC
                self._frame.clear()
        return self.count


def _cut(found: RomLoader, at: int) -> None:
    heard = found._loader.receive
    close = found.close
    commands = Commands()
    pulled = False

    def receive(data: bytes) -> None:
        nonlocal pulled
        if pulled:
            return
        pulled = commands.hear(data) >= at
        if pulled:
            close()
        else:
            heard(data)

    found._loader.receive = receive  # type: ignore[method-assign]

    def closed_before() -> None:
        with suppress(OSError):  # a second time
            close()

    found.close = closed_before  # type: ignore[method-assign]
