"""Archives over the workshop's line: the unit's side, without a line. Frames are those of injection_line.py.

    workshop                                unit
    10 READ     offset u32              ->
                                        <-  11 DATA     offset u32 | the archive's next bytes, none at its end
    12 WRITE    offset u32 | bytes      ->
                                        <-  13 TAKEN    offset u32, up to where it was taken in | 1 at its end, else 0
                                        <-  1F REFUSED  the error's code, 3 letters
                                        <-  14 HERE     terminal number 8: first of all, where the unit has called

The workshop says everything; what was lost on the line it says once more. READ from 0 makes an archive anew, WRITE from
0 begins to restore anew. Neither side proves who it is: with the backup key alone can an archive be opened, or made.
"""

import struct

from micropython import const

from suanpan.crypto.aes_siv import Siv
from suanpan.errors import SuanpanError
from suanpan.errors.backup import BackupOutOfTurn, BackupUnwanted
from suanpan.ledger.key_store import AES, BACKUP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from suanpan.crypto.octets import Readable
    from suanpan.ledger.backup_restore import Restoration
    from suanpan.ledger.journal import Journal
    from suanpan.ledger.key_store import KeyStore
    from suanpan.ledger.pan_vault import PanVault

READ = const(0x10)
DATA = const(0x11)
WRITE = const(0x12)
TAKEN = const(0x13)
HERE = const(0x14)
REFUSED = const(0x1F)

_OFFSET = const(4)
_PIECE = const(240)  # bytes of DATA
_NUMBER = const(16)


class _Archives:
    def __init__(self, journal: "Journal", vault: "PanVault", keys: "KeyStore", terminal_id: str) -> None:
        self._journal = journal
        self._vault = vault
        self._keys = keys
        self._terminal_id = terminal_id

    def _siv(self) -> Siv:
        """Raises KeyMissing, KeyStoreError."""
        with self._keys.use(BACKUP, AES) as key:
            return Siv(key.view)


class Saving(_Archives):
    """READ. `saved` once the end has been read; nothing may be recorded from the first READ until then."""

    saved = False
    _item = b""
    _start = 0  # its offset

    def __init__(
        self,
        journal: "Journal",
        vault: "PanVault",
        keys: "KeyStore",
        terminal_id: str,
        random: "Callable[[int], bytes]",
        moment: "Callable[[], str]",
    ) -> None:
        """`moment` tells the time as YYMMDDHHMMSS."""
        super().__init__(journal, vault, keys, terminal_id)
        self._random = random
        self._moment = moment
        self._items: "Iterator[bytes]" = iter(())

    def answer(self, kind: int, body: "Readable") -> "tuple[int, bytes]":
        try:
            if kind != READ or len(body) != _OFFSET:
                raise BackupOutOfTurn
            return DATA, bytes(body) + self._read(int.from_bytes(bytes(body), "big"))
        except SuanpanError as error:
            return REFUSED, error.code.encode()

    def _read(self, offset: int) -> bytes:
        if not offset:
            self._begin()
        elif offset == self._start + len(self._item):
            self._start = offset
            self._item = next(self._items, b"")
            self.saved = not self._item
        at = offset - self._start
        if not 0 <= at <= len(self._item):
            raise BackupOutOfTurn
        return self._item[at : at + _PIECE]

    def _begin(self) -> None:
        from suanpan.ledger.backup import archive

        number, moment = self._random(_NUMBER), self._moment()
        self._items = archive(self._journal, self._vault, self._siv(), self._terminal_id, number, moment)
        self._item = next(self._items)
        self._start, self.saved = 0, False


class Loading(_Archives):
    """WRITE."""

    _restoration: "Restoration | None" = None
    _taken = 0

    def answer(self, kind: int, body: "Readable") -> "tuple[int, bytes]":
        try:
            if kind != WRITE or len(body) <= _OFFSET:
                raise BackupOutOfTurn
            done = self._write(struct.unpack_from(">I", body)[0], memoryview(body)[_OFFSET:])
            return TAKEN, struct.pack(">IB", self._taken, done)
        except SuanpanError as error:
            return REFUSED, error.code.encode()

    def _write(self, offset: int, data: memoryview) -> bool:
        """Whether the archive has been restored."""
        restoration = self._restoration
        if not offset:
            if restoration and restoration.done:
                raise BackupUnwanted
            restoration = self._begin()
        if restoration is None or offset > self._taken:
            raise BackupOutOfTurn
        if offset == self._taken:  # else it has been heard before
            try:
                restoration.feed(data)
            except SuanpanError:
                self._restoration = None
                raise
            self._taken += len(data)
        return restoration.done

    def _begin(self) -> "Restoration":
        from suanpan.ledger.backup_restore import Restoration

        if self._restoration:
            self._restoration.leave()
        self._restoration = Restoration(self._journal, self._vault, self._siv(), self._terminal_id)
        self._taken = 0
        return self._restoration
