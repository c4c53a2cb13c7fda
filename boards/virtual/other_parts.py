"""The virtual board's parts where it has those of pins_other_parts.py: board.py takes these for its own."""

import link
from machine import I2C, Pin
from pins import PINS

from suanpan.drivers.ds3231 import Ds3231
from suanpan.drivers.max17048 import Max17048
from suanpan.drivers.pcf8574_keypad import Pcf8574Keypad
from suanpan.drivers.printer import Printer
from suanpan.drivers.sc16is752 import Sc16is752
from suanpan.drivers.stripe_reader import StripeReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.drivers.scanner import Scanner

_LEGEND = ("1", "2", "3", "cancel", "4", "5", "6", "clear", "7", "8", "9", "menu", "up", "0", "down", "enter")

_BUS = PINS["other_parts"]
_i2c = I2C(_BUS["i2c"], scl=Pin(_BUS["scl"]), sda=Pin(_BUS["sda"]), freq=_BUS["frequency"])


def _interrupt(part: str) -> Pin:
    return Pin(PINS[part]["irq"], Pin.IN, Pin.PULL_UP)


_uarts = Sc16is752(_i2c, _interrupt("uart_expander"), PINS["uart_expander"]["address"])


def keypad() -> Pcf8574Keypad:
    wiring = PINS["keypad"]
    irq = _interrupt("keypad")
    return Pcf8574Keypad(_i2c, irq, _LEGEND, _random, wiring["address"], wiring["rows"], wiring["columns"])


def swipe_reader() -> StripeReader:
    wiring = PINS["stripe"]
    tracks = ((number, Pin(strobe, Pin.IN), Pin(data, Pin.IN)) for number, strobe, data in wiring["tracks"])
    return StripeReader(Pin(wiring["present"], Pin.IN), *tracks)


def printer() -> Printer:
    return Printer(_uarts.uart(PINS["printer"]["channel"], PINS["printer"]["baudrate"]))


def scanner() -> "Scanner":
    from suanpan.drivers.scanner import Scanner  # for the first code that is asked for

    wiring = PINS["scanner"]
    return Scanner(_uarts.uart(wiring["channel"], wiring["baudrate"]), wiring["baudrate"])


def battery() -> Max17048:
    return Max17048(_i2c, PINS["gauge"]["address"])


def calendar() -> Ds3231:
    return Ds3231(_i2c, PINS["calendar"]["address"])


def _random(count: int) -> bytes:
    return bytes(link.ask(link.RANDOM, bytes((count,))))
