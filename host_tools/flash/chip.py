"""A chip in download mode, by esptool's own Python interface: who it is, and one run that erases, writes and verifies.

esptool says what it does to one logger for the whole process. Ours gives each thread's words to the board that this
thread works on, so that several boards are flashed at once.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import serial  # type: ignore[import-untyped]
from esptool.cmds import (  # type: ignore[import-untyped]
    attach_flash,
    detect_chip,
    detect_flash_size,
    reset_chip,
    run_stub,
    write_flash,
)
from esptool.loader import ESPLoader  # type: ignore[import-untyped]
from esptool.logger import TemplateLogger, log  # type: ignore[import-untyped]
from esptool.util import FatalError, flash_size_bytes, strip_chip_name  # type: ignore[import-untyped]

from host_tools.flash.errors import (
    CableLost,
    FlashError,
    FlashTooSmall,
    FlashUnknown,
    InUse,
    NoAnswer,
    NotVerified,
    OtherChip,
    PortBusy,
)
from host_tools.flash.plan import SECTOR, Plan, rows
from host_tools.flash.stock import TABLE

Progress = Callable[[str, int, int], None]  # what is being done, so much of it, and how much there is

BAUD: Final = 460_800
_TABLE_SIZE: Final = 0xC00
_JOURNAL: Final = "journal"
_ROM_BAUD: Final = ESPLoader.ESP_ROM_BAUD
_ATTEMPTS: Final = 3


# What a line that has gone raises, by way of esptool and pyserial; on Windows there is no termios.
_LOST: tuple[type[Exception], ...] = (FatalError, OSError)
with contextlib.suppress(ImportError):
    import termios

    _LOST += (termios.error,)


@dataclass(frozen=True)
class Found:
    """A board at a port. `chip` is esptool's short name, `flash` bytes, `mac` as it is printed on modules."""

    port: str
    chip: str
    description: str
    mac: str
    flash: int


class Board:
    """A chip that answers, until `opened` ends. Methods raise FlashError."""

    def __init__(self, esp: ESPLoader, port: str, progress: Progress, baud: int) -> None:
        self._esp = run_stub(esp)
        self._progress = progress
        if baud != _ROM_BAUD:
            self._esp.change_baud(baud)
        attach_flash(self._esp)
        size = detect_flash_size(self._esp)
        if size is None:
            raise FlashUnknown
        self.found = Found(
            port,
            strip_chip_name(esp.CHIP_NAME),
            str(esp.get_chip_description()),
            ":".join(f"{octet:02x}" for octet in esp.read_mac("BASE_MAC") or ()),
            flash_size_bytes(size),
        )

    def require_unused(self) -> None:
        """Raises InUse where a journal on the flash, of whatever layout, has anything in it."""
        with _words_of(self._progress, "looking"), _cable():
            table = rows(self._esp.read_flash(TABLE, _TABLE_SIZE))
            if _JOURNAL in table and any(octet != 0xFF for octet in self._esp.read_flash(table[_JOURNAL][1], SECTOR)):
                raise InUse

    def write(self, plan: Plan) -> None:
        """Erase all, write every piece, and compare the flash as a whole. Raises CableLost, NotVerified, OtherChip,
        FlashTooSmall."""
        if plan.chip != self.found.chip:
            raise OtherChip(f"{self.found.chip}, and the board has {plan.chip}")
        if plan.size > self.found.flash:
            raise FlashTooSmall(f"{self.found.flash >> 20} MB, and {plan.size >> 20} MB are needed")
        pieces = [(piece.offset, piece.content) for piece in plan.pieces]
        with _words_of(self._progress, "writing", *(len(piece.content) for piece in plan.pieces)), _cable():
            try:
                write_flash(self._esp, pieces, erase_all=True, compress=True, flash_size="keep", force=True)
            except FatalError as problem:
                if "MD5" in str(problem):
                    raise NotVerified from None
                raise
            self._progress("verifying", 0, 1)
            told = self._esp.flash_md5sum(0, plan.size)
        if told != hashlib.md5(plan.whole(), usedforsecurity=False).hexdigest():
            raise NotVerified
        self._progress("verifying", 1, 1)

    def reset(self, how: str = "hard-reset") -> None:
        """Leave download mode, for what is on the flash; "no-reset" where somebody has to press EN."""
        with _words_of(self._progress, "resetting"), _cable():
            reset_chip(self._esp, how)


@contextmanager
def opened(
    port: str, progress: Progress = lambda *_: None, *, before: str = "default-reset", baud: int = BAUD
) -> Iterator[Board]:
    """The chip at a serial port. Raises PortBusy, NoAnswer, and what Board raises."""
    _install()
    esp = None
    try:
        with _words_of(progress, "connecting"):
            try:
                esp = detect_chip(port, connect_mode=before, connect_attempts=_ATTEMPTS)
            except serial.SerialException as problem:
                raise PortBusy.at(port) from problem
            except FatalError as problem:
                busy = isinstance(problem.__cause__ or problem.__context__, serial.SerialException)
                raise (PortBusy.at if busy else NoAnswer)(port) from problem
            with _cable():
                board = Board(esp, port, progress, baud)
        yield board
    finally:
        if esp is not None and esp._port is not None:
            with contextlib.suppress(*_LOST):
                esp._port.close()


@contextmanager
def _cable() -> Iterator[None]:
    """What a line that has gone looks like, in one error. esptool says FatalError of whatever it did not expect."""
    try:
        yield
    except FlashError:
        raise
    except _LOST as problem:
        raise CableLost(str(problem).splitlines()[0] if str(problem) else "") from problem


class _Words(TemplateLogger):  # type: ignore[misc]
    """esptool's words: none of them is printed, its progress goes to whom this thread works for."""

    def __init__(self) -> None:
        self.here = threading.local()

    def print(self, *args: Any, **kwargs: Any) -> None:
        """Said in the report, if it matters."""

    def note(self, message: str) -> None:
        """Nor this."""

    def warning(self, message: str) -> None:
        """Nor this."""

    def error(self, message: str) -> None:
        """It is raised as well."""

    def stage(self, finish: bool = False) -> None:
        """There is nothing to fold away."""

    def set_verbosity(self, verbosity: str) -> None:
        """There is one."""

    def progress_bar(
        self, cur_iter: int, total_iters: int, prefix: str = "", suffix: str = "", bar_length: int = 30
    ) -> None:
        told: _Told | None = getattr(self.here, "told", None)
        if told:
            told.so_far(cur_iter, total_iters)


class _Told:
    """The progress of one thing that is done in several pieces. esptool counts each anew, and as it is deflated."""

    def __init__(self, progress: Progress, what: str, sizes: tuple[int, ...]) -> None:
        self._progress, self._what, self._sizes = progress, what, sizes
        self._piece = self._now = self._of = 0
        progress(what, 0, sum(sizes))

    def so_far(self, done: int, of: int) -> None:
        if self._of and (of != self._of or done <= self._now):
            self._piece += 1
        self._now, self._of = done, of
        if of and self._piece < len(self._sizes):
            before = sum(self._sizes[: self._piece])
            self._progress(self._what, before + self._sizes[self._piece] * done // of, sum(self._sizes))


_words = _Words()


@cache
def _install() -> None:
    """Once: what esptool then has for a logger takes no other."""
    log.set_logger(_words)


@contextmanager
def _words_of(progress: Progress, what: str, *sizes: int) -> Iterator[None]:
    _words.here.told = _Told(progress, what, sizes)
    try:
        yield
    finally:
        _words.here.told = None
