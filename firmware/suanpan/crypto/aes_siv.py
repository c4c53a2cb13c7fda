"""AES-SIV (RFC 5297) and the AES-CMAC it is made of (RFC 4493), over the ECB and CBC of `cryptolib`.

The cipher runs in a few calls of C on whole buffers: one CBC per CMAC, one ECB per key stream. A key is held
by its two `aes` objects alone, for as long as they live: an object for each operation would leave its
expanded key behind on the heap, where nothing can wipe it.

What is worked on lies in a frame: one block of room, then the string, then padding to the end of its last block (an
empty string has one, too). A frame serves again while sizes stay the same, and is left without a secret: what the CBC
makes of a string overwrites it, and what is encrypted is no secret any more.
"""

# A viper pointer takes any buffer, where the stubs only know the pointer; and viper cannot be told `-> None`.
# mypy: disable-error-code="arg-type, no-untyped-def"

import micropython
from cryptolib import aes
from micropython import const

from suanpan.crypto.octets import equal, wipe
from suanpan.errors import BadKey, SealError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable

_BLOCK = const(16)  # bytes
_ECB = const(1)  # modes of cryptolib
_CBC = const(2)
_ZEROS = bytes(16)
_PADDING = b"\x80" + bytes(15)


class Cmac:
    """AES-CMAC under one key of 16 or 32 bytes, for any number of messages.

    `last` is the MAC of the latest one, all 16 bytes of it.
    """

    def __init__(self, key: "Readable") -> None:
        if len(key) not in (16, 32):
            raise BadKey
        self._cbc = aes(key, _CBC, _ZEROS).encrypt
        self._frame = bytearray()
        self._subkeys = bytearray(3 * _BLOCK)
        # A cryptolib CBC object chains on from its last block for ever.
        self.last = bytearray(_BLOCK)
        self._cbc(self.last, self.last)
        _derive(self.last, self._subkeys)

    def digest(self, message: "Readable") -> bytearray:
        """The 16-byte CMAC of `message`."""
        self.absorb(message)
        return self.last[:]

    def absorb(self, message: "Readable") -> None:
        """Make `last` the CMAC of `message`."""
        self._frame = frame = _framed(self._frame, message)
        _cmac(self._cbc, frame, len(message), self._subkeys, self.last, _ZEROS)

    def finish(self, frame: bytearray, size: int, end: "Readable") -> None:
        """Make `last` the CMAC of the `size` bytes in `frame`, with `end` mixed into the last 16; uses `frame` up."""
        _cmac(self._cbc, frame, size, self._subkeys, self.last, end)


class Siv:
    """Deterministic authenticated encryption under a key of 32 or 64 bytes: half for CMAC, half for CTR.

    What is sealed is `V || C`: 16 bytes that authenticate the plaintext and every associated string, then the
    encrypted plaintext. The same input always seals to the same bytes.
    """

    def __init__(self, key: "Readable") -> None:
        if len(key) not in (32, 64):
            raise BadKey
        half = len(key) // 2
        self._cmac = Cmac(memoryview(key)[:half])
        self._ecb = aes(memoryview(key)[half:], _ECB).encrypt
        self._frame = bytearray()
        self._start = self._cmac.digest(_ZEROS)
        self._d = bytearray(_BLOCK)

    def seal(self, plaintext: "Readable", *associated: "Readable") -> bytearray:
        """`plaintext` encrypted, and bound to the associated strings and to their order."""
        size = len(plaintext)
        self._frame = frame = _framed(self._frame, plaintext)
        _crypt(self._ecb, frame, size, self._s2v(frame, size, associated), plaintext)
        return frame[: _BLOCK + size]

    def open(self, sealed: "Readable", *associated: "Readable") -> bytearray:
        """The plaintext of `sealed`. Raises SealError if anything at all differs from what was sealed."""
        size = len(sealed) - _BLOCK
        if size < 0:
            raise SealError
        v = bytes(sealed[:_BLOCK])
        encrypted = memoryview(sealed)[_BLOCK:]
        self._frame = frame = _framed(self._frame, encrypted)
        _crypt(self._ecb, frame, size, v, encrypted)
        plaintext = frame[_BLOCK : _BLOCK + size]
        if not equal(self._s2v(_framed(frame, plaintext), size, associated), v):
            wipe(plaintext)
            raise SealError
        return plaintext

    def _s2v(self, frame: bytearray, size: int, associated: "tuple[Readable, ...]") -> bytearray:
        """RFC 5297, 2.4: V, of the associated strings and the `size` bytes in `frame`, which it uses up."""
        cmac = self._cmac
        d = self._d
        d[:] = self._start
        for string in associated:
            cmac.absorb(string)
            _double(d, cmac.last)
        if size < _BLOCK:
            _double(d, _ZEROS)
            size = _BLOCK  # with its padding, which is also that of CMAC
        cmac.finish(frame, size, d)
        return cmac.last


