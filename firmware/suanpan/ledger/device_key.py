"""What makes a device's seals its own: a secret that derives keys, and can be destroyed for good.

There are two in a terminal: the one that its keys are sealed under, destroyed when it is zeroised, and the journal's,
which stays, as transactions must outlive the keys.
"""

from micropython import const

from suanpan.crypto.hmac_sha256 import hmac_sha256
from suanpan.crypto.octets import wipe
from suanpan.errors import KeyMissing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from suanpan.ledger.flash_ring import Partition

    class DeviceSecret(Protocol):
        async def derive(self, label: bytes) -> bytearray:
            """HMAC-SHA256 of the label under the secret: 32 bytes, for the caller to wipe."""

        async def destroy(self) -> None:
            """Put a random secret in its place. What the old one has sealed can be opened by nobody any more."""


KEYS_LABEL = b"suanpan-keys"
JOURNAL_LABEL = b"suanpan-journal"
PAN_LABEL = b"suanpan-pan"
OPERATORS_LABEL = b"suanpan-operators"

_SIZE = const(32)
_ERASE = const(6)  # ioctl of a block device


class FlashSecret:
    """The plain ESP32: 32 bytes at the start of a flash sector of their own, in clear.

    Whoever reads the flash chip has them: they protect nothing but a file that is copied out of it. A sector of
    their own and not NVS, because a sector can be erased, while NVS leaves what was overwritten in its pages until
    those are used again.
    """

    def __init__(self, partition: "Partition", sector: int, random: "Callable[[int], bytes]") -> None:
        self._partition = partition
        self._sector = sector
        self._random = random

    async def derive(self, label: bytes) -> bytearray:
        """Raises KeyMissing if there has never been a secret."""
        secret = bytearray(_SIZE)
        try:
            self._partition.readblocks(self._sector, secret, 0)
            if secret == b"\xff" * _SIZE:
                raise KeyMissing
            return bytearray(hmac_sha256(secret, label))
        finally:
            wipe(secret)

    async def destroy(self) -> None:
        self._partition.ioctl(_ERASE, self._sector)
        self._partition.writeblocks(self._sector, self._random(_SIZE), 0)
