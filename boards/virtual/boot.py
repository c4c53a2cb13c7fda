"""What comes before main.py on a board with somebody at its REPL: the flash to work in, and Ctrl-C that is heard.

The console is the line that the interpreter itself reads; the port's receive interrupt, which looks out for Ctrl-C, is
a UART of the bench: it sends its clock's microseconds (u64) for each. See host_tools/bench/repl.py.
"""

import os
import sys

import board
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
os.chdir(board.DATA)
sys.path.append(board.DATA + "/lib")
