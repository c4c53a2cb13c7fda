"""Answer to reset (ISO/IEC 7816-3, clause 8), and whether EMV accepts it (EMV 4.3 Book 1, 8.3)."""

from micropython import const

from suanpan.errors.chip import CardGarbled, CardUnsupported

TYPE_CHECKING = False
if TYPE_CHECKING:
    Readable = bytes | bytearray | memoryview

LONGEST = const(33)
_DIRECT = const(0x3B)
_INVERSE = const(0x3F)

# By the nibbles of TA1; 0 is reserved.
_F = (372, 372, 558, 744, 1116, 1488, 1860, 0, 0, 512, 768, 1024, 1536, 2048, 0, 0)
_D = (0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0, 0, 0, 0, 0)


class Atr:
    """What an answer says of the transmission to come; without interface bytes it is what stands here."""

    def __init__(self) -> None:
        self.protocol = 0  # the first it offers: T=0 or T=1
        self.specific = False  # protocol and rate are as they are from the start, and there is no PPS
        self.ta1 = 0x11
        self.f = 372  # the rate that TA1 offers
        self.d = 1
        self.guard = 0  # etu more between two characters to the card
        self.wi = 10
        self.ifsc = 32
        self.bwi = -1  # T=1 without TB3, which EMV does not have
        self.cwi = 0
        self.crc = False  # else LRC


def length(answer: "Readable", have: int) -> int:
    """How many characters the answer has, as far as the first `have` of them tell; it is whole when that is `have`."""
    if have < 2:
        return 2
    at = 1
    end = 2
    checked = 0
    while True:
        presence = answer[at] >> 4
        for bit in range(4):
            end += presence >> bit & 1
        if not presence & 8:
            end += (answer[1] & 15) + checked
            break
        at = end - 1
        if at >= have:
            break
        if answer[at] & 15:
            checked = 1
    if end > LONGEST:
        raise CardGarbled
    return end


def parse(answer: "Readable", size: int, warm: bool) -> Atr:
    """A whole answer. CardGarbled where it is damaged, CardUnsupported where EMV has the terminal reject it.

    Two things are accepted beyond that: a CRC in the place of an LRC, and a cold answer without TB1, which later
    editions allow.
    """
    if size < 2 or answer[0] not in (_DIRECT, _INVERSE) or size != length(answer, size):
        raise CardGarbled
    atr = Atr()
    acceptable = True
    checked = False
    presence = answer[1] >> 4
    at = 2
    index = 1
    own = 0  # the index of T=1's own bytes, which are the first after a TD, TD2 at the earliest, that names it
    while True:
        for letter in range(3):
            if presence >> letter & 1:
                value = answer[at]
                at += 1
                if index == 1:
                    acceptable &= _first(atr, letter, value, warm)
                elif index == 2:
                    acceptable &= _second(atr, letter, value)
                elif index == own:
                    acceptable &= _of_t1(atr, letter, value)
        if not presence & 8:
            break
        protocol = answer[at] & 15
        if index == 1:
            atr.protocol = protocol
        elif protocol == 1 and not own:
            own = index + 1
        if protocol:
            checked = True
        presence = answer[at] >> 4
        at += 1
        index += 1
    if checked:
        check = 0
        for i in range(1, size):
            check ^= answer[i]
        if check:
            raise CardGarbled
    if not acceptable or not _fits(atr):
        raise CardUnsupported
    return atr


def _first(atr: Atr, letter: int, value: int, warm: bool) -> bool:
    if letter == 0:
        atr.ta1 = value
        atr.f = _F[value >> 4]
        atr.d = _D[value & 15]
    elif letter == 1:
        return warm or value == 0  # no card needs a programming voltage any more
    else:
        atr.guard = value
    return True


def _second(atr: Atr, letter: int, value: int) -> bool:
    if letter == 0:
        atr.specific = True
        return value & 0x10 == 0 and value & 15 == atr.protocol
    if letter == 1:
        return False
    atr.wi = value
    return value != 0


def _of_t1(atr: Atr, letter: int, value: int) -> bool:
    if letter == 0:
        atr.ifsc = value
        return 0x10 <= value <= 0xFE
    if letter == 1:
        atr.bwi = value >> 4
        atr.cwi = value & 15
        return atr.bwi <= 4 and atr.cwi <= 5
    atr.crc = value == 1
    return value <= 1


def _fits(atr: Atr) -> bool:
    """Whether the values go together; a rate that is reserved is none, or no offer."""
    if atr.guard == 255:
        atr.guard = 0
        least = 0
    else:
        least = atr.guard + 1
    if not atr.f or not atr.d:
        if atr.specific:
            return False
        atr.ta1 = 0x11
        atr.f = 372
        atr.d = 1
    if atr.protocol == 1:
        return atr.bwi >= 0 and 1 << atr.cwi > least
    return atr.protocol == 0
