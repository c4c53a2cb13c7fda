"""ESP32-S3-DevKitC-1 with an ESP32-S3-WROOM-1-N8, 8 MB: the large display, the REPL on the chip's own USB.

An N8R8 will not do: its PSRAM takes GPIO35 to 37.
"""

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Up to PINS for `suanpan board` and the build: a terminal has none of it in its memory.
_CHIP = const("esp32s3")
_MODULE = const("ESP32-S3-WROOM-1-N8")
_FLASH = const(0x800000)
_OFFERS = const(("wifi", "repl usb", "repl uart 0"))  # a stock image has both
_PARTITIONS = const((
    # label, type, subtype, offset, size
    ("nvs", "data", "nvs", 0x009000, 0x004000),
    ("otadata", "data", "ota", 0x00D000, 0x002000),  # which of the two MicroPythons starts
    ("phy_init", "data", "phy", 0x00F000, 0x001000),
    ("ota_0", "app", "ota_0", 0x010000, 0x1F0000),  # a stock MicroPython
    ("vfs", "data", "littlefs", 0x200000, 0x020000),  # what that mounts at /: the first stage
    ("slot_a", "data", 0x42, 0x220000, 0x0F0000),  # the application, a bundle
    ("slot_b", "data", 0x43, 0x310000, 0x0F0000),  # and the other one
    ("journal", "data", 0x40, 0x400000, 0x100000),
    ("secrets", "data", 0x41, 0x500000, 0x003000),
    ("data", "data", "littlefs", 0x508000, 0x108000),  # parameters, keys, operators, tables, certificates
    ("ota_1", "app", "ota_1", 0x610000, 0x1F0000),  # and the next one, while it is tried
))  # fmt: skip

PINS: "dict[str, Any]" = {
    "i2c": {"i2c": 0, "scl": 9, "sda": 8, "frequency": 400_000},  # of all that have an address and no bus here
    "keypad": {"address": 0x20, "irq": 18, "rows": (0, 1, 2, 3), "columns": (4, 5, 6, 7)},  # of a PCA8574
    "uart_expander": {"address": 0x4D, "second": 0x48, "irq": 17},  # two SC16IS752, crystals of 14.7456 MHz
    "calendar": {"address": 0x68},  # a DS3231: the chip's own clock stops with its power
    "gauge": {"address": 0x36},  # a MAX17048
    "display": {"spi": 1, "sck": 12, "mosi": 11, "select": 10, "data": 13, "backlight": 14, "frequency": 40_000_000},
    "contactless": {"spi": 2, "sck": 36, "mosi": 35, "miso": 37, "select": 21, "irq": 47, "frequency": 1_000_000},
    "chip_slot": {"uart": 1, "tx": 15, "rx": 16, "command_vcc": 4, "reset": 5, "off": 6, "clock": 4_000_000},
    "service": {"uart": 2, "tx": 40, "rx": 41, "baudrate": 115200},  # the workshop's line
    "printer": {"channel": 0, "baudrate": 115200},
    "swipe": {"channel": 1, "baudrate": 9600},
    "scanner": {"channel": 2, "baudrate": 9600},  # of the second one
    "lights": (39, 42, 1, 2),  # active high, left to right
    "buzzer": 7,  # PWM
    "tamper": 3,  # to ground through a switch that the closed case holds shut, pulled up
}
