# What is wired otherwise where the virtual board has a 240x320 display. The bench puts it over pins.py.

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PINS: "dict[str, Any]" = {
    "display": {"spi": 1, "sck": 41, "mosi": 40, "select": 46, "data": 21, "backlight": 8, "frequency": 40_000_000},
}
