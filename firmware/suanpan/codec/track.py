"""Track 2 of a magnetic stripe as a reader passes it on: checked (ISO/IEC 7811-2) and read (ISO/IEC 7813)."""

from micropython import const

from suanpan.errors import NotBankCard, TrackError

TYPE_CHECKING = False
if TYPE_CHECKING:
    Readable = bytes | bytearray | memoryview

# Characters are the four bits on the stripe plus 0x30.
_BASE = const(0x30)
_NINE = const(0x39)
_START = const(0x3B)  # ;
_SEPARATOR = const(0x3D)  # =
_END = const(0x3F)  # ?

_MAX_DATA = const(37)  # characters between the sentinels
_MIN_PAN = const(13)  # what an ISO 9564-1 PIN block can be bound to
_MAX_PAN = const(19)
_EXPIRY = const(4)  # YYMM
_SERVICE_CODE = const(3)


class Track2:
    """The track's characters, held in one buffer of its own: `wipe` it when the card is done with."""

    def __init__(self, characters: bytearray, pan_size: int) -> None:
        self._characters = characters
        self._pan_size = pan_size
        self.reading = ""  # what F60 says of how the card was read

    @property
    def data(self) -> str:
        """All between the sentinels, with "=": what F35 carries."""
        return self._text(0, len(self._characters))

    @property
    def pan(self) -> str:
        return self._text(0, self._pan_size)

    @property
    def expiry(self) -> str:
        """YYMM."""
        return self._text(self._pan_size + 1, _EXPIRY)

    @property
    def service_code(self) -> str:
        return self._text(self._pan_size + 1 + _EXPIRY, _SERVICE_CODE)

    @property
    def has_chip(self) -> bool:
        """Whether the card has a chip too, which is then to be used where there is a slot for it."""
        return self.service_code[0] in "26"

    def wipe(self) -> None:
        for i in range(len(self._characters)):
            self._characters[i] = 0

    def _text(self, at: int, size: int) -> str:
        return str(memoryview(self._characters)[at : at + size], "ascii")


def parse_track2(line: "Readable") -> Track2:
    """The payment card on `line`: sentinel to sentinel, and the LRC character if the reader passes it on.

    Raises TrackError for what is no track (sentinel, character, length, LRC), NotBankCard for a track without
    PAN of 13 to 19 digits, its check digit right, or without expiry or service code. ISO/IEC 7813 would let a
    separator stand for either of the last two; payment cards have both.
    """
    data = memoryview(line)[1 : _find_end(line)]
    size = 0
    while size < len(data) and data[size] != _SEPARATOR:
        size += 1
    rest = data[size + 1 : size + 1 + _EXPIRY + _SERVICE_CODE]
    if not _MIN_PAN <= size <= _MAX_PAN or not _luhn(data[:size]):
        raise NotBankCard
    if len(rest) < _EXPIRY + _SERVICE_CODE or _SEPARATOR in bytes(rest):
        raise NotBankCard
    return Track2(bytearray(data), size)


def _find_end(line: "Readable") -> int:
    """Where the end sentinel is, once everything on the line has been checked."""
    if not line or line[0] != _START:
        raise TrackError
    check = _START
    for at in range(1, len(line)):
        character = line[at]
        check ^= character
        if character == _END:
            break
        if not _BASE <= character <= _NINE and character != _SEPARATOR:
            raise TrackError
    else:
        raise TrackError
    after = len(line) - at - 1
    if at - 1 > _MAX_DATA or after > 1 or (after and line[at + 1] != _BASE | check & 0x0F):
        raise TrackError
    return at


def _luhn(digits: "Readable") -> bool:
    """Whether the last of `digits` is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    total = 0
    for i in range(len(digits)):
        digit = digits[i] & 0x0F
        if (len(digits) - i) & 1 == 0:
            digit = digit * 2 // 10 + digit * 2 % 10
        total += digit
    return total % 10 == 0
