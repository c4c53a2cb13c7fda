"""The virtual board: the same parts as a real one, over the wire to the bench."""

import os

import link
import timing

link.connect()
timing.install()

import vfs
from esp32 import NVS, Partition
from machine import ADC, I2C, PWM, RTC, UART, Pin
from pins import PINS

from suanpan.drivers.battery import Battery
from suanpan.drivers.buzzer import Buzzer
from suanpan.drivers.keypad import Keypad
from suanpan.drivers.lights import Lights
from suanpan.drivers.printer import Printer
from suanpan.drivers.ssd1306 import Ssd1306
from suanpan.drivers.swipe_reader import SwipeReader
from suanpan.drivers.tamper import Tamper

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.drivers.atecc608 import Atecc608
    from suanpan.drivers.chip_slot import ChipSlot
    from suanpan.drivers.pn532 import Pn532
    from suanpan.drivers.st7789 import St7789

DATA = "/data"
ASSETS = os.getenv("SUANPAN_ASSETS") or ""

_LEGEND = ("1", "2", "3", "cancel", "4", "5", "6", "clear", "7", "8", "9", "menu", "up", "0", "down", "enter")

# Without times of change: the file system would take them from the host's clock.
vfs.mount(vfs.VfsLfs2(Partition("data"), mtime=False), DATA)  # type: ignore[abstract, arg-type]  # stubs


def keypad() -> Keypad:
    rows = tuple(Pin(number, Pin.OPEN_DRAIN, value=1) for number in PINS["keypad"]["rows"])
    columns = tuple(Pin(number, Pin.IN, Pin.PULL_UP) for number in PINS["keypad"]["columns"])
    return Keypad(rows, columns, _LEGEND, random)


def display() -> "Ssd1306 | St7789":
    wiring = PINS["display"]
    if "spi" in wiring:
        return _large_display()
    i2c = I2C(wiring["i2c"], scl=Pin(wiring["scl"]), sda=Pin(wiring["sda"]), freq=wiring["frequency"])
    display = Ssd1306(i2c, wiring["address"])
    display.start()
    return display


def swipe_reader() -> SwipeReader:
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
    from machine import SPI  # for the first card that is tapped

    from suanpan.drivers.pn532 import Pn532
    from suanpan.drivers.pn532_spi import SpiLink

    wiring = PINS["contactless"]
    spi = SPI(
        wiring["spi"], wiring["frequency"], sck=Pin(wiring["sck"]), mosi=Pin(wiring["mosi"]), miso=Pin(wiring["miso"])
    )
    irq = Pin(wiring["irq"], Pin.IN, Pin.PULL_UP)
    return Pn532(SpiLink(spi, Pin(wiring["select"], Pin.OUT, value=1), irq))


scanner = None  # what this board has no UART for


def service_line() -> UART:
    return _uart("service")


def buzzer() -> Buzzer:
    return Buzzer(PWM(Pin(PINS["buzzer"]), freq=1000, duty_u16=0))


def lights() -> Lights:
    return Lights(tuple(Pin(number, Pin.OUT, value=0) for number in PINS["lights"]))


def battery() -> Battery:
    return Battery(ADC(Pin(PINS["battery"])))


def calendar() -> RTC:
    return RTC()


def journal() -> Partition:
    return Partition("journal")


def random(count: int) -> bytes:
    return bytes(link.ask(link.RANDOM, bytes((count,))))


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


def tamper() -> Tamper:
    return Tamper(Pin(PINS["tamper"], Pin.IN, Pin.PULL_UP))


def _large_display() -> "St7789":
    from machine import SPI  # only boards with this display have use for either

    from suanpan.drivers.st7789 import St7789

    wiring = PINS["display"]
    spi = SPI(wiring["spi"], wiring["frequency"], sck=Pin(wiring["sck"]), mosi=Pin(wiring["mosi"]))
    select = Pin(wiring["select"], Pin.OUT, value=1)
    backlight = PWM(Pin(wiring["backlight"]), freq=1000, duty_u16=0)
    display = St7789(spi, select, Pin(wiring["data"], Pin.OUT, value=0), backlight, _sleep_ms)
    display.start()
    return display


def _sleep_ms(ms: int) -> None:
    end = link.now_us + ms * 1000
    while link.now_us < end:
        link.wait((end - link.now_us + 999) // 1000)


def _uart(part: str) -> UART:
    wiring = PINS[part]
    return UART(wiring["uart"], wiring["baudrate"], tx=Pin(wiring["tx"]), rx=Pin(wiring["rx"]))


if "other_parts" in PINS:
    import other_parts

    battery = other_parts.battery  # type: ignore[assignment]
    calendar = other_parts.calendar  # type: ignore[assignment]
    keypad = other_parts.keypad
    printer = other_parts.printer
    scanner = other_parts.scanner
    swipe_reader = other_parts.swipe_reader  # type: ignore[assignment]
