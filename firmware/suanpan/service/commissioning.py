"""What a terminal says of itself when it has been installed, over the workshop's line: the unit's side, without a line.
Frames are those of injection_line.py.

    workshop                                unit
    20 ASK      offset u32              ->
                                        <-  21 FACTS    offset u32 | the next bytes of its statement, none at its end
    22 CLOSE                            ->
                                        <-  23 CLOSED   whether release mode is on, u8

The statement is JSON, and behind it HMAC-SHA256 of it under the terminal number's backup key, 32 bytes: with it the
workshop knows which unit has spoken. ASK from 0 makes it anew. CLOSE is obeyed once it has been read to its end: a unit
that nobody has a report of stays open.
"""

import json

from micropython import const

from suanpan.crypto.hmac_sha256 import hmac_sha256
from suanpan.errors import SuanpanError
from suanpan.ledger.key_store import AES, BACKUP
from suanpan.service.release import VERSION
from suanpan.service.repl_lock import close, closed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.octets import Readable
    from suanpan.terminal import Terminal

ASK = const(0x20)
FACTS = const(0x21)
CLOSE = const(0x22)
CLOSED = const(0x23)
REFUSED = const(0x2F)

_LABEL = b"suanpan commissioning 1"
_OFFSET = const(4)  # bytes
_PIECE = const(240)  # bytes of FACTS
_RECORDS = const(4)
_OUT_OF_TURN = b"L22"
_TOLD = ("kind", "batch", "stan", "amount", "pan", "date", "time", "response", "auth_code", "reference")


class Commissioning:
    """`faults` are the codes that the self-test has found. `read` once the statement has been, `shut` once the REPL is
    to be closed from the next power-on on."""

    def __init__(self, t: "Terminal", faults: "list[str]") -> None:
        self._t = t
        self._faults = faults
        self._statement = b""
        self.read = self.shut = False

    def answer(self, kind: int, body: "Readable") -> "tuple[int, bytes]":
        """What to say, kind and body, to what the workshop said."""
        try:
            if kind == ASK and len(body) == _OFFSET:
                return FACTS, bytes(body) + self._piece(int.from_bytes(body, "big"))
            if kind == CLOSE and self.read:
                close(self._t.nvs())
                self.shut = closed(self._t.nvs())
                return CLOSED, bytes((self.shut,))
        except SuanpanError as error:
            return REFUSED, error.code.encode()
        return REFUSED, _OUT_OF_TURN

    def _piece(self, offset: int) -> bytes:
        if not offset:
            self._statement = self._made()
        piece = self._statement[offset : offset + _PIECE]
        if offset and not piece:
            self.read = True
        return piece

    def _made(self) -> bytes:
        """Raises KeyMissing, KeyStoreError."""
        t = self._t
        records = []
        for entry in t.ledger.entries():
            told = {name: getattr(entry, name) for name in _TOLD}
            told["approved"] = entry.approved
            told["voided"] = entry.voided
            records.append(told)
            if len(records) == _RECORDS:
                break
        text = json.dumps(
            {
                "serial": t.parameters.serial,
                "terminal": t.parameters.terminal_id,
                "merchant": t.parameters.merchant_id,
                "suite": t.parameters.suite,
                "version": VERSION,
                "clock": t.today() + t.time(),
                "faults": self._faults,
                "records": records,
                "owed": t.ledger.state.queued + bool(t.ledger.state.due),
            }
        ).encode()
        with t.keys.use(BACKUP, AES) as key:
            return text + hmac_sha256(key.view, _LABEL, text)
