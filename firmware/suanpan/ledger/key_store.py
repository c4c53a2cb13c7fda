"""Keys at rest: one file of slots, each key sealed by itself under this device's key.

The file is records of slot 1 | algorithm 1 | length 1 | sealed key, at most one for each slot. A key is sealed with
AES-SIV (RFC 5297) under the 32 bytes that the device's secret derives for b"suanpan-keys", with two associated
strings: b"suanpan-key" and the two bytes of slot and algorithm. So a key can be moved neither to the slot of another
purpose, nor to another algorithm, nor to another device. The host's factory writes the same file.
"""

import os
from errno import ENOENT

from micropython import const

from suanpan.crypto.aes_siv import Siv
from suanpan.crypto.secret import Secret
from suanpan.errors import BadKey, KeyMissing, KeyStoreError, SealError
from suanpan.ledger.files import replace_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable

    Slots = dict[int, tuple[int, bytes]]  # slot: algorithm, sealed key

# A slot is a key's one purpose.
TMK = const(1)  # terminal master key: unwraps working keys
PIK = const(2)  # PIN key
MAK = const(3)  # MAC key
TDK = const(4)  # track data key
INJECTION = const(5)  # the workshop's, under which the master key comes in
BACKUP = const(6)  # the workshop's and this terminal number's, which archives of the journal are sealed under
LINK = const(7)  # the private key of the terminal's certificate for TLS
_ENDED_BY_TMK = (PIK, MAK, TDK, INJECTION)
_ALWAYS_AES = (INJECTION, BACKUP)  # whatever the terminal's suite is

# Algorithms
TDES = const(1)
AES = const(2)
SM4 = const(3)
EC = const(4)  # a P-256 private key, as RFC 5915 has it

_LABEL = b"suanpan-key"
_HEAD = const(3)  # slot, algorithm, length
_TAG = const(16)  # bytes that sealing adds


class KeyStore:
    def __init__(self, path: str, device_key: "Readable") -> None:
        """`device_key` may be wiped when this returns."""
        self._path = path
        self._siv = Siv(device_key)

    def has(self, slot: int) -> bool:
        return slot in self._read()

    def use(self, slot: int, algorithm: int = TDES) -> Secret:
        """The key, for the length of a `with` block, at whose end it is wiped.

        Raises KeyMissing, KeyStoreError if it does not open, BadKey if it is for another algorithm.
        """
        found = self._read().get(slot)
        if found is None:
            raise KeyMissing
        if found[0] != algorithm:
            raise BadKey
        try:
            return Secret(self._siv.open(found[1], _LABEL, bytes((slot, algorithm))))
        except SealError:
            raise KeyStoreError from None

    def store(self, keys: "dict[int, bytearray]", algorithm: int = TDES) -> None:
        """Put keys in their slots, all of them or, if the power goes, none.

        With a new master key the working keys go that came under the old one, and the key that it came in under.
        """
        slots = self._read()
        if TMK in keys:
            for slot in _ENDED_BY_TMK:
                slots.pop(slot, None)
        for slot in keys:
            kind = AES if slot in _ALWAYS_AES else algorithm
            slots[slot] = kind, bytes(self._siv.seal(keys[slot], _LABEL, bytes((slot, kind))))
        content = bytearray()
        for slot in sorted(slots):
            algorithm, sealed = slots[slot]
            content += bytes((slot, algorithm, len(sealed)))
            content += sealed
        try:
            replace_file(self._path, content)
        except OSError:  # flash did not keep it, and the file is what it was
            raise KeyStoreError from None

    def _read(self) -> "Slots":
        """Raises KeyStoreError if the file is not such records."""
        try:
            with open(self._path, "rb") as file:
                content = file.read()
        except OSError as error:
            if error.errno == ENOENT:
                return {}
            raise KeyStoreError from None
        slots: "Slots" = {}
        at = 0
        while at < len(content):
            head = content[at : at + _HEAD]
            if len(head) < _HEAD or head[0] in slots:
                raise KeyStoreError
            at += _HEAD + head[2]
            sealed = content[at - head[2] : at]
            if not _TAG < head[2] == len(sealed):
                raise KeyStoreError
            slots[head[0]] = head[1], sealed
        return slots


def forget(path: str) -> None:
    """Remove a key store's file, those of more merchants beside it, and what a power cut may have left of any.

    Not overwritten first: LittleFS would write that elsewhere. What stays in old blocks is sealed.
    """
    folder, name = path.rsplit("/", 1)
    try:
        for found in os.listdir(folder):
            if found.startswith(name):
                os.remove(folder + "/" + found)
    except OSError:
        raise KeyStoreError from None
