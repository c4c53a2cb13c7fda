"""The eight masks of a QR code: which of them leaves least in it that could mislead a reader (ISO/IEC 18004, 7.8)."""

from micropython import const

_MASKS = const(8)
_FORMAT = const(0x537)
_FORMAT_MASK = const(0x5412)


def best(dark: list[int], taken: list[int], level: int) -> list[int]:
    """The code under the mask that leaves least in it that could mislead a reader."""
    least, chosen = -1, dark
    for mask in range(_MASKS):
        rows = [row ^ (pattern & ~kept) for row, kept, pattern in zip(dark, taken, _pattern(mask, len(dark)))]
        _format(rows, level << 3 | mask)
        faults = _faults(rows) + _faults(_turned(rows)) + _blocks(rows) + _balance(rows)
        if least < 0 or faults < least:
            least, chosen = faults, rows
    return chosen


def _pattern(mask: int, size: int) -> list[int]:
    """What is turned over, row by row: in each row six columns repeat."""
    repeated = sum(1 << i for i in range(0, size, 6))
    full = (1 << size) - 1
    rows = []
    for y in range(size):
        unit = 0
        for x in range(6):
            product = x * y
            value = (
                (x + y) % 2,
                y % 2,
                x % 3,
                (x + y) % 3,
                (x // 3 + y // 2) % 2,
                product % 2 + product % 3,
                (product % 2 + product % 3) % 2,
                ((x + y) % 2 + product % 3) % 2,
            )[mask]
            if not value:
                unit |= 1 << x
        rows.append(unit * repeated & full)
    return rows


def _format(rows: list[int], data: int) -> None:
    """Level and mask, twice."""
    size = len(rows)
    bits = (data << 10 | remainder(data << 10, _FORMAT, 10)) ^ _FORMAT_MASK
    for i in range(15):
        if bits >> i & 1:
            rows[i if i < 6 else i + 1 if i < 8 else size - 15 + i] |= 1 << 8
            rows[8] |= 1 << (size - 1 - i if i < 8 else 7 if i == 8 else 14 - i)


def _turned(rows: list[int]) -> list[int]:
    """Columns as rows."""
    return [sum((row >> x & 1) << y for y, row in enumerate(rows)) for x in range(len(rows))]


def _count(bits: int) -> int:
    return bin(bits).count("1")


def _faults(rows: list[int]) -> int:
    """Five and more of one colour in a row, and what looks like a finder."""
    size = len(rows)
    full = (1 << size) - 1
    found = 0
    for row in rows:
        same = ~(row ^ row >> 1) & full >> 1
        long = same & same >> 1 & same >> 2 & same >> 3  # where five begin
        found += _count(long) + 2 * _count(long & ~(long << 1))
        finder = row & ~(row >> 1) & row >> 2 & row >> 3 & row >> 4 & ~(row >> 5) & row >> 6
        if finder & full:
            light = ~row & full
            free = light & light >> 1 & light >> 2 & light >> 3
            found += 40 * _count(finder & free >> 7)
            found += 40 * _count(finder & free << 4)
    return found


def _blocks(rows: list[int]) -> int:
    """Two by two of one colour."""
    found = 0
    full = (1 << len(rows) - 1) - 1
    for y in range(1, len(rows)):
        row = rows[y]
        same = ~(row ^ rows[y - 1])
        found += 3 * _count(same & same >> 1 & ~(row ^ row >> 1) & full)
    return found


def _balance(rows: list[int]) -> int:
    """Ten for each twentieth that dark and light are apart from half and half."""
    count = sum(_count(row) for row in rows)
    total = len(rows) * len(rows)
    return abs(count * 20 - total * 10) // total * 10


def remainder(value: int, divisor: int, degree: int) -> int:
    for i in range(20, degree - 1, -1):
        if value >> i & 1:
            value ^= divisor << i - degree
    return value
