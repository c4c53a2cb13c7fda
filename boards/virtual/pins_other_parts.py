# What is wired otherwise where the virtual board has the parts of a board with few pins or UARTs: keypad and UARTs
# behind expanders, a stripe reader without a decoder; also a calendar, a gauge. The bench puts it over pins.py.

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PINS: "dict[str, Any]" = {
    # The bus of all that have an address here; interrupt lines are pulled up.
    "i2c": {"i2c": 1, "scl": 4, "sda": 5, "frequency": 400_000},
    "keypad": {"address": 0x20, "irq": 7, "rows": (0, 1, 2, 3), "columns": (4, 5, 6, 7)},  # of a PCA8574
    "uart_expander": {"address": 0x4D, "irq": 6},  # an SC16IS752 with a crystal of 14.7456 MHz
    "printer": {"channel": 0, "baudrate": 115200},
    "scanner": {"channel": 1, "baudrate": 9600},
    "stripe": {"present": 15, "tracks": ((1, 16, 17), (2, 18, 2))},  # each track's number, strobe and data
    "calendar": {"address": 0x68},
    "gauge": {"address": 0x36},
}
