"""Keys at rest in the acquirer's database: TR-31 blocks, each for one use and one algorithm."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING

import psec

if TYPE_CHECKING:
    from host_tools.acquirer.crypto import BlockCipher


class KeyBox:
    """Stands where a bank has an HSM: keys leave it only as TR-31 blocks bound to one use and one algorithm.

    `master_key` is the 32-byte AES key that protects the blocks (TR-31 version D). The database holds blocks
    alone, so that its file without the master key opens no PIN and forges no MAC. psec pads blocks with
    random bytes of its own: two files of the same day differ there, what crosses the wire does not.
    """

    TMK = "K0"
    PIK = "P0"
    PVK = "V1"
    MAK = "10"  # CUP's MAC has no TR-31 usage of its own: numeric usages are left to the implementer

    def __init__(self, master_key: bytes) -> None:
        self._master_key = master_key
        # A key is opened once, not once a message.
        self._unwrap = lru_cache(maxsize=4096)(partial(psec.tr31.unwrap, master_key))

    def seal(self, usage: str, cipher: BlockCipher, key: bytes) -> str:
        header = psec.tr31.Header(version_id="D", key_usage=usage, algorithm=cipher.letter, mode_of_use="N")
        return psec.tr31.wrap(self._master_key, header, key)

    def open(self, usage: str, cipher: BlockCipher, block: str) -> bytes:
        """The key in `block`; raises psec.tr31.KeyBlockError if altered, or made for another use or algorithm."""
        header, key = self._unwrap(block)
        if (header.key_usage, header.algorithm) != (usage, cipher.letter):
            raise psec.tr31.KeyBlockError("Key is bound to another use or algorithm.")
        return key
