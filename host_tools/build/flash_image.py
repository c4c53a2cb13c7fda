"""The image of a whole flash, as it is written in one go: all but MicroPython itself, and what makes a terminal this
shop's (flash/factory.py).

Behind the partition table, where a chip reads nothing, it has the SHA-256 of all the rest, so that whoever flashes it
sees that it is whole: a mark, and the hash. It stays in the file: what is flashed has none.
"""

from __future__ import annotations

import hashlib
from typing import Final

from host_tools.boards.data import Board
from host_tools.build.application import first_stage
from host_tools.build.partition_table import TABLE_AT, TABLE_SIZE, Partition, of_board
from host_tools.flash.factory import blank, file_system
from host_tools.keys.signer import PublicKey

SEAL_AT: Final = TABLE_AT + TABLE_SIZE
SEAL_SIZE: Final = 48
_MARK: Final = b"SUANPAN FLASH 1\0"


class DoesNotFit(ValueError):
    """Something is larger than the partition that it is for; the text has the figures."""


def flash_image(board: Board, bundle: bytes, signer: PublicKey, other: bytes = b"") -> bytes:
    """A board's flash with its partition table, the first stage, the bundle in the first slot, perhaps an `other` in
    the second, and no files in `data`; all else is erased. Bundles are not looked into.

    Raises DoesNotFit, CompileError.
    """
    table = of_board(board)
    image = bytearray(blank(table, board.flash_size))
    for name, found in (("slot_a", bundle), ("slot_b", other)):
        put(image, table[name], found)
    for name, files in (("vfs", first_stage(board, signer)), ("data", {})):
        put(image, table[name], file_system(files, table[name].size))
    return sealed(bytes(image))


def sealed(image: bytes) -> bytes:
    """With the hash of the rest of it."""
    digest = hashlib.sha256(unsealed(image)).digest()
    return image[:SEAL_AT] + _MARK + digest + image[SEAL_AT + SEAL_SIZE :]


def unsealed(image: bytes) -> bytes:
    """As it lies on a chip."""
    return image[:SEAL_AT] + b"\xff" * SEAL_SIZE + image[SEAL_AT + SEAL_SIZE :]


def is_whole(image: bytes) -> bool:
    """Whether it is what was built, to the last bit."""
    return len(image) > SEAL_AT + SEAL_SIZE and image == sealed(image)


def put(image: bytearray, partition: Partition, content: bytes) -> None:
    """Raises DoesNotFit."""
    if len(content) > partition.size:
        raise DoesNotFit(f"{partition.name} has {partition.size:,} bytes, and {len(content):,} are to go there")
    image[partition.offset : partition.offset + len(content)] = content
