"""ESP32-DevKitC with the parts of pins.py."""

from time import sleep_ms

import parts
from on_esp32 import ASSETS, battery, radio, random
from parts import (
    DATA,
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

parts.mount()
radio()


def keypad() -> "Keypad":
    return parts.keypad(random)


def display() -> "Ssd1306":
    return parts.display(sleep_ms)
