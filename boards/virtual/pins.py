"""The virtual board: read by board.py on its side (import), and by the bench on the host's (as text).

Numbers are GPIOs and bus numbers as on an ESP32-S3, but this chip has a UART more, and every GPIO is led out.
"""

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Up to PINS for `suanpan board` and the build: a terminal has none of it in its memory.
_CHIP = const("virtual")
_MODULE = const("virtual")
_FLASH = const(0x400000)  # a W25Q32
_OFFERS = const(("network", "repl console"))
_PARTITIONS = const((
    # label, type, subtype, offset, size
    ("nvs", "data", "nvs", 0x009000, 0x006000),
    ("phy_init", "data", "phy", 0x00F000, 0x001000),
    ("factory", "app", "factory", 0x010000, 0x1F0000),
    ("vfs", "data", "littlefs", 0x200000, 0x020000),  # what a stock MicroPython mounts at /: the first stage
    ("slot_a", "data", 0x42, 0x220000, 0x070000),  # the application, a bundle
    ("slot_b", "data", 0x43, 0x290000, 0x070000),  # and the other one
    ("journal", "data", 0x40, 0x300000, 0x080000),
    ("secrets", "data", 0x41, 0x380000, 0x003000),
    ("data", "data", "littlefs", 0x388000, 0x078000),  # parameters, keys, operators, tables, certificates
))  # fmt: skip

PINS: "dict[str, Any]" = {
    "keypad": {
        "rows": (4, 5, 6, 7),  # driven by the board, open drain, active low
        "columns": (15, 16, 17, 18),  # read by the board, pulled up
    },
    "lights": (9, 10, 11, 12),  # the four contactless lights, active high, left to right
    "buzzer": 13,  # PWM
    "tamper": 14,  # to ground through a switch that the closed case holds shut, pulled up
    "battery": 1,  # ADC through a 1:2 divider
    "display": {"i2c": 0, "scl": 41, "sda": 40, "frequency": 400_000, "address": 0x3C},
    "swipe": {"uart": 1, "tx": 42, "rx": 2, "baudrate": 9600},
    "printer": {"uart": 2, "tx": 38, "rx": 39, "baudrate": 115200},
    "service": {"uart": 0, "tx": 43, "rx": 44, "baudrate": 115200},  # the workshop's line: key injection
    # One UART more than an ESP32 has: there some are behind I2C.
    "chip_slot": {"uart": 3, "tx": 47, "rx": 48, "command_vcc": 35, "reset": 36, "off": 37, "clock": 4_000_000},
    "contactless": {"spi": 2, "sck": 33, "mosi": 34, "miso": 20, "select": 19, "irq": 3, "frequency": 1_000_000},
    # "secure_element", an ATECC608 with the same entries as the display, is not fitted. It wants a bus of its own, at
    # 100 kHz, where address 0 wakes it.
}
