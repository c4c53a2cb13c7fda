"""A board's parts, made as its wiring says (pins.py): the same on every board.

Each is made when main.py asks for it, and its driver is loaded then. Those that few boards have are other_parts.py's,
and stand here in the place of the usual ones.
"""

import vfs
from esp32 import NVS, Partition
from machine import ADC, I2C, PWM, RTC, SPI, UART, Pin
from micropython import const
from pins import PINS

from suanpan.drivers.buzzer import Buzzer
from suanpan.drivers.lights import Lights
from suanpan.drivers.printer import Printer
from suanpan.drivers.tamper import Tamper

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from suanpan.drivers.atecc608 import Atecc608
    from suanpan.drivers.battery import Battery
    from suanpan.drivers.chip_slot import ChipSlot
    from suanpan.drivers.keypad import Keypad
    from suanpan.drivers.pn532 import Pn532
    from suanpan.drivers.scanner import Scanner
    from suanpan.drivers.ssd1306 import Ssd1306
    from suanpan.drivers.swipe_reader import SwipeReader
    from suanpan.service.update import Slots

DATA = "/data"
_LEGEND = const(("1", "2", "3", "cancel", "4", "5", "6", "clear", "7", "8", "9", "menu", "up", "0", "down", "enter"))


def mount() -> None:
    """Without times of change: the file system would take them from a clock that the board has not asked for."""
    vfs.mount(vfs.VfsLfs2(Partition("data"), mtime=False), DATA)  # type: ignore[abstract]  # stubs


def keypad(random: "Callable[[int], bytes]") -> "Keypad":
    from suanpan.drivers.keypad import Keypad

    rows = tuple(Pin(number, Pin.OPEN_DRAIN, value=1) for number in PINS["keypad"]["rows"])
    columns = tuple(Pin(number, Pin.IN, Pin.PULL_UP) for number in PINS["keypad"]["columns"])
    return Keypad(rows, columns, _LEGEND, random)


def display(_: "Callable[[int], None]") -> "Ssd1306":
    from suanpan.drivers.ssd1306 import Ssd1306

    wiring = PINS["display"]
    i2c = I2C(wiring["i2c"], scl=Pin(wiring["scl"]), sda=Pin(wiring["sda"]), freq=wiring["frequency"])
    display = Ssd1306(i2c, wiring["address"])
    display.start()
    return display


def swipe_reader() -> "SwipeReader":
    from suanpan.drivers.swipe_reader import SwipeReader

    return SwipeReader(_uart("swipe"))


def printer() -> Printer:
    return Printer(_uart("printer"))


def chip_present() -> bool:
    """Whether a card is in the slot: asked without the slot's driver, while there is none."""
    return Pin(PINS["chip_slot"]["off"], Pin.IN).value() == 1


def chip_slot() -> "ChipSlot":
    from suanpan.drivers.chip_slot import ChipSlot  # for the first card that is put in

    wiring = PINS["chip_slot"]
    return ChipSlot(
        UART(wiring["uart"], tx=Pin(wiring["tx"]), rx=Pin(wiring["rx"])),
        Pin(wiring["command_vcc"], Pin.OUT, value=1),
        Pin(wiring["reset"], Pin.OUT, value=0),
        Pin(wiring["off"], Pin.IN),
        wiring["clock"],
    )


def contactless_reader() -> "Pn532":
    from suanpan.drivers.pn532 import Pn532  # for the first card that is tapped
    from suanpan.drivers.pn532_spi import SpiLink

    wiring = PINS["contactless"]
    spi = SPI(
        wiring["spi"], wiring["frequency"], sck=Pin(wiring["sck"]), mosi=Pin(wiring["mosi"]), miso=Pin(wiring["miso"])
    )
    irq = Pin(wiring["irq"], Pin.IN, Pin.PULL_UP)
    return Pn532(SpiLink(spi, Pin(wiring["select"], Pin.OUT, value=1), irq))


def service_line() -> UART:
    return _uart("service")


def buzzer() -> Buzzer:
    return Buzzer(PWM(Pin(PINS["buzzer"]), freq=1000, duty_u16=0))


def lights() -> Lights:
    return Lights(tuple(Pin(number, Pin.OUT, value=0) for number in PINS["lights"]))


def battery() -> "Battery":
    from suanpan.drivers.battery import Battery

    return Battery(ADC(Pin(PINS["battery"])))


def calendar() -> RTC:
    return RTC()


def journal() -> Partition:
    return Partition("journal")


def secure_element() -> "Atecc608 | None":
    """Where there is one; its first slot is the keys', its second the journal's."""
    if "secure_element" not in PINS:
        return None
    from suanpan.drivers.atecc608 import Atecc608  # 4 KB of RAM that other boards can do without

    wiring = PINS["secure_element"]
    i2c = I2C(wiring["i2c"], scl=Pin(wiring["scl"]), sda=Pin(wiring["sda"]), freq=wiring["frequency"])
    return Atecc608(i2c, wiring["address"])


def secrets() -> Partition:
    """What a board without a secure element keeps its secrets in: the keys' sector, and the journal's."""
    return Partition("secrets")


def nvs() -> NVS:
    return NVS("suanpan")


def slots() -> "Slots":
    import slots  # for an update

    return slots


def tamper() -> Tamper:
    return Tamper(Pin(PINS["tamper"], Pin.IN, Pin.PULL_UP))


scanner: "Callable[[], Scanner] | None" = None


def _uart(part: str) -> UART:
    wiring = PINS[part]
    return UART(wiring["uart"], wiring["baudrate"], tx=Pin(wiring["tx"]), rx=Pin(wiring["rx"]))


if "i2c" in PINS or "spi" in PINS["display"]:  # a bus that parts share, or the large display
    import other_parts

    globals().update(other_parts.parts(_LEGEND))
