"""A release: from the sources to a board's signed bundle, and what it takes of the board."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from host_tools.boards.data import Board
from host_tools.build import bundle, romfs
from host_tools.build.application import application
from host_tools.build.bundle import Sign
from host_tools.build.flash_image import DoesNotFit
from host_tools.build.partition_table import of_board
from host_tools.micropython.compiler import FIRMWARE, own_version

_SLOT: Final = "slot_a"
_SCHEMA: Final = re.compile(r"^SCHEMA = const\((?P<schema>\d+)\)$", re.MULTILINE)
_NUMBERS: Final = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})")


class BadVersion(ValueError):
    """Not x.y.z, each of at most three digits."""


@dataclass(frozen=True)
class Release:
    """`bundle` is what a board takes in; `files` are what is in it, by path, and `room` how large a bundle may be."""

    version: str
    number: int
    bundle: bytes
    files: dict[str, bytes]
    room: int

    def largest(self, count: int) -> list[tuple[str, int]]:
        """The largest files, with their sizes."""
        return sorted(((path, len(data)) for path, data in self.files.items()), key=lambda file: -file[1])[:count]

    def packages(self) -> dict[str, int]:
        """Bytes of each part: a package of the firmware, the assets, the rest."""
        sizes: dict[str, int] = {}
        for path, data in self.files.items():
            part = "/".join(path.split("/")[:-1][:2]) or "main and board"
            sizes[part] = sizes.get(part, 0) + len(data)
        return dict(sorted(sizes.items(), key=lambda part: -part[1]))


def make(board: Board, sign: Sign, *, version: str = "", number: int | None = None, floor: int = 0) -> Release:
    """Compile and sign it; the same sources and key give the same bytes, wherever and whenever.

    `version` is that of the sources unless another one is given, `number` follows from it (1.2.3 is 1002003), `floor`
    is the lowest number that a board may go back to. Raises BadVersion, DoesNotFit, CompileError, RomError.
    """
    if number is None:
        number = number_of(version or own_version())
    files = application(board, version)
    image = romfs.pack(files)
    schema = _SCHEMA.search((FIRMWARE / "suanpan" / "ledger" / "parameters.py").read_text("utf-8"))
    assert schema
    made = bundle.pack(
        image,
        sign,
        board=board.name,
        version=version or own_version(),
        number=number,
        floor=floor,
        schema=int(schema["schema"]),
    )
    release = Release(version or own_version(), number, made, files, of_board(board)[_SLOT].size)
    if len(made) > release.room:
        largest = ", ".join(f"{path} {size:,}" for path, size in release.largest(5))
        raise DoesNotFit(f"the bundle has {len(made):,} bytes, and a slot {release.room:,}; the largest: {largest}")
    return release


def number_of(version: str) -> int:
    """What versions are compared by. Raises BadVersion."""
    match = _NUMBERS.fullmatch(version)
    if match is None:
        raise BadVersion(f"{version!r} is no version: write x.y.z, each of at most three digits")
    major, minor, patch = map(int, match.groups())
    return (major * 1000 + minor) * 1000 + patch
