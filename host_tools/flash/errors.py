"""Why a board was not flashed: each cause a class, each with the words that a person is told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar


class FlashError(Exception):
    """Base of all; `says` is the whole of what a person is told, with `detail` where there is one."""

    says: ClassVar[str] = "The board was not flashed."

    def __init__(self, detail: str = "") -> None:
        super().__init__(f"{self.says} ({detail})" if detail else self.says)


# -- the stock image ---------------------------------------------------------------------------------------


class NoImage(FlashError):
    says = "There is no such firmware image."


class NotAnImage(FlashError):
    says = "This file is no firmware image of an ESP32: take the .bin of a MicroPython release for your chip."


class CorruptImage(FlashError):
    says = "The firmware image is damaged or cut short: fetch it again."


class OtherChipsImage(FlashError):
    says = "The firmware image is for another chip than the board has."


class NoApplication(FlashError):
    says = "The firmware image has a boot loader and no application: take the one that is written to a bare chip."


class NoSoftware(FlashError):
    says = "The image has no application for a board: take the .flash.bin that `suanpan build` makes."


class CorruptSoftware(FlashError):
    says = "The image is damaged or cut short, or `suanpan build` has not made it: build it again, or bring it again."


class TooLargeImage(FlashError):
    says = "The firmware image does not fit in the application's partition of this board."


class OtherHash(FlashError):
    says = "What was downloaded is not the file that its SHA-256 was pinned for. It was thrown away."


class Offline(FlashError):
    says = (
        "The firmware image cannot be downloaded. Without a network: fetch it elsewhere, bring the file, and give its "
        "path instead of the address."
    )


class NoHash(FlashError):
    says = "An image from the network needs --sha256, the hash that its release page or a colleague gives for it."


# -- the board ---------------------------------------------------------------------------------------------


class NoPort(FlashError):
    says = "No serial port with a board behind it. Is the cable one that carries data, and its driver installed?"


class ManyPorts(FlashError):
    says = "Several serial ports could be boards: name one with --port, or take them all with --all."


class PortBusy(FlashError):
    says = "The serial port cannot be opened."

    @classmethod
    def at(cls, port: str) -> PortBusy:
        """With what there is to be seen of the cause."""
        path = Path(port)
        if path.is_absolute() and not path.exists():
            return cls(f"there is no {port}: is the board plugged in?")
        if path.exists() and not os.access(path, os.R_OK | os.W_OK):
            return cls(f"{port} may not be used by you: on Linux, join its group, dialout or uucp, and log in anew")
        return cls(f"another program has {port}, a terminal program or an editor; or it is no serial port")


class NoAnswer(FlashError):
    says = (
        "No chip answers. Hold BOOT, press and let go EN (or RST), let go BOOT, and try again; and see that nothing is "
        "soldered to the pins that decide how the chip starts."
    )


class OtherChip(FlashError):
    says = "The chip is not the one that this board has."


class FlashTooSmall(FlashError):
    says = "The board's flash is smaller than the image for it."


class FlashUnknown(FlashError):
    says = "The flash chip does not say who it is: see to its soldering, or to what else pulls at its lines."


class InUse(FlashError):
    says = (
        "There are transactions on this board. Settle, export and retire it first (docs/flashing.md); "
        "--destroy-records flashes it all the same, and they are gone."
    )


class CableLost(FlashError):
    says = "The board went away while it was being written. It is not usable now; plug it in and flash it again."


class NotVerified(FlashError):
    says = "What is on the flash is not what was written. Flash it again; if it stays so, the flash chip is bad."


class NoRepl(FlashError):
    says = "The board was written, and says nothing at its REPL. Press EN; see what `suanpan logs` shows of its start."


# -- the register ------------------------------------------------------------------------------------------


class BadRegister(FlashError):
    says = "The file of serial numbers cannot be read."


class BadSerial(FlashError):
    says = "A serial number ends in digits, for the next one to follow from it."


class SerialTaken(FlashError):
    says = "This chip has another serial number already, or another chip has this one."
