"""The 0400: what was asked for is undone, by its own STAN and batch.

- one whose transaction is known gets 00, and the mirror of its entry if it had moved money; what was voided, refunded
  or completed since was answered, so its reversal contradicts itself (22); what an authorisation has held is free,
  and what something has taken of one is held again;
- one whose transaction is unknown gets 25: the request never came, or was refused before it counted. The reversal
  is kept all the same, so that a request still under way finds it (see transactions.py). 25 rather than 00 because
  there was nothing to reverse ("no record found" in UnionPay's list); to the terminal both are an answer that closes
  its reversal;
- a repeated one gets the code of the first, and nothing else happens, even when its batch has been settled since; a
  new one for a settled batch is refused (77), as what was settled stands;
- one that names a known transaction with another amount (64), or of another kind, card or original (22), is refused
  and the transaction stands.
None of these refusals closes the reversal at the terminal: a contradiction is for people to resolve.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from host_tools.acquirer.codes import Code, Refused, Verdict
from host_tools.acquirer.register import require_same

if TYPE_CHECKING:
    from datetime import datetime

    from host_tools.acquirer.asked import Asked, Kind
    from host_tools.acquirer.holds import Holds
    from host_tools.acquirer.ledger import Ledger
    from host_tools.acquirer.register import Register
    from host_tools.acquirer.terminals import Terminal

_UNDOES: Final[dict[Kind, Kind]] = {
    "reversal": "sale",
    "void_reversal": "void",
    "pre_auth_reversal": "pre_auth",
    "pre_auth_void_reversal": "pre_auth_void",
    "completion_reversal": "completion",
    "completion_void_reversal": "completion_void",
    "moto_reversal": "moto",
}


class Reversals:
    def __init__(self, ledger: Ledger, register: Register, holds: Holds) -> None:
        self._holds = holds
        self._ledger = ledger
        self._register = register

    def reverse(self, asked: Asked, _: Terminal, rrn: str, at: datetime) -> Verdict:
        """Expects to be called inside `store.transaction()`, for a message whose MAC is good; raises Refused."""
        undone_kind = _UNDOES[asked.kind]
        known = self._register.find(asked.key)
        if known.keys() - {asked.kind, undone_kind}:
            raise Refused(Code.STATE_CONFLICT)
        for row in known.values():
            require_same(asked, row)
        if asked.kind in known:
            return Verdict(known[asked.kind].code)
        if self._register.is_closed(asked.key):
            raise Refused(Code.SIGN_IN)
        undone = known.get(undone_kind)
        code, entry = Code.ORIGINAL_NOT_FOUND, None
        if undone is not None:
            if any(self._register.taken_back(asked.key)):
                raise Refused(Code.STATE_CONFLICT)
            if undone.code == Code.APPROVED and not self._free(asked, undone_kind):
                raise Refused(Code.STATE_CONFLICT)
            code = Code.APPROVED
            if undone.entry is not None:
                # What a void gave back may have been spent since.
                entry = self._ledger.reverse(undone.entry, at, promised=undone_kind.endswith("void"))
        self._register.keep(asked, code, rrn, at, entry=entry)
        return Verdict(code)

    def _free(self, asked: Asked, kind: Kind) -> bool:
        """Set right what is held, where that is concerned; whether it is as what is undone has left it."""
        match kind:
            case "pre_auth":
                return self._holds.end(asked.key, asked.key)
            case "pre_auth_void" | "completion":
                return self._holds.renew(asked.key)
            case "completion_void":
                assert asked.original is not None
                return self._holds.end_again(asked.original)
        return True
