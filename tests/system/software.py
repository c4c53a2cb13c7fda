"""Flash images with software to boot from, signed by a signer who lives as long as the tests."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from host_tools.boards.data import Board, load
from host_tools.build import bundle
from host_tools.build.application import application
from host_tools.build.flash_image import flash_image
from host_tools.build.romfs import pack
from host_tools.keys.signer import Signer

PASSPHRASE = "a passphrase for tests"
NUMBER = 10  # of what is in the first slot of `software`


@cache
def board() -> Board:
    return load("virtual")


@cache
def signer_file() -> bytes:
    """The signer's key, under PASSPHRASE."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "signer.pem"
        Signer.make(path, PASSPHRASE)
        return path.read_bytes()


@cache
def signer() -> Signer:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "signer.pem"
        path.write_bytes(signer_file())
        return Signer.load(path, PASSPHRASE)


@cache
def image() -> bytes:
    return pack(application(board()))


@cache
def release(number: int = NUMBER, floor: int = 0, board_name: str = "virtual") -> bytes:
    """A bundle that differs from the others in its manifest alone."""
    return bundle.pack(image(), signer().sign, board=board_name, version="0.1.0", number=number, floor=floor, schema=5)


@cache
def software(first: bytes | None = None, second: bytes = b"") -> bytes:
    """A flash with these bundles in its slots; whatever is wrong with them goes there as it is."""
    return flash_image(board(), release() if first is None else first, signer().public, second)
