"""A bundle: an application as it lies in its slot, signed. host_tools/build/bundle.py writes it.

    "SUANPAN1" | length of the manifest u16 LE | manifest | signature, 384 bytes     in the first sector
    image                                                                            from the second on

The manifest is JSON: `board`, `version`, `number` (which grows with every release, and is what is compared), `floor`
(the lowest number that may start once this one has been confirmed), `schema` (of the parameters), `size` and `sha256`
of the image. The signature is over all that is before it, RSA-3072, PSS with SHA-256.
"""

import json
from binascii import hexlify
from hashlib import sha256

from micropython import const

from suanpan.crypto.pss import verify
from suanpan.errors.slots import BAD_IMAGE, BAD_SIGNATURE, BELOW_FLOOR, NO_BUNDLE, WRONG_BOARD, BundleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from suanpan.crypto.octets import Readable
    from suanpan.crypto.rsa import RsaPublicKey

    Manifest = dict[str, str | int]

    class Slot(Protocol):
        """esp32.Partition, or a twin."""

        def readblocks(self, __block: int, __buf: bytearray, __offset: int) -> object: ...
        def ioctl(self, __op: int, __arg: int) -> int | None: ...


SECTOR = const(4096)
_MAGIC = b"SUANPAN1"
_START = const(10)
_SIGNATURE = const(384)
_COUNT = const(4)  # ioctl: how many sectors


def read_manifest(head: "Readable", key: "RsaPublicKey", board: str, floor: int) -> "Manifest":
    """What the first sector of a bundle says, if this board may start it. Raises BundleError."""
    size = int.from_bytes(head[8:_START], "little")
    end = _START + size
    if head[:8] != _MAGIC or end + _SIGNATURE > SECTOR:
        raise BundleError(NO_BUNDLE)
    if not verify(key, sha256(head[:end]).digest(), head[end : end + _SIGNATURE]):
        raise BundleError(BAD_SIGNATURE)
    manifest: "Manifest" = json.loads(bytes(head[_START:end]))
    if manifest["board"] != board:
        raise BundleError(WRONG_BOARD)
    if manifest["number"] < floor:  # type: ignore[operator]  # it is a number
        raise BundleError(BELOW_FLOOR)
    return manifest


def examine(slot: "Slot", key: "RsaPublicKey", board: str, floor: int) -> "Manifest":
    """The manifest of the bundle in `slot`, which is whole, and which this board may start. Raises BundleError."""
    buffer = bytearray(SECTOR)
    slot.readblocks(0, buffer, 0)
    manifest = read_manifest(buffer, key, board, floor)
    left: int = manifest["size"]  # type: ignore[assignment]
    if left > ((slot.ioctl(_COUNT, 0) or 0) - 1) * SECTOR:
        raise BundleError(BAD_IMAGE)
    digest = sha256()
    block = 1
    while left > 0:
        slot.readblocks(block, buffer, 0)
        digest.update(memoryview(buffer)[: min(left, SECTOR)])
        left -= SECTOR
        block += 1
    if hexlify(digest.digest()).decode() != manifest["sha256"]:
        raise BundleError(BAD_IMAGE)
    return manifest
