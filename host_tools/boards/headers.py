"""The pins of a development board as they lie: from the top, USB at the bottom (Espressif's user guides of the two:
ESP32-DevKitC V4, ESP32-S3-DevKitC-1 v1.1, "Header Block")."""

from __future__ import annotations

from typing import Final

Pin = int | str  # a GPIO, or what is written there

HEADERS: Final[dict[str, tuple[tuple[Pin, ...], tuple[Pin, ...]]]] = {
    "esp32_devkitc": (
        ("3V3", "EN", 36, 39, 34, 35, 32, 33, 25, 26, 27, 14, 12, "GND", 13, 9, 10, 11, "5V"),
        ("GND", 23, 22, 1, 3, 21, "GND", 19, 18, 5, 17, 16, 4, 0, 2, 15, 8, 7, 6),
    ),
    "esp32s3_devkitc": (
        ("3V3", "3V3", "RST", 4, 5, 6, 7, 15, 16, 17, 18, 8, 3, 46, 9, 10, 11, 12, 13, 14, "5V", "GND"),
        ("GND", 43, 44, 1, 2, 42, 41, 40, 39, 38, 37, 36, 35, 0, 45, 48, 47, 21, 20, 19, "GND", "GND"),
    ),
}
