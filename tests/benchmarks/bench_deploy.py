"""Getting the application onto a board: as one image, by esptool, and file by file, by mpremote; both as they are.

On pseudo-terminals both lines are as fast as this computer. So octets are counted, and what a line of 115,200 baud
needs for them is added to the time measured; esptool may ask the chip for a faster one, as the REPL of a board cannot.
What is not in it: a flash chip's own time, which is about the same for either.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol, cast

from anyio.from_thread import start_blocking_portal

from host_tools.bench.network import LiveWorld
from host_tools.bench.parts.esp32_chips import ESP32
from host_tools.bench.pseudo_terminal import PseudoTerminal
from host_tools.bench.repl import Repl
from host_tools.bench.rom_loader import rom_loader
from host_tools.boards.data import load
from host_tools.build.application import application
from host_tools.build.partition_table import Partition, of_board
from host_tools.build.release import make
from host_tools.flash.factory import FLASH_SIZE, blank, file_system
from tests.benchmarks.figure import Figure

BOARD: Final = "virtual"
BAUD: Final = 115_200
FAST: Final = 460_800
_BITS: Final = 10  # of a character on the line


class OnTerminal(Protocol):
    _terminal: PseudoTerminal


class Counted:
    """Octets on a pseudo-terminal, both ways."""

    def __init__(self, who: OnTerminal) -> None:
        self.octets = 0
        terminal = who._terminal
        received, send = terminal._received, terminal.send

        def receive(data: bytes) -> None:
            self.octets += len(data)
            received(data)

        def sent(data: bytes) -> None:
            self.octets += len(data)
            send(data)

        terminal._received = receive
        terminal.send = sent  # type: ignore[method-assign]


def run() -> list[Figure]:
    board = load(BOARD)
    release = make(board, lambda _: bytes(384))
    slot = of_board(board)["slot_a"]
    with tempfile.TemporaryDirectory(prefix="suanpan-deploy-") as scratch:
        image_s, image_octets = _as_one_image(Path(scratch), release.bundle, slot.offset)
        files_s, files_octets = _file_by_file(Path(scratch), application(board))
    at = {baud: image_s + image_octets * _BITS / baud for baud in (BAUD, FAST)}
    slow = files_s + files_octets * _BITS / BAUD
    size = f"{len(release.files)} files, {sum(map(len, release.files.values())) / 1024:.0f} KB"
    return [
        Figure("one image by esptool, 115,200 baud", at[BAUD], "s", f"{image_octets / 1024:,.0f} KB on the line"),
        Figure("one image by esptool, 460,800 baud", at[FAST], "s"),
        Figure("mpremote cp -r, 115,200 baud", slow, "s", f"{files_octets / 1024:,.0f} KB on the line; {size}"),
        Figure("one image is faster, at the same speed", slow / at[BAUD], "times"),
        Figure("one image is faster, as each is used", slow / at[FAST], "times"),
    ]


def _as_one_image(scratch: Path, bundle: bytes, offset: int) -> tuple[float, int]:
    """Seconds, and octets: one run of esptool, which verifies what it has written."""
    chip, image = scratch / "chip.bin", scratch / "bundle"
    chip.write_bytes(b"\xff" * FLASH_SIZE)
    image.write_bytes(bundle)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(rom_loader(chip, ESP32)) as loader:
        counted = Counted(cast("OnTerminal", loader))
        seconds = _timed(
            *("esptool", "--port", loader.path, "--before", "no-reset", "--after", "no-reset"),
            *("write-flash", hex(offset), str(image)),
        )
    assert chip.read_bytes()[offset : offset + len(bundle)] == bundle
    return seconds, counted.octets


def _file_by_file(scratch: Path, files: dict[str, bytes]) -> tuple[float, int]:
    """The same, to a file system that has room for them: a file takes blocks of 4 KB, and its folder two more."""
    tree = scratch / "application"
    for path, content in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(content)
    data = Partition("data", 0x200000, 0x200000, subtype="littlefs")
    flash = bytearray(blank({"data": data}))
    flash[data.offset :] = file_system({}, data.size)
    chip = scratch / "repl.bin"
    chip.write_bytes(flash)
    with start_blocking_portal() as portal, _at_its_prompt(chip, portal.call) as board:
        counted = Counted(cast("OnTerminal", board))
        sources = [str(path) for path in sorted(tree.iterdir())]
        seconds = _timed("mpremote", "connect", board.path, "cp", "-r", *sources, ":")
    return seconds, counted.octets


@contextmanager
def _at_its_prompt(chip: Path, call: Callable[..., object]) -> Iterator[Repl]:
    board = cast("Repl", call(_board, chip))
    try:
        call(board.boot, "import boot")
        yield board
    finally:
        call(board.close)


async def _board(chip: Path) -> Repl:
    return Repl(chip, {}, LiveWorld({}))


def _timed(module: str, *arguments: str) -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", module, *arguments], stdout=subprocess.DEVNULL, check=True, timeout=600)
    return time.monotonic() - began
