"""Times what a key costs on each display, and the first line of a slip, for tests/benchmarks; prints JSON.

From the moment that the key is sure to the last pixel: the prompt's own code, canvas and driver, on buses that only
count. For each key of an amount of eight digits and their deletion: microseconds of processor time, bytes and messages.
The slip: from its first to the command that prints its first line.
"""

import asyncio
import gc
import json
import time

from slip_entry import Entry
from suanpan.drivers.ssd1306 import Ssd1306
from suanpan.drivers.st7789 import St7789
from suanpan.errors import Cancelled
from suanpan.ui.canvas import Canvas
from suanpan.ui.font import Font
from suanpan.ui.gb2312 import Encoder
from suanpan.ui.prompts import ask_amount
from suanpan.ui.receipt import transaction_slip
from suanpan.ui.screen import Screen
from suanpan.ui.strings import Strings
from time_displays_bus import Bus

ROUNDS = 12
KEYS = list("12345678") + ["clear"] * 8
STRINGS = "firmware/assets/strings.tsv"


class Keypad:
    """Hands out a key at once, and takes the time until the next one is asked for."""

    def __init__(self, bus):
        self.bus = bus
        self.left = iter(())
        self.took = []
        self.start = None

    def play(self, keys):
        self.left = iter(keys)
        self.start = None
        self.took = []

    async def key(self):
        now = time.ticks_us()
        if self.start is not None:
            self.took.append((time.ticks_diff(now, self.start), self.bus.bytes, self.bus.messages))
        key = next(self.left, "cancel")
        gc.collect()  # in the time between two keys
        self.bus.bytes = self.bus.messages = 0
        self.start = time.ticks_us()
        return key


class Buzzer:
    def click(self):
        pass

    error = click


def measure(make):
    bus = Bus()
    display = make(bus)
    display.start()
    keypad = Keypad(bus)
    screen = Screen(Canvas(display, Font("firmware/assets/font16.bin")), Strings(STRINGS), keypad, Buzzer(), None)
    best = None
    for _ in range(ROUNDS):
        keypad.play(KEYS)
        try:
            asyncio.run(ask_amount(screen, "消费"))
        except Cancelled:
            pass
        took = keypad.took[1:]  # the first is a whole screen of another flow
        best = took if best is None else [min(one, two) for one, two in zip(best, took)]
    return best


class Parameters:
    merchant_name = {"zh": "算盘茶馆", "en": "SUANPAN TEA HOUSE"}  # noqa: RUF012
    merchant_id = "898110257340001"
    terminal_id = "10000001"

    def seldom(self, name, otherwise):
        return otherwise


def slip():
    """Made whole, as it is before its first line goes to the printer, and that line encoded."""
    strings = Strings(STRINGS)
    encoder = Encoder("firmware/assets/gb2312.bin")
    best = None
    for _ in range(ROUNDS):
        gc.collect()
        start = time.ticks_us()
        rows = transaction_slip(Entry(), "3512", Parameters(), strings, 0, False).rows
        encoder.encode(rows[0][0])
        spent = time.ticks_diff(time.ticks_us(), start)
        best = spent if best is None else min(best, spent)
    return best


print(
    json.dumps(
        {
            "ssd1306": measure(lambda bus: Ssd1306(bus, 0x3C)),
            "st7789": measure(lambda bus: St7789(bus, bus, bus, bus, bus)),
            "slip": slip(),
        }
    )
)
