"""Emulated chips in download mode for the workshop's tools, and what can happen to their cable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from anyio.from_thread import start_blocking_portal

from host_tools.bench.parts.esp32_chips import ESP32_S3, Chip
from host_tools.bench.rom_loader import RomLoader, rom_loader

SMALL = 256 * 1024


@contextmanager
def loader(
    image: Path, chip: Chip = ESP32_S3, pulled_at: int = 0, spoilt: Callable[[RomLoader], None] = lambda _: None
) -> Iterator[str]:
    """Its port. The cable is pulled when the chip hears that piece of a line, counted from 1."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(rom_loader(image, chip)) as found:
        if pulled_at:
            _cut(found, pulled_at)
        spoilt(found)
        yield found.path


def _cut(found: RomLoader, at: int) -> None:
    heard = found._loader.receive
    close = found.close
    left = at

    def receive(data: bytes) -> None:
        nonlocal left
        left -= 1
        if left > 0:
            heard(data)
        elif left == 0:
            close()

    found._loader.receive = receive  # type: ignore[method-assign]

    def closed_before() -> None:
        with suppress(OSError):  # a second time
            close()

    found.close = closed_before  # type: ignore[method-assign]
