"""The parts that few boards have, and those that share a bus: made in the place of what parts.py would make."""

from machine import I2C, PWM, SPI, UART, Pin
from pins import PINS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from suanpan.drivers.ds3231 import Ds3231
    from suanpan.drivers.max17048 import Max17048
    from suanpan.drivers.pcf8574_keypad import Pcf8574Keypad
    from suanpan.drivers.printer import Printer
    from suanpan.drivers.sc16is752 import Sc16is752
    from suanpan.drivers.scanner import Scanner
    from suanpan.drivers.ssd1306 import Ssd1306
    from suanpan.drivers.st7789 import St7789
    from suanpan.drivers.stripe_reader import StripeReader
    from suanpan.drivers.swipe_reader import SwipeReader

_i2c: "I2C | None" = None
_expanders: "dict[int, Sc16is752]" = {}


def parts(keys: "tuple[str, ...]") -> "dict[str, object]":
    """By their names in parts.py, the makers of what this board has otherwise; `keys` are the keypad's, by rows."""
    others: "dict[str, object]" = {}
    if "address" in PINS["keypad"]:
        others["keypad"] = lambda random: _keypad(keys, random)
    if "spi" in PINS["display"]:
        others["display"] = _st7789
    elif "i2c" not in PINS["display"]:
        others["display"] = _ssd1306
    if "stripe" in PINS:
        others["swipe_reader"] = _stripe_reader
    elif "channel" in PINS["swipe"]:
        others["swipe_reader"] = _expanded_reader
    if "channel" in PINS["printer"]:
        others["printer"] = _expanded_printer
    if "scanner" in PINS:
        others["scanner"] = _scanner
    if "gauge" in PINS:
        others["battery"] = _gauge
    if "calendar" in PINS:
        others["calendar"] = _calendar
    return others


def _keypad(keys: "tuple[str, ...]", random: "Callable[[int], bytes]") -> "Pcf8574Keypad":
    from suanpan.drivers.pcf8574_keypad import Pcf8574Keypad

    wiring = PINS["keypad"]
    rows, columns = wiring["rows"], wiring["columns"]
    return Pcf8574Keypad(_bus(), _interrupt("keypad"), keys, random, wiring["address"], rows, columns)


def _ssd1306(_: "Callable[[int], None]") -> "Ssd1306":
    from suanpan.drivers.ssd1306 import Ssd1306

    display = Ssd1306(_bus(), PINS["display"]["address"])
    display.start()
    return display


def _st7789(sleep_ms: "Callable[[int], None]") -> "St7789":
    from suanpan.drivers.st7789 import St7789

    wiring = PINS["display"]
    # It is never read. A pin that is not named is the bus's own default on an ESP32, and another part's here.
    spi = SPI(wiring["spi"], wiring["frequency"], sck=Pin(wiring["sck"]), mosi=Pin(wiring["mosi"]), miso=None)
    select = Pin(wiring["select"], Pin.OUT, value=1)
    backlight = PWM(Pin(wiring["backlight"]), freq=1000, duty_u16=0)
    display = St7789(spi, select, Pin(wiring["data"], Pin.OUT, value=0), backlight, sleep_ms)
    display.start()
    return display


def _stripe_reader() -> "StripeReader":
    """One without a decoder."""
    from suanpan.drivers.stripe_reader import StripeReader

    wiring = PINS["stripe"]
    tracks = ((number, Pin(strobe, Pin.IN), Pin(data, Pin.IN)) for number, strobe, data in wiring["tracks"])
    return StripeReader(Pin(wiring["present"], Pin.IN), *tracks)


def _expanded_reader() -> "SwipeReader":
    from suanpan.drivers.swipe_reader import SwipeReader

    return SwipeReader(_uart("swipe"))


def _expanded_printer() -> "Printer":
    from suanpan.drivers.printer import Printer

    return Printer(_uart("printer"))


def _scanner() -> "Scanner":
    from suanpan.drivers.scanner import Scanner  # for the first code that is asked for

    return Scanner(_uart("scanner"), PINS["scanner"]["baudrate"])


def _gauge() -> "Max17048":
    from suanpan.drivers.max17048 import Max17048

    return Max17048(_bus(), PINS["gauge"]["address"])


def _calendar() -> "Ds3231":
    from suanpan.drivers.ds3231 import Ds3231

    return Ds3231(_bus(), PINS["calendar"]["address"])


def _bus() -> I2C:
    """The one that parts share."""
    global _i2c
    if not _i2c:
        wiring = PINS["i2c"]
        _i2c = I2C(wiring["i2c"], scl=Pin(wiring["scl"]), sda=Pin(wiring["sda"]), freq=wiring["frequency"])
    return _i2c


def _uart(part: str) -> UART:
    """One of the chip's own, or of an expander's: channels 0 and 1 are the first one's, 2 and 3 the second one's."""
    wiring = PINS[part]
    if "uart" in wiring:
        return UART(wiring["uart"], wiring["baudrate"], tx=Pin(wiring["tx"]), rx=Pin(wiring["rx"]))
    number, channel = divmod(wiring["channel"], 2)
    if number not in _expanders:
        from suanpan.drivers.sc16is752 import Sc16is752

        address = PINS["uart_expander"]["second" if number else "address"]
        _expanders[number] = Sc16is752(_bus(), _interrupt("uart_expander"), address)
    return _expanders[number].uart(channel, wiring["baudrate"])


def _interrupt(part: str) -> Pin:
    """A line that the part pulls low."""
    return Pin(PINS[part]["irq"], Pin.IN, Pin.PULL_UP)
