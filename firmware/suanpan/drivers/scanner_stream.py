"""What a GM65 says, taken apart byte by byte: answers to commands, and codes (see scanner.py)."""

# A viper pointer takes any buffer, where the stubs only know the pointer.
# mypy: disable-error-code="arg-type"

import micropython
from micropython import const

LONGEST = const(512)  # EMVCo's codes, the longest that pay

# What `Incoming.take` says
NOTHING = const(0)
ANSWER = const(1)
CODE = const(2)
BROKEN = const(3)  # a code that is too long

_CR = const(0x0D)
_LF = const(0x0A)


@micropython.viper
def crc(data: ptr8, start: int, end: int) -> int:
    """CCITT's, from zero."""
    result = 0
    for i in range(start, end):
        result ^= data[i] << 8
        for _ in range(8):
            result = result << 1 ^ 0x1021 if result & 0x8000 else result << 1
        result &= 0xFFFF
    return result


class Incoming:
    """Answers and codes, told apart byte by byte: no code that pays has 02 00 in it."""

    def __init__(self) -> None:
        self.code = bytearray(LONGEST)
        self.size = 0  # of the code that was taken last
        self.answer = bytearray(8)  # type, count, up to four bytes of data, CRC
        self._at = 0  # in what is coming
        self._frame = 0  # how much of an answer has come, with 02 00

    @property
    def begun(self) -> bool:
        return self._at > 0 or self._frame > 0

    def forget(self) -> None:
        self._at = self._frame = self.size = 0

    def take(self, byte: int) -> int:
        if self._frame:
            return self._in_frame(byte)
        if not self._at:
            if byte == 2:
                self._frame = 1
                return NOTHING
            if byte in (_LF, _CR):
                return NOTHING
        return self._in_code(byte)

    def _in_code(self, byte: int) -> int:
        at = self._at
        if byte == _CR:
            self._at = 0
            self.size = at
            return CODE if at <= LONGEST else BROKEN
        if not byte and 0 < at <= LONGEST and self.code[at - 1] == 2:  # an answer behind noise
            self._at = 0
            self._frame = 2
        elif at < LONGEST:
            self.code[at] = byte
            self._at = at + 1
        else:
            self._at = LONGEST + 1
        return NOTHING

    def _in_frame(self, byte: int) -> int:
        at = self._frame
        if at == 1:
            if byte:  # no answer: a code that begins with 02
                self._frame = 0
                self._in_code(2)
                return self._in_code(byte)
            self._frame = 2
            return NOTHING
        answer = self.answer
        answer[at - 2] = byte
        self._frame = at = at + 1
        if at < 4:
            return NOTHING
        size = answer[1]
        if not 0 < size <= 4 or answer[0]:
            self._frame = 0
        elif at == 6 + size:
            self._frame = 0
            if crc(answer, 0, 2 + size) == answer[2 + size] << 8 | answer[3 + size]:
                return ANSWER
        return NOTHING
