"""AES DUKPT (ANSI X9.24-3:2017): 32 future keys of 16, 24 or 32 bytes, some two thousand million transactions."""

from micropython import const

from suanpan.crypto import dukpt
from suanpan.crypto.aes import Aes
from suanpan.crypto.octets import wipe
from suanpan.crypto.secret import Secret
from suanpan.errors import BadKey
from suanpan.errors.keys import KsnExhausted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.aes192 import Aes192
    from suanpan.crypto.octets import Readable, Writable

# What a key is for (6.3.2). "Generate" and "encrypt" are the terminal's requests, the others its answers.
PIN = const(0x1000)
MAC_GENERATE = const(0x2000)
MAC_VERIFY = const(0x2001)
MAC_BOTH = const(0x2002)
DATA_ENCRYPT = const(0x3000)
DATA_DECRYPT = const(0x3001)
DATA_BOTH = const(0x3002)

_KEY_ENCRYPTION = const(0x0002)
_DERIVATION = const(0x8000)
_VERSION = const(1)
_BLOCK = const(16)  # bytes
_AES_192 = const(24)
_SIZES = (16, 24, 32)


class Transaction(dukpt.Transaction):
    def key(self, use: int, size: int = 16) -> Secret:
        """The key for `use`, of 16, 24 or 32 bytes. Raises BadKey if that is more than the register's keys have."""
        if size > len(self):
            raise BadKey
        return _working_key(self.view, use, self.ksn[-8:], size)


class Register(dukpt.Register):
    """The 12-byte KSN is the initial key's identifier and a counter, 32 bits, at most 16 of them one (6.1)."""

    KSN = 12
    BITS = 32
    ONES = 16

    def update_key(self, size: int = 16) -> Secret:
        """The key under which the host sends a new initial key: of a counter of ones only, which no transaction has.

        Raises BadKey, KsnExhausted.
        """
        counter = self._counter()
        if not counter:
            raise KsnExhausted
        if size > self._key_size:
            raise BadKey
        # The values with ones at their top alone are passed one after the other; the next of them is in its slot.
        every = (1 << self.BITS) - 1
        bit = self.BITS - 1
        while every >> bit << bit < counter:
            bit -= 1
        key = bytearray(self._slot(bit))
        try:
            while bit:
                bit -= 1
                self._derive(key, self._tail(every >> bit << bit), key)
            return _working_key(key, _KEY_ENCRYPTION, self._tail(every), size)
        finally:
            wipe(key)

    def _allows(self, key_size: int) -> bool:
        return key_size in _SIZES

    def _transaction(self, ksn: bytes, key: bytearray) -> Transaction:
        return Transaction(ksn, key)

    def _derive(self, key: "Readable", tail: bytes, out: "Writable") -> None:
        _fill(out, key, _DERIVATION, tail)


def _working_key(key: "Readable", use: int, tail: bytes, size: int) -> Secret:
    if size not in _SIZES:
        raise BadKey
    working = Secret(bytearray(size))
    _fill(working.view, key, use, tail)
    return working


def _cipher(key: "Readable") -> "Aes | Aes192":
    if len(key) != _AES_192:
        return Aes(key)
    from suanpan.crypto.aes192 import Aes192  # seldom wanted

    return Aes192(key)


def _fill(out: "Writable", key: "Readable", use: int, tail: bytes) -> None:
    """Fill `out` with a key derived from `key` (6.3.1): blocks of derivation data (6.3.3), encrypted under it.

    `out` may be `key`.
    """
    size = len(out)
    data = bytearray(-(-size // _BLOCK) * _BLOCK)
    for at in range(0, len(data), _BLOCK):
        data[at] = _VERSION
        data[at + 1] = 1 + at // _BLOCK
        data[at + 2 : at + 4] = use.to_bytes(2, "big")
        data[at + 5] = _SIZES.index(size) + 2  # of AES: 2, 3, 4
        data[at + 6 : at + 8] = (8 * size).to_bytes(2, "big")
        data[at + 8 : at + _BLOCK] = tail
    try:
        with _cipher(key) as cipher:
            cipher.encrypt(data, data)
        out[:] = memoryview(data)[:size]
    finally:
        wipe(data)
