"""An ESP32 in download mode on a pseudo-terminal, for esptool: what it writes is in the flash image that a board boots.

A pseudo-terminal has no DTR and RTS, so esptool cannot put this chip into download mode, nor take it out of it: it is
there from the beginning, and `--before no-reset --after no-reset` says so (without them esptool warns, and goes on).
As with a real one, a baud rate that was agreed with the ROM stays until somebody presses reset.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from host_tools.bench.clock import LiveClock
from host_tools.bench.flash import NorFlash
from host_tools.bench.parts.esp32_chips import ESP32_S3, Chip
from host_tools.bench.parts.esp32_loader import Loader
from host_tools.bench.pseudo_terminal import PseudoTerminal


@asynccontextmanager
async def rom_loader(image: Path, chip: Chip = ESP32_S3) -> AsyncIterator[RomLoader]:
    """A chip with that flash image, for as long as the context lasts."""
    with closing(NorFlash(image)) as flash:
        flash.attach(LiveClock())
        with closing(RomLoader(chip, flash)) as loader:
            yield loader


class RomLoader:
    """`path` is what esptool opens. Who speaks at another baud rate than the chip is not understood."""

    def __init__(self, chip: Chip, flash: NorFlash) -> None:
        self._terminal = PseudoTerminal(self._receive)
        self._loader = Loader(chip, flash, self._terminal.send)
        self.path = self._terminal.path

    def reset(self) -> None:
        """The reset button, while the one at GPIO0 is held down."""
        self._loader.reset()

    def close(self) -> None:
        self._terminal.close()

    def _receive(self, data: bytes) -> None:
        if self._terminal.baud in (None, self._loader.baud):
            self._loader.receive(data)
