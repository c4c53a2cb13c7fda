"""Sealed records in the order in which they were written, and the state that they add up to.

Each record is sealed with AES-SIV under the record number (8 bytes) followed by the tag of the record before it (16;
zeros before the first) as its associated data. So none can be read, altered, left out, moved or taken to another
terminal without being found out. The log keeps the previous tag with the first record of each sector; that record
is always a STATE, so mounting reads one sector, and older ones may be erased, without losing the chain or the sums.
"""

from micropython import const

from suanpan.crypto.octets import wipe
from suanpan.errors import JournalBroken, LogCorrupt, LogWorn, SealError
from suanpan.ledger.record import STATE, decode, encode
from suanpan.ledger.state import State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from suanpan.crypto.aes_siv import Siv
    from suanpan.errors import LedgerError
    from suanpan.ledger.flash_log import FlashLog
    from suanpan.ledger.record import Fields

    Record = tuple[int, int, Fields]  # record number, event, fields

_TAG = const(16)


class Journal:
    broken_at = 0  # number of the first bad record, once JournalBroken has been raised
    barred: "type[LedgerError] | None" = None  # why nothing is recorded any more
    _next = 0  # sectors yet to be verified, by sequence number: the first of them
    _last = -1  # and the last

    def __init__(self, log: "FlashLog", siv: "Siv") -> None:
        self.log = log
        self.state = State()
        self.siv = siv
        self._tag = bytes(_TAG)
        self._seen = 0, b""  # number and tag of the last record verified in the sector before `_next`

    def mount(self) -> None:
        """Check the newest sector's records and fold them. Raises JournalBroken."""
        self.state = State()
        before, tag = 0, b""
        try:
            self.log.mount()
        except LogCorrupt:
            raise self._broken(self.log.number + 1) from None
        for number, link, sealed in self.log.newest_sector():
            if tag and number != before + 1:  # its mark has been cleared
                raise self._broken(before + 1)
            before = number
            event, fields = self._open(number, link, tag, sealed)
            if link and event != STATE:
                raise self._broken(number)
            self.state.apply(number, event, fields)
            tag = sealed[:_TAG]
        self._tag = tag or bytes(_TAG)
        self.log.release(self.state.floor)

    def verify(self, start: int = 0) -> None:
        """Check every record from the one of this number on, and that none that is still needed is missing. What is
        older is left to verify_more(). Raises JournalBroken."""
        oldest, newest = self.log.sectors
        for number, _, _ in self.log.records_from(oldest):
            if number > self.state.floor:
                raise self._broken(self.state.floor)
            break
        first = self.log.seek(lambda head: head[0] > start)
        number, _ = self._check(first, newest, (0, b""))
        if number != self.log.number:
            raise self._broken(number + 1)
        self._next, self._last, self._seen = oldest, first if first > oldest else -1, (0, b"")

    def verify_more(self) -> bool:
        """Check one more sector of what verify() has left, oldest first; False if nothing is left. For idle time: it
        takes a hundredth of what all of them take. Raises JournalBroken."""
        oldest = self.log.sectors[0]
        if self._next < oldest:  # erased since: its records were not needed any more
            self._next, self._seen = oldest, (0, b"")
        if self._next > self._last:
            return False
        self._seen = self._check(self._next, self._next, self._seen)
        self._next += 1
        return self._next <= self._last

    def _check(self, first: int, last: int, seen: "tuple[int, bytes]") -> "tuple[int, bytes]":
        """Open the records of these sectors, which follow the one seen: its number and tag, 0 and b"" for none.
        Returns what is then the last one seen."""
        number, tag = seen
        records = self.log.records_from(first, last, number)
        try:
            for number, link, sealed in records:
                wipe(self._unseal(number, link, tag, sealed))
                tag = sealed[:_TAG]
        except LogCorrupt:
            raise self._broken(number + 1) from None
        return number, tag

    def append(self, event: int, fields: "Fields") -> int:
        """Commit a record and take it into the state; returns its number.

        Raises LogFull, LogWorn if two sectors in a row do not keep the record, or what bars the journal.
        """
        if self.barred:
            raise self.barred
        floor = self.state.floor
        data = encode(event, fields)
        try:
            try:
                number = self._place(event, fields, data)
            except LogWorn:
                number = self._place(event, fields, data)
        finally:
            wipe(data)
        if self.state.floor != floor:
            self.log.release(self.state.floor)
        return number

    def forward(self, number: int) -> "Iterator[Record]":
        """From the record of this number (or the oldest there is) on, each checked. Raises JournalBroken."""
        for record in self._from_sector(self.log.seek(lambda head: head[0] > number)):
            if record[0] >= number:
                yield record

    def around(self, later: "Callable[[Fields], bool]") -> "Iterator[Record]":
        """From the newest sector on whose STATE is not `later` than what is looked for; see FlashLog.seek()."""

        def opened(head: "tuple[int, bytes, bytes]") -> bool:
            return later(self._open(head[0], head[1], b"", head[2])[1])

        return self._from_sector(self.log.seek(opened))

    def plain(self, seq: int) -> "Iterator[tuple[int, bytearray]]":
        """From a sector's first record on: number, and the record as it was encoded, for the caller to wipe; each
        checked. Raises JournalBroken."""
        number, tag = 0, b""
        try:
            for number, link, sealed in self.log.records_from(seq):
                data = self._unseal(number, link, tag, sealed)
                tag = sealed[:_TAG]
                yield number, data
        except LogCorrupt:
            raise self._broken(number + 1) from None

    def _from_sector(self, seq: int) -> "Iterator[Record]":
        for number, data in self.plain(seq):
            event, fields = _decoded(data)
            yield number, event, fields

    def newest_first(self) -> "Iterator[Record]":
        """Down to the oldest record there is, each checked as it is reached. Raises JournalBroken."""
        number, later = self.log.number + 1, b""
        try:
            for record in self.log.newest_first():
                if later:
                    event, fields = self._open(number, b"", record[2][:_TAG], later)
                    yield number, event, fields
                number, link, later = record
                if link:
                    event, fields = self._open(number, link, b"", later)
                    yield number, event, fields
                    later = b""
        except LogCorrupt:
            raise self._broken(number - 1) from None

    def _place(self, event: int, fields: "Fields", data: bytearray) -> int:
        while self.log.starts_sector(_TAG + len(data)):
            self.log.turn()
            state = self.state.fields()
            self._write(STATE, state, encode(STATE, state))
        return self._write(event, fields, data)

    def _write(self, event: int, fields: "Fields", data: bytearray) -> int:
        sealed = bytes(self.siv.seal(data, _associated(self.log.number + 1, self._tag)))
        number = self.log.append(sealed, self._tag)
        self._tag = sealed[:_TAG]
        self.state.apply(number, event, fields)
        return number

    def _open(self, number: int, link: bytes, tag: bytes, sealed: bytes) -> "tuple[int, Fields]":
        return _decoded(self._unseal(number, link, tag, sealed))

    def _unseal(self, number: int, link: bytes, tag: bytes, sealed: bytes) -> bytearray:
        """A record in clear. `link` is the previous tag by the log's word, `tag` the one that was seen; b"" where there
        is none."""
        if not (link or tag):  # the sector's first record is gone, and this is the second
            raise self._broken(number - 1)
        if link and tag and link != tag:
            raise self._broken(number)
        try:
            return self.siv.open(sealed, _associated(number, link or tag))
        except SealError:
            raise self._broken(number) from None

    def _broken(self, number: int) -> JournalBroken:
        self.broken_at = max(1, number)
        self.barred = JournalBroken
        return JournalBroken()


def _decoded(data: bytearray) -> "tuple[int, Fields]":
    try:
        return decode(data)
    finally:
        wipe(data)


def _associated(number: int, tag: bytes) -> bytes:
    return number.to_bytes(8, "big") + tag
