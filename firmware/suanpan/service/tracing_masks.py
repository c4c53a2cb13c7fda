"""What of cards, messages and screens a trace may have: of a card number first six and last four digits."""

from micropython import const

from suanpan.codec import iso8583
from suanpan.errors import CodecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable

_PAN = const(2)
_SHORTEST_PAN = const(13)
_TOLD = const((3, 4, 11, 12, 13, 15, 22, 23, 25, 26, 37, 38, 39, 41, 42, 44, 49, 53, 60, 61, 63))
_SUMS = const(48)
_SETTLEMENT = "05"
_SEPARATORS = b"=D"


def masked_track(track: "memoryview | None") -> str:
    """;PAN=YYMMSVC... without what stands between first six and last four digits, and without what follows."""
    if not track:
        return "-"
    end = 1
    while end < len(track) and track[end] not in _SEPARATORS:
        end += 1
    known = bytes(track[end + 1 : end + 8]).decode()
    if end - 1 < _SHORTEST_PAN or end == len(track):  # no card's, as far as anybody can see
        return f"{'*' * (end - 1)}={known}"
    return f"{bytes(track[1:7]).decode()}{'*' * (end - 11)}{bytes(track[end - 4 : end]).decode()}={known}"


def masked_message(message: "Readable") -> str:
    try:
        mti, fields = iso8583.decode(message)
    except CodecError:
        return f"({len(message)})"
    lines = [mti]
    for number in sorted(fields):
        value = fields[number]
        if number == _PAN and len(value) >= _SHORTEST_PAN:
            told = f"{value[:6]}{'*' * (len(value) - 10)}{value[-4:]}"  # type: ignore[str-bytes-safe]
        elif number in _TOLD or (number == _SUMS and mti[:2] == _SETTLEMENT):  # else it may have card numbers
            told = value if isinstance(value, str) else value.hex()
        else:
            told = f"({len(value)})"
        lines.append(f"{number}={told}")
    return "\n".join(lines)


def without_numbers(row: str) -> str:
    """What stands on a screen is masked already; a number that is as long as a card's is not told all the same."""
    run = 0
    for letter in row.encode():
        run = run + 1 if 0x30 <= letter <= 0x39 else 0
        if run == _SHORTEST_PAN:
            return f"({len(row)})"
    return row
