"""What is written to a board, and where: the stock image's boot loader and application, and ours for all the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from host_tools.build.bundle import BundleError, Manifest, read
from host_tools.build.flash_image import is_whole, unsealed
from host_tools.flash.errors import CorruptSoftware, NoSoftware, OtherChipsImage, TooLargeImage
from host_tools.flash.stock import APPLICATION, TABLE

if TYPE_CHECKING:
    from host_tools.flash.stock import Stock

SECTOR: Final = 4096
_EMPTY: Final = b"\xff" * SECTOR
_SLOT: Final = "slot_a"
_APPLICATION_TYPE, _DATA_TYPE = 0, 1  # of a row of the partition table
_ROW: Final = 32  # bytes of a row
_ROW_MARK: Final = b"\xaa\x50"
_TABLE_SIZE: Final = 0xC00


@dataclass(frozen=True)
class Piece:
    offset: int
    content: bytes


@dataclass(frozen=True)
class Plan:
    """`chip` is esptool's name of the chip that it is for; what is in no piece is erased."""

    chip: str
    size: int  # of the flash, bytes
    pieces: tuple[Piece, ...]

    @property
    def bytes_written(self) -> int:
        return sum(len(piece.content) for piece in self.pieces)

    def whole(self) -> bytes:
        """The flash as it is afterwards."""
        image = bytearray(b"\xff" * self.size)
        for piece in self.pieces:
            image[piece.offset : piece.offset + len(piece.content)] = piece.content
        return bytes(image)


def plan(stock: Stock, image: bytes, chip: str) -> Plan:
    """A stock image under a board's own image of its whole flash, which has the partition table and all data.

    Raises OtherChipsImage, TooLargeImage.
    """
    if stock.chip != chip:
        raise OtherChipsImage(f"{stock.chip}, and the board has {chip}")
    room = application_room(image[TABLE : TABLE + _TABLE_SIZE]) or len(image) - APPLICATION
    if len(stock.application) > room:
        raise TooLargeImage(f"{len(stock.application)} bytes, and {room} are free")
    whole = bytearray(unsealed(image))
    for at, content in ((stock.boot_loader_at, stock.boot_loader), (APPLICATION, stock.application)):
        whole[at : at + len(content)] = content
    return Plan(chip, len(whole), tuple(_runs(bytes(whole))))


def rows(table: bytes) -> dict[str, tuple[int, int, int]]:
    """The rows of a partition table as it lies on flash, by name: type, offset and size; none where there is none."""
    found = {}
    for at in range(0, len(table) - _ROW + 1, _ROW):
        row = table[at : at + _ROW]
        if row[:2] != _ROW_MARK:
            break
        name = row[12:28].rstrip(b"\0").decode("ascii", "replace")
        found[name] = (row[2], int.from_bytes(row[4:8], "little"), int.from_bytes(row[8:12], "little"))
    return found


def software_of(image: bytes) -> Manifest:
    """What the application in the first slot of such an image says of itself. Raises NoSoftware, CorruptSoftware."""
    if not is_whole(image):
        raise CorruptSoftware if rows(image[TABLE : TABLE + _TABLE_SIZE]) else NoSoftware
    _, offset, size = rows(image[TABLE : TABLE + _TABLE_SIZE]).get(_SLOT, (_DATA_TYPE, 0, 0))
    try:
        return read(image[offset : offset + size])[0]
    except BundleError as problem:
        raise NoSoftware(str(problem)) from problem


def application_room(table: bytes) -> int:
    """Bytes of the partition at 0x10000; 0 where the table has none."""
    for kind, offset, size in rows(table).values():
        if kind == _APPLICATION_TYPE and offset == APPLICATION:
            return size
    return 0


def _runs(image: bytes) -> list[Piece]:
    """Sectors with something in them, those that touch together."""
    pieces: list[Piece] = []
    start = None
    for at in range(0, len(image) + 1, SECTOR):
        filled = image[at : at + SECTOR] not in (_EMPTY, b"")
        if filled and start is None:
            start = at
        elif not filled and start is not None:
            pieces.append(Piece(start, image[start:at]))
            start = None
    return pieces
