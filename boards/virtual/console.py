"""Ctrl-C at the REPL's line, as a chip's receive interrupt hears it: for whoever boots a board to sit at its REPL.

The console is the line that the interpreter itself reads; what looks out for Ctrl-C there is a UART of the bench. It
sends its clock's microseconds (u64) for each. See host_tools/bench/repl.py.
"""

import link
from machine import UART
from micropython import const

_CONSOLE = const(255)
_FRESH_US = const(250_000)  # the bench takes other means for a program that has not heard by then


def _interrupt(sent: bytes) -> None:
    if link.now_us - int.from_bytes(sent, "little") < _FRESH_US:
        raise KeyboardInterrupt


UART(_CONSOLE)
link.listen(link.UART_DATA, _CONSOLE, _interrupt)
