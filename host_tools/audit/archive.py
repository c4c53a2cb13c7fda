"""An archive as a source of records: a journal that its terminal has sealed for another board to go on from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from host_tools.audit.fold import contradiction
from host_tools.audit.reading import AuditError, Fault, Finding, Reading
from host_tools.audit.records import BadRecord, Event, Record, decode
from host_tools.backup.archive import MAGIC, Archive, Kind, Opener
from host_tools.backup.errors import BackupError

if TYPE_CHECKING:
    from host_tools.backup.archive import Head, Item

_NUMBER = 4  # bytes before a RECORD's record, and before the END's state


class ArchiveFile:
    """`content` is the file. Its bytes have no sectors: `base` is 0, and a finding has no place."""

    base = 0

    def __init__(self, content: bytes) -> None:
        """Raises AuditError."""
        try:
            self._archive = Archive.parse(content)
        except BackupError as problem:
            raise AuditError(str(problem)) from None

    @staticmethod
    def is_one(content: bytes) -> bool:
        return content.startswith(MAGIC)

    def terminal(self) -> str:
        return self._archive.terminal

    def key(self) -> bytes:
        """No archive has it. Raises AuditError."""
        raise AuditError("the archive does not hold its key: give the terminal's backup key (suanpan keys backup-key)")

    def reading(self, key: bytes) -> Reading:
        return _Walk(self._archive, Opener(self._archive, key)).reading()


class _Walk:
    def __init__(self, archive: Archive, opener: Opener) -> None:
        self._items = archive.items
        self._rest = archive.rest
        self._opener = opener
        self._records: list[Record] = []

    def reading(self) -> Reading:
        """Open item after item, up to the first that is not what or where it must be."""
        head = self._opener.head(self._items[0]) if self._items else None
        finding = self._follow(head) if head else self._beheaded()
        return Reading(self._records, finding)

    def _follow(self, head: Head) -> Finding | None:
        for index in range(1, head.count + 1):
            number = head.first + index - 1
            content = self._open(Kind.RECORD, index)
            if content is None:
                return self._name(Kind.RECORD, index, head)
            if int.from_bytes(content[:_NUMBER], "big") != number:
                return Finding(number, Fault.CONTRADICTORY, "it is genuine, and has another number")
            try:
                self._records.append(decode(number, content[_NUMBER:]))
            except BadRecord as bad:
                return Finding(number, Fault.CONTRADICTORY, f"it is genuine and no record: {bad}")
        return self._end(head)

    def _end(self, head: Head) -> Finding | None:
        """What is wrong behind the last record."""
        index, number = head.count + 1, head.last + 1
        content = self._open(Kind.END, index)
        if content is None:
            return self._name(Kind.END, index, head)
        if len(self._items) > index + 1 or self._rest:
            return Finding(number, Fault.ALTERED, "something stands behind the archive's end")
        try:
            state = decode(number, content[_NUMBER:])
            if int.from_bytes(content[:_NUMBER], "big") != head.count or state.event != Event.STATE:
                raise BadRecord("it counts other records")
            wrong = contradiction(self._records, state) if self._records else ""
        except BadRecord as bad:
            wrong = str(bad)
        return Finding(number, Fault.CONTRADICTORY, f"the archive's end: {wrong}") if wrong else None

    def _open(self, kind: Kind, index: int) -> bytes | None:
        return self._opener.open(kind, index, self._items[index]) if index < len(self._items) else None

    # -- naming ----------------------------------------------------------------------------------------

    def _name(self, kind: Kind, index: int, head: Head) -> Finding:
        """The item that should stand at `index` does not."""
        number = head.first + index - 1
        if index >= len(self._items):
            what = "in the middle of it" if self._rest else "before it"
            why = f"the archive ends {what}" if kind is Kind.RECORD else "the archive ends without saying so"
            return Finding(number, Fault.TRUNCATED, why)
        item = self._items[index]
        stands = self._true_index(item, head)
        where = f"(byte {item.offset} of the file)"
        if stands is None:
            what = "its seal does not open" if kind is Kind.RECORD else "the archive's end does not open"
            return Finding(number, Fault.ALTERED, f"{what}: it is altered, or of another archive {where}")
        elsewhere = any(self._opener.open(kind, index, other) is not None for other in self._items)
        what = self._called(stands, head)
        if stands < index or elsewhere:
            return Finding(number, Fault.REORDERED, f"what stands there is {what} {where}")
        return Finding(number, Fault.DROPPED, f"{what} follows at once {where}")

    def _called(self, index: int, head: Head) -> str:
        if not index:
            return "the archive's head"
        return "the archive's end" if index > head.count else f"record {head.first + index - 1}"

    def _true_index(self, item: Item, head: Head) -> int | None:
        """Where an item stood when it was sealed, None if that does not show."""
        for index in range(head.count + 2):
            kind = Kind.RECORD if 0 < index <= head.count else Kind.END if index else Kind.HEAD
            if self._opener.open(kind, index, item) is not None:
                return index
        return None

    def _beheaded(self) -> Finding:
        """The first item does not open as the head. A record's own number tells where the archive began."""
        if not self._items:
            return Finding(1, Fault.TRUNCATED, "the archive ends in its head")
        for item in self._items:
            if self._opener.head(item):
                return Finding(1, Fault.REORDERED, f"the archive's head stands at byte {item.offset} of the file")
        for place, item in enumerate(self._items):
            for index in (place, place + 1):
                content = self._opener.open(Kind.RECORD, index, item)
                if content is not None:
                    first = int.from_bytes(content[:_NUMBER], "big") - index + 1
                    if index == place:
                        return Finding(first, Fault.ALTERED, "the archive's head, before it, does not open")
                    return Finding(first, Fault.DROPPED, "the archive's head, before it, is gone")
        why = "nothing in the archive opens: it is another terminal's, or this is not its key"
        return Finding(1, Fault.FOREIGN, why)
