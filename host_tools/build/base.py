"""MicroPython itself as a bundle, for boards with two OTA partitions: a stock image's application, signed.

Its manifest says BOARD/micropython, which no first stage and no older application takes for one of theirs.
"""

from __future__ import annotations

from pathlib import Path

from host_tools.boards.data import Board
from host_tools.build import bundle
from host_tools.build.bundle import Sign
from host_tools.build.flash_image import DoesNotFit
from host_tools.build.release import number_of

SUFFIX = "/micropython"


class OneMicroPython(ValueError):
    """The board has no place for a second one."""


def base_image(board: Board, stock: Path) -> bytes:
    """The application of a stock image for such a board. Raises OneMicroPython, DoesNotFit, FlashError."""
    from host_tools.flash import stock as stock_image  # esptool is slow to import
    from host_tools.flash.errors import OtherChipsImage

    rooms = [row.size for row in board.partitions if row.label == "ota_1"]
    if not rooms:
        raise OneMicroPython(f"{board.name} has no partition ota_1: its MicroPython is flashed, not updated")
    read = stock_image.read(stock)
    if read.chip != board.chip:
        raise OtherChipsImage(f"{read.chip}, and the board has {board.chip}")
    image = read.application
    if len(image) > rooms[0]:
        raise DoesNotFit(f"the image has {len(image):,} bytes, and ota_1 {rooms[0]:,}")
    return image


def make_base(board: Board, image: bytes, sign: Sign, version: str) -> bytes:
    """The bundle. Raises BadVersion."""
    return bundle.pack(
        image, sign, board=board.name + SUFFIX, version=version, number=number_of(version), floor=0, schema=0
    )
