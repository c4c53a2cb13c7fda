"""The virtual board: the same parts as a real one, over the wire to the bench."""

import os

import link
import timing

link.connect()
timing.install()

import parts
from parts import (
    DATA,
    battery,
    buzzer,
    calendar,
    chip_present,
    chip_slot,
    contactless_reader,
    journal,
    lights,
    nvs,
    printer,
    scanner,
    secrets,
    secure_element,
    service_line,
    slots,
    swipe_reader,
    tamper,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.drivers.keypad import Keypad
    from suanpan.drivers.ssd1306 import Ssd1306

ASSETS = os.getenv("SUANPAN_ASSETS") or "/app/assets"

parts.mount()


def keypad() -> "Keypad":
    return parts.keypad(random)


def display() -> "Ssd1306":
    return parts.display(sleep_ms)


def random(count: int) -> bytes:
    return bytes(link.ask(link.RANDOM, bytes((count,))))


def sleep_ms(ms: int) -> None:
    end = link.now_us + ms * 1000
    while link.now_us < end:
        link.wait((end - link.now_us + 999) // 1000)
