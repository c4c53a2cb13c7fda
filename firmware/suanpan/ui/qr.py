"""QR codes (ISO/IEC 18004) of up to 271 characters. ui/qr_screen.py draws them.

A code is a list of rows, each a number whose bit x is the module in column x; a set one is dark. Rows are compared,
masked and judged as numbers, so that the best of eight masks costs little time, and all of it is a kilobyte or two.
"""

from micropython import const

from suanpan.ui.qr_masks import best, remainder

# How much of a code may be unreadable: 7 % or 15 %. The number is that of the level in the format's bits.
LEVEL_M = const(0)
LEVEL_L = const(1)

_VERSIONS = const(10)
_CODEWORDS = (26, 44, 70, 100, 134, 172, 196, 242, 292, 346)  # of versions 1 to 10, checks and all
_CHECKS = (b"\x0a\x10\x1a\x12\x18\x10\x12\x16\x16\x1a", b"\x07\x0a\x0f\x14\x1a\x12\x14\x18\x1e\x12")  # of each block
_BLOCKS = (b"\x01\x01\x01\x02\x02\x04\x04\x04\x05\x05", b"\x01\x01\x01\x01\x01\x02\x02\x02\x02\x04")
_CHARACTERS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"  # of the alphanumeric mode
_ALPHANUMERIC = const(2)
_BYTES = const(4)
_LONG_COUNT = const(10)  # the version from which on lengths have more bits

_FIELD = const(0x11D)  # of Reed and Solomon's code
_VERSION = const(0x1F25)
_FROM_VERSION = const(7)  # on the version stands in the code


def encode(text: str, level: int = LEVEL_M) -> list[int]:
    """The smallest code for a text; ValueError if that is longer than version 10 can be."""
    data = text.encode()
    for version in range(1, _VERSIONS + 1):
        blocks = _BLOCKS[level][version - 1]
        room = _CODEWORDS[version - 1] - blocks * _CHECKS[level][version - 1]
        words = _codewords(data, version, room)
        if words:
            words = _protected(words, blocks, _CHECKS[level][version - 1])
            return _placed(words, version, level)
    raise ValueError


def _codewords(data: bytes, version: int, room: int) -> bytearray:
    """Mode, length and characters in `room` bytes; none if that is too little."""
    plain = all(byte in _CHARACTERS for byte in data)
    bits = 9 if plain else 8
    if version >= _LONG_COUNT:
        bits = 11 if plain else 16
    size = (len(data) * 11 + 1) // 2 if plain else len(data) * 8
    if 4 + bits + size > room * 8:
        return bytearray()
    words = bytearray()
    # Bits that are not a whole byte yet, behind a leading 1.
    pending = _take(words, 1 << 4 | (_ALPHANUMERIC if plain else _BYTES), len(data), bits)
    step = 2 if plain else 1
    for at in range(0, len(data), step):
        value = data[at]
        width = 8
        if plain:
            value = _CHARACTERS.index(data[at : at + 1])
            width = 6
            if at + 1 < len(data):
                value = value * 45 + _CHARACTERS.index(data[at + 1 : at + 2])
                width = 11
        pending = _take(words, pending, value, width)
    end = min(4, (room - len(words)) * 8 - _width(pending))
    pending = _take(words, pending, 0, end)
    if _width(pending):
        _take(words, pending, 0, 8 - _width(pending))
    filler = 0xEC
    while len(words) < room:
        words.append(filler)
        filler ^= 0xEC ^ 0x11
    return words


def _width(pending: int) -> int:
    """How many bits wait behind the leading 1."""
    width = 0
    while pending >> width > 1:
        width += 1
    return width


def _take(words: bytearray, pending: int, value: int, width: int) -> int:
    """Add a value of so many bits; what of it waits for a whole byte."""
    pending = pending << width | value
    waiting = _width(pending)
    while waiting >= 8:
        waiting -= 8
        words.append(pending >> waiting & 0xFF)
    return 1 << waiting | pending & (1 << waiting) - 1


