# The virtual board's wiring, as data: read by board.py on the device side (import) and by the bench on
# the host side (ast.literal_eval). Numbers are GPIOs and bus numbers as on an ESP32-S3.

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

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
    # One UART more than an ESP32-S3 has: there the slot takes turns with the swipe reader, which nobody needs while a
    # card is in, or sits behind a UART on I2C.
    "chip_slot": {"uart": 3, "tx": 47, "rx": 48, "command_vcc": 35, "reset": 36, "off": 37, "clock": 4_000_000},
    "contactless": {"spi": 2, "sck": 33, "mosi": 34, "miso": 20, "select": 19, "irq": 3, "frequency": 1_000_000},
    # "secure_element", an ATECC608 with the same entries as the display, is not fitted. It wants a bus of its own, at
    # 100 kHz, where address 0 wakes it.
}
