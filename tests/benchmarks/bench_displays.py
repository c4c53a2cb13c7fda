"""What a screen costs on each display: bytes and time on its bus, and the processor's time on the unix port."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from typing import Any

from host_tools.micropython.compiler import compiled
from host_tools.micropython.port import ROOT, find_micropython, firmware_root
from tests.benchmarks.figure import Figure

_SCRIPT = ROOT / "tests" / "firmware" / "time_displays.py"
_REDRAWN = {"screen": "full-screen redraw", "line": "one-line redraw"}


def run() -> list[Figure]:
    answer = subprocess.run(
        [*find_micropython(), str(_SCRIPT)],
        env=os.environ | {"MICROPYPATH": f"{compiled(firmware_root(), _SCRIPT.parent)}:.frozen"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    measured = json.loads(answer)
    return [
        *_figures("SSD1306 128x64, I2C at 400 kHz", measured["ssd1306"], _i2c_ms),
        *_figures("ST7789 240x320, SPI at 40 MHz", measured["st7789"], _spi_ms),
    ]


def _figures(display: str, measured: dict[str, Any], bus_ms: Callable[[int, int], float]) -> list[Figure]:
    figures = []
    for name, title in _REDRAWN.items():
        sent, messages, spent_us = measured[name]
        figures += [
            Figure(f"{display}: {title}, bus", bus_ms(sent, messages), "ms", f"{sent} bytes in {messages} writes"),
            Figure("  processor time on the unix port", spent_us / 1000, "ms"),
        ]
    return [*figures, Figure("  heap of display and canvas, 64-bit", measured["heap"] / 1024, "KB")]


def _i2c_ms(sent: int, messages: int) -> float:
    """Each byte and each address has its acknowledge, each message its start and stop."""
    return ((sent + messages) * 9 + messages * 2) / 400


def _spi_ms(sent: int, messages: int) -> float:
    return sent * 8 / 40_000
