"""What the host does with chip data (F55): believes a cryptogram or not, and answers the card in its issuer's name."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from host_tools.acquirer.codes import Code
from host_tools.cards.issuer import Issuer, Order, Verdict
from host_tools.cards.tlv import Malformed, objects

if TYPE_CHECKING:
    from collections.abc import Mapping

    from host_tools.acquirer.asked import Asked
    from host_tools.cards.cryptograms import MasterKeys

_ONLINE: Final = 0x80  # an ARQC: what asks
_APPROVED: Final = 0x40  # a TC: what says that it was good
_RESULTS: Final = 0xDF31
_REPORTED: Final = 0x9F36, _RESULTS
_RESULT: Final = 5  # bytes for each script


class Chips:
    """`masters` are the issuers' master keys, by scheme.

    `orders` are what the issuer wants done with a card, by its PAN: they go with the next answer to it, once.
    `spoil` has the next answer's authentication data wrong: whoever answers is not the issuer.
    """

    def __init__(self, masters: Mapping[str, MasterKeys]) -> None:
        self.orders: defaultdict[str, list[Order]] = defaultdict(list)
        self.spoil = False
        self._issuer = Issuer(masters)

    def heard(self, asked: Asked) -> Verdict:
        """On the cryptogram of a request."""
        return self._verified(asked, _ONLINE, "the card does not ask")

    def proved(self, asked: Asked) -> Verdict:
        """On the cryptogram of a sale that is said to have been good."""
        return self._verified(asked, _APPROVED, "the card has not approved")

    def _verified(self, asked: Asked, kind: int, otherwise: str) -> Verdict:
        try:
            data = dict(objects(bytes.fromhex(asked.fields[55])))
            verdict = self._issuer.verify(data, asked.pan, asked.fields.get(23), asked.amount)
        except (Malformed, ValueError) as error:
            return Verdict(False, str(error) or "no data objects")
        return verdict if not verdict.genuine or verdict.kind == kind else Verdict(False, otherwise)

    def answered(self, asked: Asked, verdict: Verdict, code: Code) -> dict[int, str]:
        """F55 of the reply; none for a card that nobody has the keys of."""
        if not verdict.genuine:
            return {}
        orders = self.orders.pop(asked.pan, [])
        reply = bytearray(verdict.answer(code, verdict.script(*orders) if orders else b""))
        if self.spoil:
            self.spoil = False
            reply[2] ^= 0xFF
        return {55: reply.hex().upper()}


def results(field_55: str) -> bytes:
    """What a terminal reports of scripts, five bytes for each: result, then identifier (EMV 4.3 Book 4, A5). Raises
    ValueError for a field that is no such report."""
    data = dict(objects(bytes.fromhex(field_55)))
    found = data.get(_RESULTS, b"")
    if any(tag not in data for tag in _REPORTED) or not found or len(found) % _RESULT:
        raise ValueError("no results of scripts")
    return found
