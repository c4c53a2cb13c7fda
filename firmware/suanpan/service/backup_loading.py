"""An archive's way in over the workshop's line: the unit's side of WRITE (backup.py)."""

import struct

from suanpan.errors import SuanpanError
from suanpan.errors.backup import BackupUnwanted
from suanpan.ledger.backup_restore import Restoration
from suanpan.service.backup import OFFSET, OUT_OF_TURN, REFUSED, TAKEN, WRITE, Archives

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable


class Loading(Archives):
    _restoration: "Restoration | None" = None
    _taken = 0

    def answer(self, kind: int, body: "Readable") -> "tuple[int, bytes]":
        if kind != WRITE or len(body) <= OFFSET:
            return REFUSED, OUT_OF_TURN
        offset = int.from_bytes(bytes(body[:OFFSET]), "big")
        try:
            done = self._write(offset, memoryview(body)[OFFSET:])
        except SuanpanError as error:
            return REFUSED, error.code.encode()
        return (REFUSED, OUT_OF_TURN) if done is None else (TAKEN, struct.pack(">IB", self._taken, done))

    def _write(self, offset: int, data: memoryview) -> "bool | None":
        """Whether the archive has been restored; None if that is not what comes next."""
        restoration = self._restoration
        if not offset:
            if restoration and restoration.done:
                raise BackupUnwanted
            restoration = self._begin()
        if restoration is None or offset > self._taken:
            return None
        if offset == self._taken:  # else it has been heard before
            try:
                restoration.feed(data)
            except SuanpanError:
                self._restoration = None
                raise
            self._taken += len(data)
        return restoration.done

    def _begin(self) -> Restoration:
        if self._restoration:
            self._restoration.leave()
        self._restoration = Restoration(self.journal, self.vault, self.siv(), self.terminal_id)
        self._taken = 0
        return self._restoration
