"""mpremote, with which people talk to every MicroPython board there is, at the virtual board's REPL."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from littlefs import LittleFS
from serial import Serial  # type: ignore[import-untyped]

from host_tools.acquirer.fixture import load
from host_tools.bench.network import LiveWorld
from host_tools.bench.parts.ssd1306 import Ssd1306
from host_tools.bench.repl import Repl, repl
from host_tools.bench.screen_reader import read_lines
from host_tools.bench.shop import profile
from host_tools.flash.factory import SECTOR, build_image, partitions

PATIENCE_S = 60


def mpremote(path: str, *arguments: str, good: bool = True) -> str:
    result = subprocess.run(
        [sys.executable, "-m", "mpremote", "connect", path, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PATIENCE_S,
        check=False,
    )
    said = result.stdout.decode().replace("\r\n", "\n")
    assert (result.returncode == 0) is good, said
    return said


class Board:
    """A terminal fresh from the workshop at whose REPL we sit."""

    def __init__(self, board: Repl, portal: BlockingPortal, flash: Path) -> None:
        self.path = board.path
        self._board = board
        self._portal = portal
        self._flash = flash

    def mpremote(self, *arguments: str, good: bool = True) -> str:
        """All that it printed."""
        return mpremote(self.path, *arguments, good=good)

    def screen(self) -> list[str]:
        display = self._board.bench.parts.display
        assert isinstance(display, Ssd1306)
        return read_lines(self._portal.call(display.pixels))

    def see(self, text: str) -> None:
        """Wait until the firmware shows it, in real time."""
        self._portal.call(self._watch, lambda: any(text in line for line in read_lines(self._pixels())))

    def files(self) -> dict[str, bytes]:
        """What is in the flash image, by another implementation of its file system."""
        data = partitions()["data"]
        image = self._flash.read_bytes()[data.offset : data.offset + data.size]
        fs = LittleFS(block_size=SECTOR, block_count=data.size // SECTOR, mount=False)
        fs.context.buffer = bytearray(image)
        fs.mount()
        found = {}
        for folder, _, names in fs.walk("/"):
            for name in names:
                path = f"{folder.rstrip('/')}/{name}"
                with fs.open(path, "rb") as file:
                    found[path] = bytes(file.read())
        return found

    def _pixels(self) -> bytes:
        return self._board.bench.parts.display.pixels()

    async def _watch(self, condition: Callable[[], bool]) -> None:
        from asyncio import Event, timeout

        changed = Event()
        self._board.bench.parts.display.changed = changed.set
        async with timeout(PATIENCE_S):
            while not condition():
                await changed.wait()
                changed.clear()


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    enrolment = next(iter(load().terminals.values()))
    image, _ = build_image(profile(enrolment), Random(1).randbytes)
    flash = tmp_path / "flash.bin"
    flash.write_bytes(image)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(repl(flash, {}, LiveWorld({}))) as running,
    ):
        yield Board(running, portal, flash)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A package index on this machine."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # as the base class has it
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_exec_and_eval(board: Board) -> None:
    board.see("柜员号")  # main.py runs, and is interrupted
    assert board.mpremote("exec", "import sys; print(sys.implementation.name, 6 * 7)") == "micropython 42\n"
    assert board.mpremote("eval", "2 ** 100") == f"{2**100}\n"
    said = board.mpremote("exec", "raise ValueError(3)", good=False)
    assert said.endswith("ValueError: 3\n")
    assert not any(board.screen())  # the raw REPL's soft reset starts no main.py


def test_run(board: Board, tmp_path: Path) -> None:
    """A program longer than raw-paste's window, that uses the board's own parts."""
    program = tmp_path / "program.py"
    filler = "\n".join(f"# {number:06}" for number in range(2000))
    program.write_text(f"{filler}\nimport machine, board\nprint(machine.I2C(0).scan(), len(board.random(7)))\n")
    assert board.mpremote("run", str(program)) == "[60] 7\n"


def test_cp_lands_in_the_flash_image(board: Board, tmp_path: Path) -> None:
    source, back = tmp_path / "bytes.bin", tmp_path / "back.bin"
    source.write_bytes(bytes(range(256)) * 20)
    before = board.files()
    board.mpremote("mkdir", ":folder")
    board.mpremote("cp", str(source), ":folder/bytes.bin")
    assert board.files()["/folder/bytes.bin"] == source.read_bytes()
    board.mpremote("cp", ":folder/bytes.bin", str(back))
    assert back.read_bytes() == source.read_bytes()
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    assert digest in board.mpremote("sha256sum", ":folder/bytes.bin")
    assert "params.json" in board.mpremote("ls")
    board.mpremote("rm", "-r", ":folder")
    assert board.files() == before


def test_mount(board: Board, tmp_path: Path) -> None:
    """The host's folder as a file system of the board: code that mpremote injects asks for it over the REPL."""
    (tmp_path / "far.py").write_text("def read():\n    with open('data.bin', 'rb') as f:\n        return f.read()\n")
    (tmp_path / "data.bin").write_bytes(bytes(range(256)) * 3)  # Ctrl-C among them
    said = board.mpremote(
        "mount",
        str(tmp_path),
        "exec",
        "import far, os; print(far.read() == bytes(range(256)) * 3, sorted(os.listdir()))",
        "exec",
        "with open('answer.txt', 'w') as f: f.write('from the board')",
        "umount",
        "exec",
        "print(os.getcwd())",
    )
    assert "True ['data.bin', 'far.py', 'flash.bin']" in said
    assert (tmp_path / "answer.txt").read_text() == "from the board"


