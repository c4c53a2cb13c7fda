"""BER-TLV and data object lists as cards and issuers speak them (EMV 4.3 Book 3, 5.4 and Annex B)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping


class Malformed(ValueError):
    """Data objects that are cut short."""


def tlv(tag: int, *values: bytes) -> bytes:
    """A data object whose value is all of `values`."""
    value = b"".join(values)
    size = len(value)
    head = b"" if size < 0x80 else b"\x81" if size < 0x100 else b"\x82"
    return tag_bytes(tag) + head + size.to_bytes(2 if size > 0xFF else 1, "big") + value


def tag_bytes(tag: int) -> bytes:
    return tag.to_bytes((tag.bit_length() + 7) // 8, "big")


def objects(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and value of each data object; templates are left whole. Raises Malformed."""
    at = 0
    while at < len(data):
        if data[at] == 0:
            at += 1
            continue
        tag, at = _tag(data, at)
        size, at = _byte(data, at)
        if size & 0x80:
            count = size & 0x7F
            size = int.from_bytes(data[at : at + count], "big")
            at += count
        if at + size > len(data):
            raise Malformed
        yield tag, data[at : at + size]
        at += size


def find(data: bytes, *path: int) -> bytes:
    """The value at the end of a path of tags; KeyError if there is none, Malformed."""
    for tag in path:
        data = next((value for found, value in objects(data) if found == tag), b"")
        if not data:
            raise KeyError(f"{tag:X}")
    return data


def dol(*entries: tuple[int, int]) -> bytes:
    """A data object list of tags and lengths."""
    return b"".join(tag_bytes(tag) + bytes([length]) for tag, length in entries)


def entries(listed: bytes) -> Iterator[tuple[int, int]]:
    at = 0
    while at < len(listed):
        tag, at = _tag(listed, at)
        length, at = _byte(listed, at)
        yield tag, length


def take(listed: bytes, values: bytes) -> dict[int, bytes] | None:
    """What a terminal has sent for a data object list, by tag; None where its length is not the list's."""
    found: dict[int, bytes] = {}
    at = 0
    for tag, length in entries(listed):
        found[tag] = values[at : at + length]
        at += length
    return found if at == len(values) else None


def give(listed: bytes, known: Mapping[int, bytes]) -> bytes:
    """What a list asks for, of what is known; zeros for the rest. Lengths are taken to agree."""
    return b"".join(known.get(tag, b"").rjust(length, b"\0")[:length] for tag, length in entries(listed))


def join(parts: Iterable[tuple[int, bytes]]) -> bytes:
    return b"".join(tlv(tag, value) for tag, value in parts)


def _tag(data: bytes, at: int) -> tuple[int, int]:
    tag, at = _byte(data, at)
    if tag & 0x1F == 0x1F:
        more = 0x80
        while more & 0x80:
            more, at = _byte(data, at)
            tag = tag << 8 | more
    return tag, at


def _byte(data: bytes, at: int) -> tuple[int, int]:
    if at >= len(data):
        raise Malformed
    return data[at], at + 1
