"""Counts and times what a screen costs on each display, for tests/benchmarks; prints JSON.

By display and what is redrawn: bytes and messages on the bus, and microseconds of processor time, the best of
several rounds; and the heap that the display and its canvas take.
"""

import gc
import json
import time

from suanpan.drivers.ssd1306 import Ssd1306
from suanpan.drivers.st7789 import St7789
from suanpan.ui.canvas import HINT, Canvas
from suanpan.ui.font import Font
from time_displays_bus import Bus

ROUNDS = 30


def draw(canvas, hint):
    canvas.clear()
    canvas.centre(0, "消费")
    canvas.bar(0)
    canvas.large(canvas.rows // 2 - 1, "1234.56")
    canvas.centre(canvas.rows - 1, hint, HINT)
    canvas.show()


def measure(make):
    gc.collect()
    before = gc.mem_alloc()
    bus = Bus()
    display = make(bus)
    canvas = Canvas(display, Font("firmware/assets/font16.bin"))
    gc.collect()
    figures = {"heap": gc.mem_alloc() - before}
    display.start()
    best = {}
    for _ in range(ROUNDS):
        for name, hint in (("screen", "请输入金额"), ("line", "确认键继续")):
            gc.collect()
            bus.bytes = bus.messages = 0
            if name == "screen":
                canvas = Canvas(display, Font("firmware/assets/font16.bin"))
            start = time.ticks_us()
            draw(canvas, hint)
            spent = time.ticks_diff(time.ticks_us(), start)
            best[name] = min(best.get(name, spent), spent)
            figures[name] = (bus.bytes, bus.messages, best[name])
    return figures


print(
    json.dumps(
        {
            "ssd1306": measure(lambda bus: Ssd1306(bus, 0x3C)),
            "st7789": measure(lambda bus: St7789(bus, bus, bus, bus, bus)),
        }
    )
)
