"""Injection: how the terminal master key reaches a terminal that has none, over a serial line from the workshop.

Both sides hold this unit's injection key, which it was provisioned with. Everything is HMAC-SHA256 (RFC 2104) under
keys made of it:

    session = HMAC(injection key, "suanpan injection 1" | host nonce | unit nonce | serial number)
    proving = HMAC(session, "proof")
    KBPK    = HMAC(session, "key block")

    workshop                                                   unit
    1 START    host nonce 16                              ->
                                  <-  2 UNIT     unit nonce 16 | proof | serial number
    3 LOAD     proof | terminal 8 | check value 1+n | block ->
                                  <-  4 LOADED   proof | check value
                                  <-  F REFUSED  reason u8, instead of 2 or 4

A proof is HMAC(proving, kind of frame | rest of the body), 32 bytes. The block is TR-31 version D under the KBPK.

One START allows one LOAD, so that nothing recorded, and no second guess, is worth anything. Nothing is kept
between the two but the nonces. A terminal that has its master key refuses everything: only what retires it and
erases its keys lets it be loaded again.
"""

from micropython import const

from suanpan.crypto.check_value import aes_check_value, check_value
from suanpan.crypto.hmac_sha256 import hmac_sha256
from suanpan.crypto.octets import equal, wipe
from suanpan.crypto.secret import Secret
from suanpan.errors import CryptoError, KeyStoreError
from suanpan.ledger.key_store import AES, INJECTION, SM4, TMK

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
        from suanpan.crypto.key_block import unwrap  # a terminal that has its key never loads it

        content = body[_PROOF:]
        with self._session(nonces) as session:
            if not equal(_proof(session, LOAD, content), body[:_PROOF]):
                return _refusal(WORKSHOP)
            if len(content) <= _TID or bytes(content[:_TID]) != self._terminal_id:
                return _refusal(TERMINAL)
            block = _TID + 1 + content[_TID]
            with Secret(bytearray(hmac_sha256(session.view, b"key block"))) as kbpk:
                try:
                    key = unwrap(kbpk.view, content[block:], "K0", _LETTERS[self._algorithm], "D").key
                except CryptoError:
                    return _refusal(BLOCK)
            reason = self._keep(key, content[_TID + 1 : block])
            if reason:
                return _refusal(reason)
            with self._keys.use(TMK, self._algorithm) as tmk:
                kept = _check_value(self._algorithm, tmk.view)
            return LOADED, _proof(session, LOADED, kept) + kept

    def _keep(self, key: bytearray, expected: memoryview) -> int:
        """Store the TMK, once it is what its check value says; else why not. `key` is wiped."""
        try:
            if not equal(_check_value(self._algorithm, key), expected):
                return CHECK_VALUE
            self._keys.store({TMK: key}, self._algorithm)  # which ends the injection key too
        except (OSError, KeyStoreError):
            return FAULT
        finally:
            wipe(key)
        return 0

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
