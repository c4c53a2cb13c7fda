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
        try:
            data = dict(objects(bytes.fromhex(asked.fields[55])))
            verdict = self._issuer.verify(data, asked.pan, asked.fields.get(23), asked.amount)
        except (Malformed, ValueError) as error:
            return Verdict(False, str(error) or "no data objects")
        if verdict.genuine and verdict.kind != _ONLINE:
            return Verdict(False, "the card does not ask")
        return verdict

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
