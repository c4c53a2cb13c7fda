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

from micropython import const

from suanpan.crypto.aes_siv import Siv
from suanpan.errors import SuanpanError
from suanpan.ledger.key_store import AES, BACKUP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from suanpan.crypto.octets import Readable
    from suanpan.ledger.journal import Journal
    from suanpan.ledger.key_store import KeyStore
    from suanpan.ledger.pan_vault import PanVault

READ = const(0x10)
DATA = const(0x11)
WRITE = const(0x12)
TAKEN = const(0x13)
HERE = const(0x14)
REFUSED = const(0x1F)

OFFSET = const(4)  # bytes
OUT_OF_TURN = b"L22"  # a part of an archive was asked for, or sent, that is not the next one

_PIECE = const(240)  # bytes of DATA
_NUMBER = const(16)


class Archives:
    def __init__(self, journal: "Journal", vault: "PanVault", keys: "KeyStore", terminal_id: str) -> None:
        self.journal = journal
        self.vault = vault
        self.keys = keys
        self.terminal_id = terminal_id

    def siv(self) -> Siv:
        """Raises KeyMissing, KeyStoreError."""
        with self.keys.use(BACKUP, AES) as key:
            return Siv(key.view)


class Saving(Archives):
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
            piece = self._read(int.from_bytes(bytes(body), "big")) if kind == READ and len(body) == OFFSET else None
        except SuanpanError as error:
            return REFUSED, error.code.encode()
        return (REFUSED, OUT_OF_TURN) if piece is None else (DATA, bytes(body) + piece)

    def _read(self, offset: int) -> "bytes | None":
        """What begins there, None if that is not to be had any more, or not yet."""
        if not offset:
            self._begin()
        elif offset == self._start + len(self._item):
            self._start = offset
            self._item = next(self._items, b"")
            self.saved = not self._item
        at = offset - self._start
        return self._item[at : at + _PIECE] if 0 <= at <= len(self._item) else None

    def _begin(self) -> None:
        from suanpan.ledger.backup import archive

        number, moment = self._random(_NUMBER), self._moment()
        self._items = archive(self.journal, self.vault, self.siv(), self.terminal_id, number, moment)
        self._item = next(self._items)
        self._start, self.saved = 0, False
