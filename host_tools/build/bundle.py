"""A bundle: one file, an application as it lies in its slot, signed (firmware/suanpan/slots/bundle.py reads it).

"SUANPAN1" | length of the manifest u16 LE | manifest | signature, 384 bytes     padded to 4096
image: a ROMFS and its index (romfs.py)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from host_tools.build.partition_table import SECTOR
from host_tools.keys.signer import PublicKey

MAGIC: Final = b"SUANPAN1"
SIGNATURE: Final = 384  # bytes
_START: Final = len(MAGIC) + 2

Sign = Callable[[bytes], bytes]


class BundleError(ValueError):
    """Not a bundle, or not a whole one, or not signed by this key; the text says which."""


@dataclass(frozen=True)
class Manifest:
    """What the signature is over.

    `number` grows with every release; `floor` is the lowest that may start once this one is confirmed; `schema` is the
    parameters'; `size` and `sha256` (hex) are the image's.
    """

    board: str
    version: str
    number: int
    floor: int
    schema: int
    size: int
    sha256: str

    def to_json(self) -> bytes:
        """The one way to write it."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":")).encode()


def pack(image: bytes, sign: Sign, *, board: str, version: str, number: int, floor: int, schema: int) -> bytes:
    """The bundle of an image; `sign` gives the signature of what it is handed. The same in gives the same out, if
    `sign` does (keys/signer.py)."""
    manifest = Manifest(board, version, number, floor, schema, len(image), hashlib.sha256(image).hexdigest())
    text = manifest.to_json()
    signed = MAGIC + len(text).to_bytes(2, "little") + text
    return (signed + sign(signed)).ljust(SECTOR, b"\xff") + image


def read(bundle: bytes, key: PublicKey | None = None) -> tuple[Manifest, bytes]:
    """Manifest and image of a bundle, or of a slot, which is longer; its signature is checked if there is a `key`.

    Raises BundleError.
    """
    end = _START + int.from_bytes(bundle[len(MAGIC) : _START], "little")
    if bundle[: len(MAGIC)] != MAGIC or end + SIGNATURE > SECTOR:
        raise BundleError("this is not a bundle")
    signature = bundle[end : end + SIGNATURE]
    if key is not None:
        public = RSAPublicNumbers(key.e, int.from_bytes(key.n, "big")).public_key()
        try:
            public.verify(signature, bundle[:end], PSS(MGF1(SHA256()), SHA256.digest_size), SHA256())
        except InvalidSignature:
            raise BundleError("the bundle is not signed by this signer") from None
    try:
        manifest = Manifest(**json.loads(bundle[_START:end]))
    except (TypeError, ValueError):
        raise BundleError("the bundle's manifest cannot be read") from None
    image = bundle[SECTOR : SECTOR + manifest.size]
    if len(image) != manifest.size or hashlib.sha256(image).hexdigest() != manifest.sha256:
        raise BundleError("the bundle is cut short, or damaged")
    return manifest, image
