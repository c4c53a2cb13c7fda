"""The two slots that applications lie in, and what never changes of a board: for whoever writes one of them."""

import json

from esp32 import Partition
from machine import reset

__all__ = ["own", "partitions", "reset"]


def partitions() -> "tuple[Partition, Partition]":
    return Partition("slot_a"), Partition("slot_b")


def own() -> "tuple[str, bytes]":
    """The board's name, and the modulus of the key that applications are signed with. OSError if it has no first stage,
    which has both."""
    with open("/board.json") as file:
        name: str = json.load(file)["board"]
    with open("/signer.bin", "rb") as file:
        return name, file.read()
