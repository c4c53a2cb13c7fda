"""ESP32-DevKitC V4 with an ESP32-WROOM-32E, 4 MB: the small display; the keypad, and three UARTs, behind I2C.

Every pin that the module leads out is used, but GPIO0, the BOOT button, and the REPL's two.
"""

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Up to PINS for `suanpan board` and the build: a terminal has none of it in its memory.
_CHIP = const("esp32")
_MODULE = const("ESP32-WROOM-32E-N4")
_FLASH = const(0x400000)
_OFFERS = const(("wifi", "repl uart 0"))
_PARTITIONS = const((
    # label, type, subtype, offset, size
    ("nvs", "data", "nvs", 0x009000, 0x006000),
    ("phy_init", "data", "phy", 0x00F000, 0x001000),
    ("factory", "app", "factory", 0x010000, 0x1F0000),  # a stock MicroPython
    ("vfs", "data", "littlefs", 0x200000, 0x020000),  # what that mounts at /: the first stage
    ("slot_a", "data", 0x42, 0x220000, 0x070000),  # the application, a bundle
    ("slot_b", "data", 0x43, 0x290000, 0x070000),  # and the other one
    ("journal", "data", 0x40, 0x300000, 0x080000),
    ("secrets", "data", 0x41, 0x380000, 0x003000),
    ("data", "data", "littlefs", 0x388000, 0x078000),  # parameters, keys, operators, tables, certificates
))  # fmt: skip

PINS: "dict[str, Any]" = {
    "i2c": {"i2c": 0, "scl": 22, "sda": 21, "frequency": 400_000},  # of all that have an address and no bus here
    "display": {"address": 0x3C},  # an SSD1306
    "keypad": {"address": 0x20, "irq": 27, "rows": (0, 1, 2, 3), "columns": (4, 5, 6, 7)},  # of a PCA8574
    "uart_expander": {"address": 0x4D, "second": 0x48, "irq": 26},  # two SC16IS752, crystals of 14.7456 MHz
    "calendar": {"address": 0x68},  # a DS3231: the chip's own clock stops with its power
    "printer": {"channel": 0, "baudrate": 115200},
    "swipe": {"channel": 1, "baudrate": 9600},
    "scanner": {"channel": 2, "baudrate": 9600},  # of the second one
    # Asked for power by a 0: GPIO15 is at 1 while the chip starts. The front end pulls OFF and the card's line up.
    "chip_slot": {"uart": 1, "tx": 17, "rx": 35, "command_vcc": 15, "reset": 16, "off": 34, "clock": 4_000_000},
    # The workshop's line. Not UART 0: what that hears is the REPL's.
    "service": {"uart": 2, "tx": 25, "rx": 39, "baudrate": 115200},
    "contactless": {"spi": 2, "sck": 18, "mosi": 23, "miso": 19, "select": 5, "irq": 4, "frequency": 1_000_000},
    "lights": (13, 14, 12, 2),  # active high, left to right: GPIO12 and GPIO2 are to be at 0 while the chip starts
    "buzzer": 33,  # PWM
    "tamper": 32,  # to ground through a switch that the closed case holds shut, pulled up
    "battery": 36,  # ADC1 through a 1:2 divider: ADC2 is the radio's
}
