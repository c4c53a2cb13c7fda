"""Injection: how the terminal master key reaches a terminal that has none, over a serial line from the workshop.

Both sides hold this unit's injection key, which it was provisioned with. Everything is HMAC-SHA256 (RFC 2104) under
keys made of it:

    session = HMAC(injection key, "suanpan injection 1" | host nonce | unit nonce | serial number)
    proving = HMAC(session, "proof")
    KBPK    = HMAC(session, "key block")

    workshop                                                   unit
    1 START    host nonce 16                              ->
                                  <-  2 UNIT     unit nonce 16 | proof | serial number
    3 LOAD     proof | terminal 8 | keys              ->
                                  <-  4 LOADED   proof | check values
                                  <-  F REFUSED  reason u8, instead of 2 or 4

A proof is HMAC(proving, kind of frame | rest of the body), 32 bytes. A key is its check value 1+n, and its TR-31 block
of version D under the KBPK; the first is the master key, and the backup key may follow (ledger/backup.py).

One START allows one LOAD, so that nothing recorded, and no second guess, is worth anything. Nothing is kept
between the two but the nonces. A terminal that has its master key refuses everything: only what retires it and
erases its keys lets it be loaded again.
"""

from micropython import const

from suanpan.crypto.check_value import aes_check_value, check_value
from suanpan.crypto.hmac_sha256 import hmac_sha256
from suanpan.crypto.octets import equal, wipe
from suanpan.crypto.secret import Secret
from suanpan.errors import CheckValueError, CryptoError, KeyStoreError
from suanpan.ledger.key_store import AES, BACKUP, INJECTION, SM4, TMK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from suanpan.crypto.octets import Readable
    from suanpan.ledger.key_store import KeyStore

START = const(1)
UNIT = const(2)
LOAD = const(3)
LOADED = const(4)
REFUSED = const(0x0F)

# Reasons
KEYED = const(1)
UNPREPARED = const(2)
WORKSHOP = const(3)  # its proof is wrong, or was made for another exchange
TERMINAL = const(4)
BLOCK = const(5)
CHECK_VALUE = const(6)
FAULT = const(7)

_NONCE = const(16)  # bytes
_PROOF = const(32)
_TID = const(8)
_LABEL = b"suanpan injection 1"
_LETTERS = " TA4"  # a block's letter by the key store's algorithm
_BACKUP_KEY = const(32)


class Injection:
    """The unit's side, without a line. `algorithm` is the key store's, of the TMK that this terminal works with."""

    def __init__(
        self, keys: "KeyStore", terminal_id: str, serial: str, algorithm: int, random: "Callable[[int], bytes]"
    ) -> None:
        self._keys = keys
        self._terminal_id = terminal_id.encode()
        self._serial = serial.encode()
        self._algorithm = algorithm
        self._random = random
        self._nonces = b""  # the host's and ours, from START until LOAD

    def answer(self, kind: int, body: "Readable") -> "tuple[int, bytes]":
        """What to say, kind and body, to what the workshop said."""
        nonces, self._nonces = self._nonces, b""
        if self._keys.has(TMK):
            return _refusal(KEYED)
        if not self._keys.has(INJECTION):
            return _refusal(UNPREPARED)
        if kind == START and len(body) == _NONCE:
            self._nonces = bytes(body) + self._random(_NONCE)
            return self._introduce()
        if kind == LOAD and nonces:
            return self._load(nonces, memoryview(body))
        return _refusal(WORKSHOP)

    def _introduce(self) -> "tuple[int, bytes]":
        unit_nonce = self._nonces[_NONCE:]
        with self._session(self._nonces) as session:
            return UNIT, unit_nonce + _proof(session, UNIT, unit_nonce, self._serial) + self._serial

    def _load(self, nonces: bytes, body: memoryview) -> "tuple[int, bytes]":
        content = body[_PROOF:]
        with self._session(nonces) as session:
            if not equal(_proof(session, LOAD, content), body[:_PROOF]):
                return _refusal(WORKSHOP)
            if len(content) <= _TID or bytes(content[:_TID]) != self._terminal_id:
                return _refusal(TERMINAL)
            keys: "dict[int, bytearray]" = {}
            try:
                with Secret(bytearray(hmac_sha256(session.view, b"key block"))) as kbpk:
                    self._unwrap(kbpk.view, content[_TID:], keys)
                self._keys.store(keys, self._algorithm)  # which ends the injection key too
                kept = b""
                for slot in sorted(keys):
                    algorithm = AES if slot == BACKUP else self._algorithm
                    with self._keys.use(slot, algorithm) as key:
                        kept += _check_value(algorithm, key.view)
            except CheckValueError:
                return _refusal(CHECK_VALUE)
            except CryptoError:
                return _refusal(BLOCK)
            except (OSError, KeyStoreError):
                return _refusal(FAULT)
            finally:
                for slot in keys:
                    wipe(keys[slot])
            return LOADED, _proof(session, LOADED, kept) + kept

    def _unwrap(self, kbpk: memoryview, content: memoryview, keys: "dict[int, bytearray]") -> None:
        """Put the keys of a LOAD in their slots of `keys`. Raises CryptoError; CheckValueError if one is not what it
        was said to be."""
        from suanpan.crypto.key_block import unwrap  # a terminal that has its key never loads it
        from suanpan.errors.keys import KeyBlockError

        at = 0
        for slot, usage, algorithm, mode in ((TMK, "K0", self._algorithm, "D"), (BACKUP, "D0", AES, "B")):
            block = at + 1 + content[at]
            size = bytes(content[block + 1 : block + 5])  # as every block says it
            if not size.isdigit():
                raise KeyBlockError
            end = block + int(size)
            key = unwrap(kbpk, content[block:end], usage, _LETTERS[algorithm], mode).key
            keys[slot] = key
            if not equal(_check_value(algorithm, key), content[at + 1 : block]):
                raise CheckValueError
            if slot == BACKUP and len(key) != _BACKUP_KEY:
                raise KeyBlockError
            at = end
            if at == len(content):
                return
        raise KeyBlockError

    def _session(self, nonces: bytes) -> Secret:
        with self._keys.use(INJECTION, AES) as key:
            return Secret(bytearray(hmac_sha256(key.view, _LABEL, nonces, self._serial)))


def _proof(session: Secret, kind: int, *content: "Readable") -> bytes:
    with Secret(bytearray(hmac_sha256(session.view, b"proof"))) as proving:
        return hmac_sha256(proving.view, bytes((kind,)), *content)


def _check_value(algorithm: int, key: "Readable") -> bytes:
    """ANSI X9.24-1:2017, A: 5 bytes for AES, else 3."""
    if algorithm == AES:
        return aes_check_value(key)
    if algorithm == SM4:
        from suanpan.crypto.sm4 import Sm4  # a terminal of another suite never loads it

        with Sm4(key) as cipher:
            return bytes(cipher.encrypt(bytes(16))[:3])
    return check_value(key, 3)


def _refusal(reason: int) -> "tuple[int, bytes]":
    return REFUSED, bytes((reason,))
