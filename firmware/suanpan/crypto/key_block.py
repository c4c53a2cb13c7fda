"""Key blocks (ANSI X9.143, formerly TR-31) of versions B, under a triple DES key, and D, under an AES key.

A block is text: a header that says what the key is for, the encrypted key, and a MAC over both. Nothing of it is
believed, and no key given out, before the MAC is found right. Its hexadecimal digits are upper case, as the
standard writes them: a block that says the same in other letters is not the one that was made.
"""

from micropython import const

from suanpan.crypto.aes import Aes
from suanpan.crypto.des import Tdes
from suanpan.crypto.mac import cmac
from suanpan.crypto.octets import equal, wipe, xor_into
from suanpan.crypto.secret import Secret
from suanpan.errors import BadKey
from suanpan.errors.keys import KeyBlockError, KeyUseError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable

_HEADER = const(16)  # characters, without optional blocks
_LONGEST = const(1024)  # characters: a symmetric key needs 144, the rest is for optional blocks
_SPACE = const(0x20)  # of ASCII
_TILDE = const(0x7E)
_ENCRYPTION = const(0)  # uses of the two keys that are derived from the protection key
_AUTHENTICATION = const(1)
# By version: the cipher, and the indicator in the derivation data by the bytes of the protection key.
_VERSIONS: "dict[str, tuple[type[Tdes] | type[Aes], dict[int, int]]]" = {
    "B": (Tdes, {16: 0, 24: 1}),
    "D": (Aes, {16: 2, 32: 4}),
}
# Bytes of a key by the header's algorithm. The standard has no letter for SM4; digits are left to those who agree.
_KEY_SIZES = {"D": (8,), "T": (16, 24), "A": (16, 24, 32), "4": (16,)}


class WrappedKey:
    """What a key block held: `key`, for whoever unwrapped it to wipe, and what the header says of it.

    `usage` and `version_number` are two characters, `algorithm`, `mode` and `exportability` one. `optional` has
    the texts of the optional blocks by their identifiers, such as the KSN of a DUKPT key by "KS".
    """

    def __init__(self, header: str, optional: "dict[str, str]", key: bytearray) -> None:
        self.usage = header[5:7]
        self.algorithm = header[7]
        self.mode = header[8]
        self.version_number = header[9:11]
        self.exportability = header[11]
        self.optional = optional
        self.key = key


def unwrap(
    kbpk: "Readable", block: "Readable", usage: str, algorithm: str, modes: str, exportability: str = "N"
) -> WrappedKey:
    """The key in `block`, made for `usage` with `algorithm`, under the key block protection key `kbpk`.

    `modes` and `exportability` are all the letters that will do: "BE" for a PIN key that encrypts, "N" for a key
    that stays in this terminal. Raises BadKey if `kbpk` is no key of the block's version, KeyBlockError unless the
    block is whole, KeyUseError if its key is for anything else.
    """
    text = _text(block)
    start, optional = _optional(text)
    clear = _open(kbpk, text[:start], _from_hex(text[start:]))
    try:
        if text[5:8] != usage + algorithm or text[8] not in modes or text[11] not in exportability:
            raise KeyUseError
        bits = int.from_bytes(clear[:2], "big")
        size = bits // 8
        if bits % 8 or size > len(clear) - 2 or size not in _KEY_SIZES.get(algorithm, ()):
            raise KeyBlockError
        return WrappedKey(text, optional, clear[2 : 2 + size])
    finally:
        wipe(clear)


def _text(block: "Readable") -> str:
    """`block` as text, as long as it says, of a version that is known."""
    size = len(block)
    if not _HEADER <= size <= _LONGEST:
        raise KeyBlockError
    for byte in block:
        if not _SPACE <= byte <= _TILDE:
            raise KeyBlockError
    text = bytes(block).decode()
    if text[0] not in _VERSIONS or text[1:5] != f"{size:04}" or not text[12:14].isdigit():
        raise KeyBlockError
    return text


def _optional(text: str) -> "tuple[int, dict[str, str]]":
    """How long the whole header is, and its optional blocks."""
    blocks = {}
    at = _HEADER
    for _ in range(int(text[12:14])):
        data = at + 4
        try:
            size = int(text[at + 2 : data], 16)
            if not size:  # the length is longer than two digits: how many bytes they are comes first
                start = data + 2
                data = start + 2 * int(text[data:start], 16)
                size = int(text[start:data], 16)
        except ValueError:
            raise KeyBlockError from None
        if not data <= at + size <= len(text):
            raise KeyBlockError
        blocks[text[at : at + 2]] = text[data : at + size]
        at += size
    return at, blocks


def _from_hex(text: str) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        raise KeyBlockError from None
    if data.hex().upper() != text:
        raise KeyBlockError
    return data


def _open(kbpk: "Readable", header: str, sealed: bytes) -> bytearray:
    """The clear key data of `sealed`, encrypted key data and MAC. Raises BadKey, KeyBlockError."""
    kind, indicators = _VERSIONS[header[0]]
    if len(kbpk) not in indicators:
        raise BadKey
    unit = kind.block
    size = len(sealed) - unit
    if size < unit or size % unit or len(header) % unit:
        raise KeyBlockError
    mac = sealed[size:]
    message = bytearray(len(header) + size)
    message[: len(header)] = header.encode()
    clear = memoryview(message)[len(header) :]
    try:
        with _derived(kind, kbpk, indicators[len(kbpk)], _ENCRYPTION) as cipher:
            cipher.decrypt(sealed[:size], clear)
        xor_into(clear, mac + sealed[: size - unit])  # CBC, whose initial value is the MAC
        with _derived(kind, kbpk, indicators[len(kbpk)], _AUTHENTICATION) as cipher:
            if not equal(cmac(cipher, message), mac):
                raise KeyBlockError
        return bytearray(clear)
    finally:
        wipe(message)


def _derived(kind: "type[Tdes] | type[Aes]", kbpk: "Readable", indicator: int, use: int) -> "Tdes | Aes":
    """The cipher under the key that is derived from `kbpk` for `use`, and as long."""
    size = len(kbpk)
    with Secret(bytearray(size)) as key, kind(kbpk) as master:
        for at in range(0, size, kind.block):
            counter = 1 + at // kind.block
            part = cmac(master, bytes((counter, 0, use, 0, 0, indicator, size >> 5, size << 3 & 0xFF)))
            key.view[at : at + kind.block] = part
            wipe(part)
        return kind(key.view)
