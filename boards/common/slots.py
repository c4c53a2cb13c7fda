"""The two slots that applications lie in, and what never changes of a board: for whoever writes one of them."""

import json

from esp32 import Partition
from machine import reset

__all__ = ["keep_base", "other_base", "own", "partitions", "reset", "running_base"]


def partitions() -> "tuple[Partition, Partition]":
    return Partition("slot_a"), Partition("slot_b")


def other_base() -> Partition:
    """Where another MicroPython may be written; OSError if the board has no place for a second one."""
    return running_base().get_next_update()


def running_base() -> Partition:
    """Where the MicroPython lies that runs."""
    return Partition(Partition.RUNNING)  # type: ignore[arg-type]  # stubs


def keep_base() -> None:
    """The MicroPython that runs is the one that starts from now on."""
    running_base().mark_app_valid_cancel_rollback()


def own() -> "tuple[str, bytes]":
    """The board's name, and the modulus of the key that applications are signed with. OSError if it has no first stage,
    which has both."""
    with open("/board.json") as file:
        name: str = json.load(file)["board"]
    with open("/signer.bin", "rb") as file:
        return name, file.read()
