"""What boards with an ESP32 have in common beside their parts: chance, time, the radio, and where things are."""

import json
import os

import network
from machine import ADC, Pin
from parts import DATA
from pins import PINS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.drivers.battery import Battery

ASSETS = __file__.rpartition("/")[0] + "/assets"  # beside the modules, wherever they have been put
_NETWORK = DATA + "/wifi.json"


def radio() -> None:
    """Begin to join the shop's network, {"ssid": ..., "password": ...}; the chip goes on by itself, after a loss too.

    The radio is on without one as well: only then are the chip's random numbers true ones (ESP32 and ESP32-S3 technical
    reference manuals, chapter Random Number Generator).
    """
    station = network.WLAN(network.WLAN.IF_STA)
    station.active(True)
    try:
        with open(_NETWORK, "rb") as file:
            known = json.load(file)
        station.connect(known["ssid"], known["password"])
    except (OSError, ValueError, KeyError, TypeError):  # a terminal without a network says so when it needs one
        return


def random(count: int) -> bytes:
    return os.urandom(count)


def battery() -> "Battery":
    """Through the attenuator: without it the converter sees no more than 0.95 V."""
    from suanpan.drivers.battery import Battery

    return Battery(ADC(Pin(PINS["battery"]), atten=ADC.ATTN_11DB))
