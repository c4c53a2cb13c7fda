"""Files as a ROMFS image, by mpremote's own writer, and behind it the index that a board finds them by.

The index (firmware/suanpan/slots/rom.py reads it): the last two bytes of each path's CRC-32; then for each path, in the
same order, CRC-32 u32 | where its bytes begin in the image u24 | how many they are u24; then how many paths there are,
u16. All big-endian; a directory's place is FFFFFF.
"""

from __future__ import annotations

from binascii import crc32
from collections.abc import Iterator, Mapping
from typing import Final

from mpremote.romfs import VfsRomWriter  # type: ignore[import-untyped]

_DIRECTORY: Final = 0xFFFFFF
_ALIGNED: Final = 4
_HEADER: Final = 3


class RomError(ValueError):
    """Files that no image can be made of."""


def pack(files: Mapping[str, bytes]) -> bytes:
    """The image of `files`, by their paths; the same files give the same bytes. Raises RomError."""
    writer = VfsRomWriter()
    inside: list[str] = []
    for path in sorted(files, key=lambda path: path.split("/")):
        *folder, name = path.split("/")
        while inside != folder[: len(inside)]:
            writer.closedir()
            inside.pop()
        for step in folder[len(inside) :]:
            writer.opendir(step)
            inside.append(step)
        writer.mkfile(name, files[path])
    for _ in inside:
        writer.closedir()
    image = bytes(writer.finalise())
    image += bytes(-len(image) % _ALIGNED)
    places = dict(_places(image))
    entries = {}
    for path, (place, size) in places.items():
        mark = crc32(path.encode())
        if mark in entries:
            raise RomError(f"{path}: its CRC-32 is another path's, so the index has no room for both")
        entries[mark] = mark.to_bytes(4, "big") + place.to_bytes(3, "big") + size.to_bytes(3, "big")
    index = [entries[mark] for mark in sorted(entries)]
    return image + b"".join(entry[2:4] for entry in index) + b"".join(index) + len(index).to_bytes(2, "big")


def unpack(image: bytes) -> dict[str, bytes]:
    """The files of an image, read by the ROMFS alone."""
    return {path: image[at : at + size] for path, (at, size) in _places(image) if at != _DIRECTORY}


def _places(image: bytes) -> Iterator[tuple[str, tuple[int, int]]]:
    """Path, place and size of every file and directory."""
    size, at = _number(image, _HEADER)
    yield from _below(image, at, at + size, "")


def _below(image: bytes, at: int, end: int, folder: str) -> Iterator[tuple[str, tuple[int, int]]]:
    while at < end:
        kind, at = _number(image, at)
        size, at = _number(image, at)
        following = at + size
        if kind in (VfsRomWriter.ROMFS_RECORD_KIND_DIRECTORY, VfsRomWriter.ROMFS_RECORD_KIND_FILE):
            length, at = _number(image, at)
            path = folder + image[at : at + length].decode()
            at += length
            if kind == VfsRomWriter.ROMFS_RECORD_KIND_DIRECTORY:
                yield path, (_DIRECTORY, 0)
                yield from _below(image, at, following, path + "/")
            else:
                _verbatim, at = _number(image, at)
                length, at = _number(image, at)
                yield path, (at, length)
        at = following


def _number(image: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the highest first, and where it ends."""
    value = 0
    while True:
        value = value << 7 | image[at] & 0x7F
        at += 1
        if not image[at - 1] & 0x80:
            return value, at
