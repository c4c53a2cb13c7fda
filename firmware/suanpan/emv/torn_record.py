"""One transaction whose card has left while it was giving its cryptogram (EMV Contactless Book C-2, 3.7)."""

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.transaction import Transaction

_TVR = const(0x95)
# The transaction's own, as the card has been told them: amounts, country, currency, day, kind, unpredictable number,
# CVM results, capabilities.
_KEPT = (0x9F02, 0x9F03, 0x9F1A, 0x5F2A, 0x9A, 0x9C, 0x9F37, 0x9F34, 0x9F33)
# What must not have changed, or it is another transaction.
_SAME = (0x9F02, 0x9F03, 0x5F2A, 0x9C)
_SEQUENCE = const(0x5F34)


class Torn:
    """One of them."""

    def __init__(self, t: "Transaction", wanted: int, values: bytearray, recovery: bytearray, cvm: int) -> None:
        self.pan = t.pan
        self.sequence = t.objects.card(_SEQUENCE)
        self.wanted = wanted  # kind of cryptogram
        self.signing = t.cda
        self.options = bytes(t.signed_values)  # what was sent for the PDOL
        self.values = values  # and for CDOL1
        self.recovery = recovery  # what is sent for the DRDOL
        self.cvm = cvm
        self.tvr = bytes(t.tvr)
        self.kept = {tag: bytes(t.objects.get(tag) or b"") for tag in _KEPT}

    def of(self, t: "Transaction") -> bool:
        """Whether it is this card's, and this sale's."""
        if self.pan != t.pan or self.sequence != t.objects.card(_SEQUENCE):
            return False
        return all(self.kept[tag] == bytes(t.objects.get(tag) or b"") for tag in _SAME)

    def restore(self, t: "Transaction") -> None:
        """Put the transaction back to where it was."""
        t.tvr[:] = self.tvr
        t.cda = self.signing
        t.signed_values[:] = self.options
        for tag, value in self.kept.items():
            if value:
                t.objects.set(tag, value)
