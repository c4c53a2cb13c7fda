"""Data objects as text: hexadecimal, with a star for each digit that must not be kept.

Stars stand for digits of values alone, so what is masked can still be taken apart. A PAN keeps its first six and last
four digits, a track its expiry and service code besides; names, PINs, discretionary data and the certificates that a
PAN can be opened from keep nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from host_tools.cards.tlv import Malformed
from host_tools.emv import bits, names

if TYPE_CHECKING:
    from collections.abc import Iterator

HIDDEN: Final = "*"

_PAN: Final = 0x5A
_TRACKS: Final = (0x57, 0x9F6B)
_SECRET: Final = (0x56, 0x99, 0x5F20, 0x9F0B, 0x9F1F, 0x9F20, 0x9F2D, 0x9F46)
_HEAD, _TAIL = 6, 4  # digits of a PAN
_AFTER_PAN: Final = 8  # D, expiry, service code
_CONSTRUCTED: Final = 0x20
_VERIFICATION, _INFORMATION, _CVM_LIST = 0x9F34, 0x9F27, 0x8E
_PIN_COMMANDS: Final = (0x20, 0x24)
_CHALLENGE: Final = 0x84  # whose answer is no data object
_HEADER: Final = 10  # digits of a command before its data


@dataclass(frozen=True)
class Object:
    """`text` is its value in hexadecimal; of a template `objects` has what is in it."""

    tag: int
    text: str
    objects: tuple[Object, ...] = ()

    @property
    def value(self) -> bytes:
        """With zeros for what is masked."""
        return plain(self.text)

    @property
    def constructed(self) -> bool:
        return _constructed(self.tag)

    def as_dict(self) -> dict[str, Any]:
        """For JSON, with its name and what it says."""
        row: dict[str, Any] = {"tag": f"{self.tag:X}", "name": names.tag_name(self.tag)}
        if self.constructed:
            return row | {"objects": [each.as_dict() for each in self.objects]}
        row["value"] = self.text
        said = words(self.tag, self.text)
        return row | {"says": said} if said else row


def plain(text: str) -> bytes:
    return bytes.fromhex(text.replace(HIDDEN, "0"))


def read(text: str) -> tuple[Object, ...]:
    """The data objects of a masked text. Raises Malformed."""
    return tuple(Object(tag, value, read(value) if _constructed(tag) else ()) for tag, _, value in _walk(text))


def walk(objects: tuple[Object, ...]) -> Iterator[Object]:
    """Every one that is not a template, however deep."""
    for each in objects:
        if each.constructed:
            yield from walk(each.objects)
        else:
            yield each


def words(tag: int, text: str) -> list[str]:
    """What a value says, where it has a meaning of its own."""
    value = plain(text)
    if tag in bits.FIELDS:
        return bits.set_bits(bits.FIELDS[tag], value)
    if tag == _VERIFICATION and len(value) == 3:
        return [bits.verification(value)]
    if tag == _INFORMATION and value:
        return [bits.cryptogram(value[0])]
    if tag == _CVM_LIST and len(value) >= 8:
        return bits.rules(value)
    return []


def masked_answer(command: bytes, data: bytes) -> str:
    """The data of an answer. What cannot be taken apart may be anything, and is not kept."""
    text = data.hex().upper()
    if command[1:2] == bytes([_CHALLENGE]):
        return text
    try:
        return _masked(text)
    except Malformed:
        return HIDDEN * len(text)


def masked_command(command: bytes) -> str:
    text = command.hex().upper()
    if command[1:2] and command[1] in _PIN_COMMANDS:
        return text[:_HEADER] + HIDDEN * len(text[_HEADER:])
    return text


def numbers(text: str) -> Iterator[str]:
    """The PANs in data objects that are not masked."""
    try:
        found = list(walk(read(text)))
    except Malformed:
        return
    for each in found:
        if each.tag == _PAN:
            yield each.text.rstrip("F")
        elif each.tag in _TRACKS:
            yield each.text.partition("D")[0]


def masked_number(pan: str) -> str:
    return pan[:_HEAD] + HIDDEN * (len(pan) - _HEAD - _TAIL) + pan[-_TAIL:]


def _masked(text: str) -> str:
    return "".join(head + _shown(tag, value) for tag, head, value in _walk(text))


def _shown(tag: int, value: str) -> str:
    if _constructed(tag):
        return _masked(value)
    if tag == _PAN:
        digits = value.rstrip("F")
        return masked_number(digits) + value[len(digits) :]
    if tag in _TRACKS:
        pan, _, rest = value.partition("D")
        kept = f"{masked_number(pan)}D{rest}"[: len(pan) + _AFTER_PAN]
        return kept + HIDDEN * (len(value) - len(kept))
    return HIDDEN * len(value) if tag in _SECRET else value


def _walk(text: str) -> Iterator[tuple[int, str, str]]:
    """Tag, tag and length as they are written, and value."""
    data, at = plain(text), 0
    while at < len(data):
        before = at
        while at < len(data) and data[at] == 0:  # padding
            at += 1
        begin = at
        at += 1
        if begin < len(data) and data[begin] & 0x1F == 0x1F:
            while at < len(data) and data[at] & 0x80:
                at += 1
            at += 1
        if at >= len(data):
            raise Malformed
        tag = int.from_bytes(data[begin:at], "big")
        size = data[at]
        at += 1
        if size & 0x80:
            count = size & 0x7F
            size = int.from_bytes(data[at : at + count], "big")
            at += count
        if at + size > len(data):
            raise Malformed
        yield tag, text[2 * before : 2 * at], text[2 * at : 2 * (at + size)]
        at += size


def _constructed(tag: int) -> bool:
    return bool(tag >> (tag.bit_length() - 1) // 8 * 8 & _CONSTRUCTED)
