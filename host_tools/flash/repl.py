"""A board's REPL over mpremote's own transport, with its faults told in our words."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import serial  # type: ignore[import-untyped]
from mpremote.transport import TransportError  # type: ignore[import-untyped]
from mpremote.transport_serial import SerialTransport  # type: ignore[import-untyped]

from host_tools.flash.errors import NoRepl, PortBusy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BOOT_S: Final = 5
_TRIES: Final = 3
_POLL_S: Final = 0.2  # or a board that says nothing is waited for without end
_QUIET_S: Final = 30  # of a script that runs on the board


class Repl:
    """The raw REPL, with nothing of the application running. `run` is for scripts that print lines of JSON."""

    def __init__(self, transport: SerialTransport) -> None:
        self._transport = transport

    def run(self, script: str, line: Callable[[dict[str, Any]], None]) -> str:
        """Run a script on the board; each line of JSON that it prints is handed on at once. What it raised, or "".

        Raises NoRepl if the board falls silent.
        """
        heard = bytearray()

        def consume(data: bytes) -> None:
            heard.extend(data)
            while b"\n" in heard:
                said, _, rest = bytes(heard).partition(b"\n")
                heard[:] = rest
                with contextlib.suppress(ValueError):  # drivers, too, may print
                    line(json.loads(said))

        try:
            _, raised = self._transport.exec_raw(script, timeout=_QUIET_S, data_consumer=consume)
        except (TransportError, OSError) as problem:
            raise NoRepl(str(problem)) from problem
        return str(raised.decode("utf-8", "replace")).replace("\r\n", "\n").strip()

    def value(self, expression: str) -> Any:
        """What an expression comes to on the board, a literal. Raises NoRepl."""
        try:
            return ast.literal_eval(self._transport.exec(f"print(repr({expression}))").decode())
        except (TransportError, OSError, ValueError) as problem:
            raise NoRepl(str(problem)) from problem


@contextmanager
def at_repl(port: str, *, reset: bool = True, patience_s: float = _BOOT_S) -> Iterator[Repl]:
    """The board's REPL; the application is stopped, and started anew at the end. Raises PortBusy, NoRepl."""
    try:
        transport = SerialTransport(port, timeout=_POLL_S)
    except (TransportError, OSError) as problem:
        raise PortBusy.at(port) from problem
    try:
        _enter(transport, reset, patience_s)
        yield Repl(transport)
        with contextlib.suppress(TransportError, OSError):
            transport.exit_raw_repl()
            transport.serial.write(b"\x04")  # a soft reset, with main.py
    finally:
        transport.close()


def _enter(transport: SerialTransport, reset: bool, patience_s: float) -> None:
    """Raises NoRepl. A board that is just starting hears no Ctrl-C before it knows that it is not in release mode."""
    for left in range(_TRIES - 1, -1, -1):
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # the transport prints what it did not expect
                transport.enter_raw_repl(soft_reset=reset, timeout_overall=patience_s)
            return
        except (TransportError, OSError) as problem:
            if not left:
                raise NoRepl from problem


def console(port: str, tell: Callable[[bytes], None], baud: int = 115_200, seconds: float | None = None) -> None:
    """Hand on what the board prints, until Ctrl-C or for so long; nothing is sent to it. Raises PortBusy."""
    try:
        with serial.serial_for_url(port, baud, timeout=0.2) as line:
            end = None if seconds is None else time.monotonic() + seconds
            while end is None or time.monotonic() < end:
                data = line.read(max(1, line.in_waiting))
                if data:
                    tell(data)
    except (serial.SerialException, OSError) as problem:
        raise PortBusy.at(port) from problem