def _protected(words: bytearray, blocks: int, checks: int) -> bytearray:
    """The words of all blocks in turn, then the words that mend them in turn."""
    powers, logarithms = bytearray(510), bytearray(256)
    power = 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = power
        logarithms[power] = exponent
        power <<= 1
        if power > 0xFF:
            power ^= _FIELD
    generator = bytearray(checks)  # without its leading 1, the highest power first
    generator[-1] = 1
    for root in range(checks):
        for i in range(checks):
            product = powers[logarithms[generator[i]] + root] if generator[i] else 0
            generator[i] = product ^ (generator[i + 1] if i + 1 < checks else 0)
    short = len(words) // blocks
    shorter = blocks - len(words) % blocks  # the blocks of `short`; the others have one more
    parts = []
    at = 0
    for block in range(blocks):
        size = short + (block >= shorter)
        part = words[at : at + size]
        at += size
        rest = bytearray(checks)
        for word in part:
            factor = word ^ rest[0]
            rest = rest[1:] + b"\0"
            if factor:
                for i in range(checks):
                    if generator[i]:
                        rest[i] ^= powers[logarithms[generator[i]] + logarithms[factor]]
        parts.append((part, rest))
    out = bytearray()
    for i in range(short + 1):
        for part, _ in parts:
            if i < len(part):
                out.append(part[i])
    for i in range(checks):
        for _, rest in parts:
            out.append(rest[i])
    return out


def _placed(words: bytearray, version: int, level: int) -> list[int]:
    size = 17 + 4 * version
    dark = [0] * size
    taken = [0] * size
    _patterns(dark, taken, version)
    index = 0
    right = size - 1
    while right > 0:
        if right == 6:
            right = 5
        upward = (size - 1 - right - (right < 6)) % 4 < 2
        for step in range(size):
            y = size - 1 - step if upward else step
            for x in (right, right - 1):
                if not taken[y] >> x & 1:
                    if index < len(words) * 8 and words[index >> 3] >> (7 - (index & 7)) & 1:
                        dark[y] |= 1 << x
                    index += 1
        right -= 2
    return best(dark, taken, level)


def _patterns(dark: list[int], taken: list[int], version: int) -> None:
    """What is the same in every code of a version, and where its format will stand."""
    size = len(dark)

    def put(x: int, y: int, value: int) -> None:
        taken[y] |= 1 << x
        if value:
            dark[y] |= 1 << x

    for i in range(8, size - 8):  # timing
        put(i, 6, not i & 1)
        put(6, i, not i & 1)
    for cx, cy in ((3, 3), (size - 4, 3), (3, size - 4)):  # finders, with what is light around them
        for y in range(max(0, cy - 4), min(size, cy + 5)):
            for x in range(max(0, cx - 4), min(size, cx + 5)):
                put(x, y, max(abs(x - cx), abs(y - cy)) not in (2, 4))
    centres = _centres(version)
    for cy in centres:
        for cx in centres:
            if (cx, cy) not in ((6, 6), (6, size - 7), (size - 7, 6)):
                for y in range(cy - 2, cy + 3):
                    for x in range(cx - 2, cx + 3):
                        put(x, y, max(abs(x - cx), abs(y - cy)) != 1)
    for i in range(9):
        taken[8] |= 1 << i
        taken[i] |= 1 << 8
    for i in range(8):
        taken[8] |= 1 << size - 1 - i
        taken[size - 1 - i] |= 1 << 8
    dark[size - 8] |= 1 << 8
    if version >= _FROM_VERSION:
        bits = version << 12 | remainder(version << 12, _VERSION, 12)
        for i in range(18):
            put(size - 11 + i % 3, i // 3, bits >> i & 1)
            put(i // 3, size - 11 + i % 3, bits >> i & 1)


def _centres(version: int) -> "tuple[int, ...]":
    """Of the alignment patterns, in both directions; a finder is where three of them would meet."""
    last = 10 + 4 * version
    if version == 1:
        return ()
    return (6, last) if version < _FROM_VERSION else (6, 8 + 2 * version, last)
