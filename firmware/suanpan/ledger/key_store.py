"""Keys at rest: one file of slots, each key sealed by itself under the device key.

The file is records of slot 1 | length 1 | sealed key, at most one for each slot. A key is sealed with AES-SIV
(RFC 5297) under the 32-byte device key with two associated strings: b"suanpan-key" and the slot's byte. So a key
cannot be moved to the slot of another purpose, nor to another device. The host's factory writes the same file.
"""

from errno import ENOENT

from micropython import const

from suanpan.crypto.aes_siv import Siv
from suanpan.errors import KeyMissing, KeyStoreError, SealError
from suanpan.ledger.files import replace_file

# A slot is a key's purpose.
TMK = const(1)  # terminal master key, TDES
PIK = const(2)  # PIN key
MAK = const(3)  # MAC key
TDK = const(4)  # track data key

_LABEL = b"suanpan-key"
_TAG = const(16)  # bytes that sealing adds


class KeyStore:
    def __init__(self, path: str, device_key: "bytes | bytearray") -> None:
        self._path = path
        self._siv = Siv(device_key)

    def has(self, slot: int) -> bool:
        return slot in self._read()

    def load(self, slot: int) -> bytearray:
        """The key, for the caller to wipe. Raises KeyMissing, or KeyStoreError if it does not open."""
        sealed = self._read().get(slot)
        if sealed is None:
            raise KeyMissing
        try:
            return self._siv.open(sealed, _LABEL, bytes((slot,)))
        except SealError:
            raise KeyStoreError from None

    def store(self, keys: "dict[int, bytearray]") -> None:
        """Put keys in their slots, all of them or, if the power goes, none."""
        slots = self._read()
        for slot in keys:
            slots[slot] = self._siv.seal(keys[slot], _LABEL, bytes((slot,)))
        content = bytearray()
        for slot in sorted(slots):
            content += bytes((slot, len(slots[slot])))
            content += slots[slot]
        replace_file(self._path, content)

    def _read(self) -> "dict[int, bytes | bytearray]":
        """The sealed key of each slot. Raises KeyStoreError if the file is not such records."""
        try:
            with open(self._path, "rb") as file:
                content = file.read()
        except OSError as error:
            if error.errno == ENOENT:
                return {}
            raise KeyStoreError from None
        slots: "dict[int, bytes | bytearray]" = {}
        while content:
            slot, size = content[0], content[1] if len(content) > 1 else 0
            sealed = content[2 : 2 + size]
            if not _TAG < size == len(sealed) or slot in slots:
                raise KeyStoreError
            slots[slot] = sealed
            content = content[2 + size :]
        return slots
