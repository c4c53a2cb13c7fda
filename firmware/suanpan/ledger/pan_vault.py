"""Card numbers that are needed while their batch is open, under a key that is destroyed when it is closed.

The journal cannot be rewritten, so what must not outlive the settlement is sealed in it once more, under a key of
its own. That key is made of 32 random bytes in a flash sector that can be erased, and of the device's secret:

    sector  magic "SPV1" 4 | journal record number at its making 8 | random 32 | CRC-32 of these 44 bytes 4
    key     the first 16 bytes of HMAC-SHA256(device's secret for b"suanpan-pan", random)
    sealed  AES-ECB of one block: PAN in BCD, filled up with F 10 | expiry YYMM 2 | zero 2 | random 2

With the sector erased, nobody can read a settled batch's card numbers any more, whoever has the device and all its
other keys.
"""

import struct
from binascii import crc32, unhexlify

from micropython import const

from suanpan.crypto.aes import Aes
from suanpan.crypto.hmac_sha256 import hmac_sha256
from suanpan.crypto.octets import wipe
from suanpan.errors import PanGone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from suanpan.crypto.octets import Readable
    from suanpan.ledger.flash_ring import Partition

_HEAD = ">4sQ"
_MAGIC = b"SPV1"
_RANDOM = const(12)  # where it begins
_CHECK = const(44)
_SIZE = const(48)
_ERASE = const(6)  # ioctl of a block device
_PAN = const(20)  # nibbles
_EXPIRY_END = const(24)
_KEY = const(16)
_TRIES = const(3)  # of the flash, to keep a new key


class PanVault:
    def __init__(
        self, partition: "Partition", sector: int, secret: "Readable", random: "Callable[[int], bytes]"
    ) -> None:
        """`secret` is 32 bytes, and may be wiped when this returns."""
        self._partition = partition
        self._sector = sector
        self._secret = bytes(secret)
        self._random = random

    @property
    def born(self) -> int:
        """The number of the journal's newest record when the key was made, -1 if there is no whole key."""
        content = self._read()
        return -1 if content is None else int(struct.unpack_from(_HEAD, content)[1])

    def settle(self) -> int:
        """`born`, and for certain: cells that a power cut left half done read one way now and another way later, so
        a whole key is programmed once more, with the same bytes; twice, as a program may come to nothing."""
        content = self._read()
        if content is None:
            return -1
        for _ in range(2):
            self._partition.writeblocks(self._sector, content, 0)
        return self.born

    def renew(self, number: int) -> None:
        """Destroy the key and make another. A power cut on the way leaves either key, or none."""
        content = bytearray(struct.pack(_HEAD, _MAGIC, number) + self._random(32))
        content += struct.pack(">I", crc32(content))
        for _ in range(_TRIES):
            self._partition.ioctl(_ERASE, self._sector)
            self._partition.writeblocks(self._sector, content, 0)
            if self._read() == content:
                return

    def seal(self, pan: str, expiry: str) -> bytes:
        """16 bytes. Raises PanGone if there is no key to seal under."""
        digits = pan + "F" * (_PAN - len(pan)) + expiry + "0000"
        block = bytearray(unhexlify(digits) + self._random(2))
        cipher = self._cipher()
        try:
            cipher.encrypt(block, block)
            return bytes(block)
        finally:
            cipher.wipe()

    def open(self, sealed: "Readable") -> "tuple[str, str]":
        """PAN and expiry. Raises PanGone if the key that they were sealed under is not there any more."""
        block = bytearray(sealed)
        cipher = self._cipher()
        try:
            cipher.decrypt(block, block)
            text = block.hex()
        finally:
            cipher.wipe()
            wipe(block)
        pan, expiry = text[:_PAN].rstrip("f"), text[_PAN:_EXPIRY_END]
        if not (pan + expiry).isdigit() or text[_EXPIRY_END : _EXPIRY_END + 4] != "0000":
            raise PanGone
        return pan, expiry

    def _cipher(self) -> Aes:
        content = self._read()
        if content is None:
            raise PanGone
        key = bytearray(hmac_sha256(self._secret, content[_RANDOM:_CHECK])[:_KEY])
        try:
            return Aes(key)
        finally:
            wipe(key)
            wipe(content)

    def _read(self) -> "bytearray | None":
        content = bytearray(_SIZE)
        self._partition.readblocks(self._sector, content, 0)
        whole = content[:4] == _MAGIC and struct.unpack_from(">I", content, _CHECK)[0] == crc32(content[:_CHECK])
        return content if whole else None


def masked(pan: str) -> str:
    """First six and last four digits; the number of asterisks tells the length."""
    return pan[:6] + "*" * (len(pan) - 10) + pan[-4:]
