"""An archive's way into an empty journal: record after record under this board's own seals, and all of it or nothing.

The records keep their numbers and their sectors. Until all are there, and add up to the state that the archive ends
with, they are in sectors of another magic, which mounting erases if it finds none of the ordinary kind behind them
(flash_log.py). What makes them count is a single record, the STATE that begins the first ordinary sector.

The board that the archive is of may have gone on since. So STANs go on from far ahead, where the host has seen none of
them. What was owed to the host at that time is owed by this board now: the host will be told once more what it was told
meanwhile, under the STANs of then, and know it. What the other board has sold since is in the host's books alone.
"""

import struct

from micropython import const

from suanpan.crypto.octets import wipe
from suanpan.errors import SealError, SuanpanError
from suanpan.errors.backup import BackupAltered, BackupForeign, BackupUnreadable, BackupUnwanted, Restoring
from suanpan.ledger import flash_ring
from suanpan.ledger.backup import BEGIN, END, HEAD, MAGIC, RECORD, VERSION, label, unpacked, with_card
from suanpan.ledger.journal import Journal
from suanpan.ledger.record import RESTORED, STATE, decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.aes_siv import Siv
    from suanpan.crypto.octets import Readable
    from suanpan.ledger.pan_vault import PanVault
    from suanpan.ledger.record import Fields

_STANS = const(999999)
_AHEAD = const(10000)  # STANs: ten batches of the largest size
_LENGTH = const(2)  # bytes of an item's length,
_TAG = const(16)  # of its seal,
_NUMBER = const(4)  # of what a RECORD or the END begins with
_LONGEST = const(1984)  # record in clear


class Restoration:
    """What feed() raises has ended it, and left the journal empty, as it was."""

    done = False

    def __init__(self, journal: Journal, vault: "PanVault", siv: "Siv", terminal_id: str) -> None:
        """`siv` is the backup key's. Raises BackupUnwanted unless the journal is empty."""
        if journal.log.number or journal.barred:
            raise BackupUnwanted
        self._journal = journal
        self._copy = _Copy(journal.log, journal.siv)
        self._vault = vault
        self._siv = siv
        self._terminal_id = terminal_id.encode()
        self._buffer = bytearray(_TAG + _NUMBER + _LONGEST)
        self._used = 0
        self._wanted = BEGIN
        self._length_known = True
        self._begin = b""
        self._index = 0  # of the next item
        self._first = self._last = 0
        self._moment = ""

    def feed(self, data: "Readable") -> None:
        """Take in what comes next of the archive, in whatever pieces; `done` after the last.

        Raises BackupUnreadable, BackupForeign, BackupAltered, LogFull, LogWorn.
        """
        view = memoryview(data)
        try:
            while len(view) > 0:
                count = min(len(view), self._wanted - self._used)
                self._buffer[self._used : self._used + count] = view[:count]
                self._used += count
                view = view[count:]
                if self._used == self._wanted:
                    self._take_piece()
        except SuanpanError:
            self.leave()
            raise

    def leave(self) -> None:
        """Give it up: nothing of it stays."""
        wipe(self._buffer)
        if self._journal.barred is Restoring and not self.done:
            self._journal.mount()
            self._vault.renew(0)
            self._journal.barred = None

    def _take_piece(self) -> None:
        """The begin, an item's length, or its content is whole."""
        piece = memoryview(self._buffer)[: self._wanted]
        self._used = 0
        if self.done:
            raise BackupAltered
        if not self._begin:
            self._take_begin(bytes(piece))
        elif not self._length_known:
            self._wanted = piece[0] << 8 | piece[1]
            if not _TAG + _NUMBER < self._wanted <= len(self._buffer):
                raise BackupAltered
            self._length_known = True
            return
        else:
            self._take_item(piece)
        self._wanted, self._length_known = _LENGTH, False

    def _take_begin(self, begin: bytes) -> None:
        if begin[:4] != MAGIC or begin[4] != VERSION:
            raise BackupUnreadable
        if begin[5:13] != self._terminal_id:
            raise BackupForeign
        self._begin = begin

    def _take_item(self, sealed: memoryview) -> None:
        index, count = self._index, self._last - self._first + 1
        kind = HEAD if not index else RECORD if index <= count else END
        try:
            data = self._siv.open(sealed, self._begin, label(kind, index))
        except SealError:
            raise BackupAltered from None
        self._index += 1
        number = int.from_bytes(data[:_NUMBER], "big")
        try:
            if kind == HEAD:
                self._start(data)
            elif number != (count if kind == END else self._first + index - 1):
                raise BackupAltered
            elif kind == RECORD:
                self._copy.take(with_card(data[_NUMBER:], self._sealed))
            else:
                self._finish(data[_NUMBER:])
        except (ValueError, KeyError, IndexError):  # genuine, and no record that this firmware would have made
            raise BackupAltered from None
        finally:
            wipe(data)

    def _start(self, head: bytearray) -> None:
        self._first, self._last = struct.unpack_from(">II", head)
        self._moment = head[8:].decode()
        self._journal.barred = Restoring
        self._vault.renew(self._last)
        self._journal.log.restoring(self._first - 1, flash_ring.RESTORED)

    def _sealed(self, card: bytes) -> bytes:
        return self._vault.seal(*unpacked(card))

    def _finish(self, state: bytearray) -> None:
        if encode(STATE, self._copy.state.fields()) != state:
            raise BackupAltered
        self._copy.finish(self._moment)
        self.done = True


class _Copy(Journal):
    """The journal as it is being restored."""

    def take(self, data: bytearray) -> None:
        """The next record, as it was encoded; wiped."""
        try:
            event, fields = decode(data)
            if event == STATE:
                self.log.turn()
            if self.log.starts_sector(_TAG + len(data)) != (event == STATE):
                raise ValueError  # no board has written it so
            floor = self.state.floor
            self._write(event, fields, data)
        finally:
            wipe(data)
        if self.state.floor != floor:
            self.log.release(self.state.floor)

    def finish(self, moment: str) -> None:
        """All records are there: say so, and from then on they count. `moment` is the archive's."""
        stan = (int(self.state.stan) + _AHEAD - 1) % _STANS + 1
        fields: "Fields" = {"stan": f"{stan:06}", "date": moment[:6], "time": moment[6:]}
        self._place(RESTORED, fields, encode(RESTORED, fields))
        self.log.restoring(self.log.number, flash_ring.WRITTEN)
        state = self.state.fields()
        self._write(STATE, state, encode(STATE, state))