def _framed(frame: bytearray, string: "Readable") -> bytearray:
    """`string` in a frame of the right size, which is the one given if that fits."""
    size = len(string)
    room = (size or 1) + 31 & -_BLOCK
    if len(frame) != room:
        frame = bytearray(room)
    frame[_BLOCK : _BLOCK + size] = string
    if _BLOCK + size != room:
        frame[_BLOCK + size :] = _PADDING[: room - _BLOCK - size]
    return frame


@micropython.viper
def _derive(zero: ptr8, subkeys: ptr8):
    """Write `zero`, which is a block of zeros encrypted, and then K1 and K2 of RFC 4493, 2.3, to `subkeys`."""
    for i in range(16):
        subkeys[i] = zero[i]
    for at in range(16, 48, 16):
        carry = (subkeys[at - 16] >> 7) * 0x87
        for i in range(at, at + 15):
            subkeys[i] = subkeys[i - 16] << 1 | subkeys[i - 15] >> 7
        subkeys[at + 15] = subkeys[at - 1] << 1 ^ carry


@micropython.viper
def _double(d: ptr8, other: ptr8):
    """Multiply `d` by x in GF(2^128), then exclusive-or `other` into it."""
    carry = (d[0] >> 7) * 0x87
    for i in range(15):
        d[i] = (d[i] << 1 | d[i + 1] >> 7) ^ other[i]
    d[15] = d[15] << 1 ^ carry ^ other[15]


@micropython.viper
def _cmac(cbc, frame, size: int, subkeys: ptr32, last: ptr32, end: ptr8):
    """Make `last` the CMAC of the `size` bytes in `frame`, with `end` mixed into the last 16 of them.

    The cipher stands at `last`, its latest block. That in the room at the start of the frame takes it to zero
    encrypted, and that, exclusive-ored into the message, has the message start from zero.
    """
    words = ptr32(frame)
    text = ptr8(frame)
    whole = size & 15 == 0 and size != 0
    final = size >> 2 if whole else 4 + (size >> 4 << 2)
    subkey = 4 if whole else 8
    for i in range(4):
        words[i] = last[i]
        words[4 + i] ^= subkeys[i]
        words[final + i] ^= subkeys[subkey + i]
    for i in range(16):
        text[size + i] ^= end[i]
    cbc(frame, frame)
    for i in range(4):
        last[i] = words[final + i]


@micropython.viper
def _crypt(ecb, frame, size: int, v: ptr32, text: ptr8):
    """Write to `frame` `v` and then the `size` bytes of `text`, encrypted or decrypted.

    The counter (RFC 5297, 2.6) is `v` with the top bit of its last two words cleared, then one more for each
    block: it never carries out of the last word.
    """
    words = ptr32(frame)
    out = ptr8(frame)
    octets = ptr8(v)
    low = (octets[12] & 0x7F) << 24 | octets[13] << 16 | octets[14] << 8 | octets[15]
    for at in range(16, size + 16, 16):
        word = at >> 2
        words[word] = v[0]
        words[word + 1] = v[1]
        words[word + 2] = v[2]
        out[at + 8] = octets[8] & 0x7F
        out[at + 12] = low >> 24
        out[at + 13] = low >> 16
        out[at + 14] = low >> 8
        out[at + 15] = low
        low += 1
    ecb(frame, frame)
    for i in range(4):
        words[i] = v[i]
    at = 0
    if int(text) & 3 == 0:  # words are faster, where the processor can reach them
        source = ptr32(text)
        while at < size - 3:
            words[4 + (at >> 2)] ^= source[at >> 2]
            at += 4
    while at < size:
        out[16 + at] ^= text[at]
        at += 1
