"""From when to when a certificate holds: the one thing of it that is read here (RFC 5280, 4.1.2.5)."""

from micropython import const

_SEQUENCE = const(0x30)
_VERSION = const(0xA0)
_INTEGER = const(0x02)
_UTC_TIME = const(0x17)
_GENERALIZED_TIME = const(0x18)

_EAST_H = const(8)  # the clock's: the host's sign-in sets it to China's time


def validity(certificate: memoryview) -> "tuple[str, str]":
    """Its first and last moment, YYYYMMDDHHMMSS of UTC. ValueError for what is no certificate in DER."""
    try:
        at, _ = _inside(certificate, 0, _SEQUENCE)
        at, _ = _inside(certificate, at, _SEQUENCE)
        if certificate[at] == _VERSION:
            at = _inside(certificate, at, _VERSION)[1]
        for tag in (_INTEGER, _SEQUENCE, _SEQUENCE):  # serial number, algorithm, issuer
            at = _inside(certificate, at, tag)[1]
        at, _ = _inside(certificate, at, _SEQUENCE)
        first, at = _moment(certificate, at)
        return first, _moment(certificate, at)[0]
    except IndexError:
        raise ValueError from None


def utc(clock: "tuple[int, ...]") -> str:
    """What machine.RTC.datetime() says, as YYYYMMDDHHMMSS of UTC."""
    year, month, day, _, hour, minute, second = clock[:7]
    hour -= _EAST_H
    if hour < 0:
        hour += 24
        day -= 1
        if not day:
            month -= 1
            if not month:
                month = 12
                year -= 1
            # A leap year, until the one of 2100 that is none.
            day = 30 if month in (4, 6, 9, 11) else 31 if month != 2 else 28 if year % 4 else 29
    return f"{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}"


def _inside(data: memoryview, at: int, tag: int) -> "tuple[int, int]":
    """Where the content of the object at `at` begins and ends."""
    if data[at] != tag:
        raise ValueError
    size = data[at + 1]
    at += 2
    if size & 0x80:
        count = size & 0x7F
        size = int.from_bytes(data[at : at + count], "big")
        at += count
    if at + size > len(data):
        raise ValueError
    return at, at + size


def _moment(data: memoryview, at: int) -> "tuple[str, int]":
    short = data[at] == _UTC_TIME
    start, end = _inside(data, at, _UTC_TIME if short else _GENERALIZED_TIME)
    text = bytes(data[start:end])
    if len(text) != (13 if short else 15) or text[-1:] != b"Z" or not text[:-1].isdigit():
        raise ValueError
    digits = text[:-1].decode()
    if short:
        digits = ("19" if digits >= "5" else "20") + digits
    return digits, end
