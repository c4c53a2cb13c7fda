"""What a screen costs on each display: bytes and time on its bus, and the processor's time on the unix port; and what
that makes of a key on an ESP32."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from host_tools.micropython.compiler import compiled
from host_tools.micropython.port import ROOT, find_micropython, firmware_root
from tests.benchmarks.figure import SCALED, SLOWER, Figure

_SCREENS = ROOT / "tests" / "firmware" / "time_displays.py"
_KEYS = ROOT / "tests" / "firmware" / "time_keys.py"
_SURE_MS = 10  # a contact is three equal looks, 5 ms apart (drivers/keypad.py)
_REDRAWN = {"screen": "full-screen redraw", "line": "one-line redraw"}


def run() -> list[Figure]:
    screens, keys = _measured(_SCREENS), _measured(_KEYS)
    return [
        *_figures("SSD1306 128x64, I2C at 400 kHz", screens["ssd1306"], _i2c_ms),
        _key("SSD1306", keys["ssd1306"], _i2c_ms),
        *_figures("ST7789 240x320, SPI at 40 MHz", screens["st7789"], _spi_ms),
        _key("ST7789", keys["st7789"], _spi_ms),
        Figure("slip made and its first line encoded, ESP32 estimate", keys["slip"] / 1000 * SLOWER, "ms", SCALED),
    ]


def _measured(script: Path) -> dict[str, Any]:
    answer = subprocess.run(
        [*find_micropython(), str(script)],
        env=os.environ | {"MICROPYPATH": f"{compiled(firmware_root(), script.parent)}:.frozen"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    measured: dict[str, Any] = json.loads(answer)
    return measured


def _key(display: str, measured: list[tuple[int, int, int]], bus_ms: Callable[[int, int], float]) -> Figure:
    took = sorted(_SURE_MS + spent_us / 1000 * SLOWER + bus_ms(sent, messages) for spent_us, sent, messages in measured)
    p95 = took[-(-len(took) * 95 // 100) - 1]
    return Figure(f"{display}: key to pixel, p95, ESP32 estimate", p95, "ms", f"aim: at most 50; {SCALED}")


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