def test_soft_reset_forgets_variables_and_keeps_files(board: Board) -> None:
    board.mpremote("exec", "kept = 1; open('kept', 'w').close()")
    assert board.mpremote("resume", "eval", "kept") == "1\n"
    board.mpremote("soft-reset")
    assert "NameError" in board.mpremote("resume", "eval", "kept", good=False)
    assert board.mpremote("eval", "'kept' in os.listdir()", good=False).endswith("NameError: name 'os' isn't defined\n")
    assert "/kept" in board.files()


def test_mip_installs_from_an_index(board: Board, tmp_path: Path) -> None:
    module = b"def answer():\n    return 42\n"
    digest = hashlib.sha256(module).hexdigest()[:8]
    (tmp_path / "file" / digest[:2]).mkdir(parents=True)
    (tmp_path / "file" / digest[:2] / digest).write_bytes(module)
    package = tmp_path / "package" / "py" / "deep-thought"
    package.mkdir(parents=True)
    (package / "latest.json").write_text(
        json.dumps({"v": 1, "version": "1.0", "hashes": [["deep/thought.py", digest]]})
    )
    with served(tmp_path) as index:
        assert "Done" in board.mpremote("mip", "install", "--no-mpy", "--index", index, "deep-thought")
        assert "Exists: /data/lib/deep/thought.py" in board.mpremote(
            "mip", "install", "--no-mpy", "--index", index, "deep-thought"
        )
        assert "Package not found" in board.mpremote("mip", "install", "--index", index, "deeper", good=False)
    assert board.files()["/lib/deep/thought.py"] == module
    assert board.mpremote("exec", "from deep.thought import answer; print(answer())") == "42\n"


def test_the_calendar(board: Board) -> None:
    board.mpremote("exec", "import machine; machine.RTC().datetime((2031, 2, 3, 0, 4, 5, 6, 0))")
    assert board.mpremote("resume", "rtc").startswith("(2031, 2, 3, 0, 4, 5, ")


def test_ctrl_c_and_ctrl_d_by_hand(board: Board) -> None:
    """The friendly prompt: what waits and what computes is interrupted; a soft reset runs main.py again."""
    board.see("柜员号")
    with Serial(board.path, timeout=PATIENCE_S) as port:
        port.write(b"\x03")
        said = port.read_until(b">>> ")
        assert b"KeyboardInterrupt" in said
        assert b'Type "help()"' in said
        for endless in ("while True: pass", "import asyncio; asyncio.run(asyncio.Event().wait())"):
            port.write(f"exec('print(6 * 7)\\n{endless}')\r".encode())
            port.read_until(b"42\n")
            port.write(b"\x03")
            assert b"KeyboardInterrupt" in port.read_until(b">>> ")
        port.write(b"\x03")  # at the prompt it is a character
        port.read_until(b"\r\n>>> ")
        port.write(b"\x04")
        # On a slow machine a second Ctrl-C of the loop, by the signal, may have made one more prompt.
        assert port.read_until(b"MPY: soft reboot\r\n").endswith(b"\r\nMPY: soft reboot\r\n")
        board.see("柜员号")


def test_the_command_that_puts_a_kept_terminal_there(tmp_path: Path) -> None:
    suanpan = [sys.executable, "-c", "from host_tools.cli import app; app()"]
    with subprocess.Popen(
        [*suanpan, "bench", "repl", "--state", str(tmp_path)], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        path = process.stderr.readline().split()[0]
        said = mpremote(path, "exec", "import os; print(os.listdir())")
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == ""
        assert process.wait(PATIENCE_S) == 0
    assert "'params.json'" in said
