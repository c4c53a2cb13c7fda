"""What a journal record says. The tables are the host's own; a tag keeps its meaning for ever.

A record is one byte for the event, then fields as tag 1, length 1, value. Tags 01 to 5F are text (UTF-8), 61 to 7F
bytes, which may be split over several fields of one tag, 81 to FF numbers (big-endian, unsigned).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = str | int | bytes
Key = tuple[str, str]  # kind, card organisation
Totals = dict[Key, tuple[int, int]]  # count, fen


class Event(IntEnum):
    STATE = 0
    SIGNED_IN = 1
    OPENED = 2
    APPROVED = 3
    DECLINED = 4
    UNANSWERED = 5
    REVERSED = 6
    PRINTED = 7
    STORED = 8
    DELIVERED = 9
    SETTLING = 10
    SETTLED = 11
    REOPENED = 12
    RESTORED = 13  # all before it was restored from an archive; it takes a STAN far ahead
    ADVISED = 14  # what moves no money and the host must be told of; it may stand within a request
    WATCHED = 15  # a trace for the workshop begins; or is ended, by a person: then `of` says which. No transaction


TAGS = {
    0x01: "kind", 0x02: "batch", 0x03: "stan", 0x04: "pan", 0x05: "entry_mode", 0x06: "operator", 0x07: "date",
    0x08: "time", 0x09: "response", 0x0A: "reason", 0x0B: "auth_code", 0x0C: "reference", 0x0D: "host_date",
    0x0E: "host_time", 0x0F: "parties", 0x10: "org", 0x11: "original", 0x12: "original_reference",
    0x13: "sequence", 0x14: "remarks",
    0x61: "card", 0x62: "totals", 0x63: "undone", 0x64: "chip",
    0x81: "amount", 0x82: "printed", 0x83: "status", 0x84: "open", 0x85: "newest", 0x86: "of", 0x87: "floor",
    0x88: "batch_start", 0x89: "settled", 0x8A: "settling", 0x8B: "queued", 0x8C: "queued_total", 0x8D: "oldest",
    0x8E: "oldest_at", 0x8F: "refused", 0x90: "unbalanced", 0x91: "base", 0x92: "tip",
}  # fmt: skip
# As the sums number them.
KINDS = {
    1: "sale", 2: "void", 3: "refund", 4: "offline_sale", 5: "offline_chip", 6: "pre_auth", 7: "pre_auth_void",
    8: "completion", 9: "completion_void", 10: "completion_advice", 11: "adjustment", 12: "tip",
    13: "moto",
}  # fmt: skip
CREDITS = {"void", "refund", "completion_void"}  # what the merchant owes
HELD = {"pre_auth", "pre_auth_void"}  # what moves no money; all else is owed to the merchant

_BYTES, _NUMBER = 0x60, 0x80
_SUM_SIZE = 13


class BadRecord(ValueError):
    """A record that opened, and says what no record can say."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the journal's partition: sector, and byte of it."""

    sector: int
    offset: int

    def __str__(self) -> str:
        return f"sector {self.sector}, byte {self.offset}"


@dataclass(frozen=True, slots=True)
class Record:
    """`event` is the bare number if it is none of `Event`; `data` is the whole record in clear."""

    number: int
    event: int
    fields: Mapping[str, Value]
    data: bytes
    unknown: tuple[int, ...] = ()  # tags that this tool does not know
    place: Place | None = None

    def text(self, name: str) -> str:
        """A text field, "" if the record does not have it."""
        return str(self.fields.get(name, ""))

    def figure(self, name: str) -> int:
        """A number, 0 if the record does not have it."""
        value = self.fields.get(name, 0)
        return value if isinstance(value, int) else 0

    def octets(self, name: str) -> bytes:
        value = self.fields.get(name, b"")
        return value if isinstance(value, bytes) else b""


def decode(number: int, data: bytes, place: Place | None = None) -> Record:
    """Raises BadRecord."""
    if not data:
        raise BadRecord("it is empty")
    fields: dict[str, Value] = {}
    unknown = []
    at = 1
    while at < len(data):
        if at + 2 > len(data) or at + 2 + data[at + 1] > len(data):
            raise BadRecord("a field ends beyond it")
        tag, value = data[at], data[at + 2 : at + 2 + data[at + 1]]
        at += 2 + len(value)
        name = TAGS.get(tag)
        if name is None:
            unknown.append(tag)
        elif tag > _NUMBER:
            fields[name] = int.from_bytes(value, "big")
        elif tag > _BYTES:
            before = fields.get(name, b"")
            fields[name] = (before if isinstance(before, bytes) else b"") + value
        else:
            try:
                fields[name] = value.decode()
            except UnicodeDecodeError:
                raise BadRecord(f"its {name} is no text") from None
    return Record(number, data[0], fields, data, tuple(unknown), place)


def unpack_totals(data: bytes) -> Totals:
    """Sums as a record has them: kind 1, organisation 3, count 2, amount 7 for each. Raises BadRecord."""
    if len(data) % _SUM_SIZE:
        raise BadRecord("its sums are cut short")
    totals: Totals = {}
    for at in range(0, len(data), _SUM_SIZE):
        kind, org, figures = data[at], data[at + 1 : at + 4], data[at + 4 : at + _SUM_SIZE]
        name = KINDS.get(kind, f"kind {kind}")
        totals[name, org.decode("latin-1").strip()] = (
            int.from_bytes(figures[:2], "big"),
            int.from_bytes(figures[2:], "big"),
        )
    return totals


def unpack_numbers(data: bytes) -> list[int]:
    """Record numbers of 4 bytes each."""
    return [int.from_bytes(data[at : at + 4], "big") for at in range(0, len(data), 4)]
