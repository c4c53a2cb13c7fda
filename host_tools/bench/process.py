"""The firmware as a process of the unix port, and the socket it meets the bench on."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from host_tools.bench.wiring import read_pins
from host_tools.micropython import find_micropython, firmware_root, heap_ceiling
from host_tools.micropython.compiler import FIRMWARE, compiled
from host_tools.micropython.port import ROOT
from host_tools.micropython.traceback import by_source_names

BOARD = ROOT / "boards" / "virtual"
CHIP = ("chip", "console", "esp32", "link", "machine", "ota", "socket", "timing")  # of it, what a chip has in C
COMMON = ROOT / "boards" / "common"  # what every board has of its software
ASSETS = ROOT / "firmware" / "assets"
PINS = BOARD / "pins.py"
PINS_ST7789 = BOARD / "pins_st7789.py"  # with a 240x320 display
# Of the 64-bit port; an ESP32's words are half as long. 32 KB are for what the virtual board has in Python where an
# ESP32 has C: machine, esp32, socket, clock and the link to the bench. Of the rest a tap needs most: some 255 KB.
HEAP = "320k"
MAIN = ("-m", "main")
# What is in the flash image runs, as on a chip: /boot.py and /main.py, one after the other; then the prompt waits.
_FROM_FLASH = "import chip"
FROM_FLASH = ("-c", "import chip\nexec(chip.text('/boot.py'))\nexec(chip.text('/main.py'))\nchip.prompt()")


class FirmwareDied(Exception):
    """It never got as far as its board; the text is what it printed."""


class FirmwareProcess:
    """One power-on of the firmware, compiled as a board has it; SUANPAN_FIRMWARE names another tree, run as it is."""

    def __init__(
        self,
        flash: Path,
        *,
        heap: str = HEAP,
        measure_heap: bool = False,
        pins: Path = PINS,
        program: Sequence[str] = MAIN,
        console: int | None = None,
    ) -> None:
        """`flash` is the image that a NorFlash holds: it is read where it lies.

        `pins` is another table of the board's wiring, or of what is wired otherwise (wiring.read_pins).

        `program` is what the interpreter is told to run: FROM_FLASH, or what begins like it, runs what lies in `flash`,
        and finds nothing else. `console`, a descriptor, is
        what it reads and prints on.
        """
        self._directory = tempfile.TemporaryDirectory(prefix="suanpan-")
        address = Path(self._directory.name) / "bench"
        self.log = Path(self._directory.name) / "console"
        self._printed = 0, ""  # its size when it was last read, and the text
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(address))
            listener.listen(1)
            firmware = firmware_root()
            if firmware == ROOT / "firmware":
                firmware = compiled(firmware)
            # Modules are found as on a board, in the current directory, and others by a path as short wherever this
            # project lies: the heap keeps it. Not by a REPL's board, which goes elsewhere before it has found all.
            home = firmware if program == MAIN else Path(self._directory.name)

            def path(folder: Path) -> str:
                return os.path.relpath(folder, home) if program == MAIN else str(folder)

            wiring = ""
            if pins != PINS:
                (Path(self._directory.name) / "pins.py").write_text(f"PINS = {read_pins(pins)!r}\n", "utf-8")
                wiring = f"{self._directory.name}:"
            environment = {"SUANPAN_BENCH": str(address), "SUANPAN_FLASH": str(flash.absolute())}
            if program[-1].startswith(_FROM_FLASH):
                drivers = self._drivers()
                environment |= {"MICROPYPATH": f"{drivers}:.frozen", "SUANPAN_CHIP": str(drivers)}
            else:
                environment |= {
                    "MICROPYPATH": f"{wiring}{path(compiled(BOARD))}:{path(compiled(COMMON))}:{path(firmware)}:.frozen",
                    "SUANPAN_ASSETS": path(ASSETS),
                }
            if measure_heap:
                environment["SUANPAN_HEAP"] = "1"
            with self.log.open("wb") as log:
                self._process = subprocess.Popen(
                    [*find_micropython(), "-X", f"heapsize={heap_ceiling(heap)}", *program],
                    cwd=home,
                    env=os.environ | environment,
                    stdin=subprocess.DEVNULL if console is None else console,
                    stdout=log if console is None else console,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            self.socket = self._accepted(listener)

    def _drivers(self) -> Path:
        """A folder with what the virtual board has in Python where a chip has C, and nothing else."""
        folder, drivers = Path(self._directory.name) / "drivers", compiled(BOARD)
        folder.mkdir()
        for name in CHIP:
            (folder / f"{name}.mpy").symlink_to(drivers / f"{name}.mpy")
        return folder

    def _accepted(self, listener: socket.socket) -> socket.socket:
        """The firmware's end of the wire; FirmwareDied if it ends, or does nothing for ten seconds, before it calls."""
        listener.settimeout(0.05)
        for _ in range(200):
            try:
                return listener.accept()[0]
            except TimeoutError:
                if self._process.poll() is not None:
                    break
        self._process.kill()
        self._process.wait()
        console = self.console()
        self._directory.cleanup()
        raise FirmwareDied(console)

    @property
    def pid(self) -> int:
        return self._process.pid

    def console(self) -> str:
        """All that the firmware has printed: nothing, unless it died of something."""
        size = self.log.stat().st_size
        if size != self._printed[0]:  # some scripts ask at every step
            self._printed = size, by_source_names(self.log.read_text("utf-8", errors="replace"), FIRMWARE)
        return self._printed[1]

    def cpu_seconds(self) -> float:
        """Processor time used so far, to the nanosecond where the kernel is Linux; 0 elsewhere."""
        schedule = Path(f"/proc/{self._process.pid}/schedstat")
        return int(schedule.read_text().split()[0]) / 1e9 if schedule.exists() else 0.0

    def kill(self) -> str:
        """Cut the power; returns the console."""
        self._process.kill()
        self._process.wait()
        self.socket.close()
        console = self.console()
        self._directory.cleanup()
        return console
