"""One measured figure, as `make bench` prints it."""

from __future__ import annotations

from typing import NamedTuple

# How much longer an ESP32 at 240 MHz takes for MicroPython's code than the processor of a workshop's computer. A guess
# from pystones: some 1,700 to 2,300 there (micropython/micropython#6565, #7850), and some 100,000 here.
SLOWER = 60
SCALED = f"processor time here x {SLOWER}, plus the bus"


class Figure(NamedTuple):
    name: str
    value: float
    unit: str
    note: str = ""
