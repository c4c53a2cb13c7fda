"""What comes of a card in the field of the contactless reader, and of the reader itself."""

from suanpan.errors import DriverError


class NfcError(DriverError):
    """The contactless reader will not do that, or says that it cannot: too hot, too much current, out of step."""

    code = "D13"


class NfcSilent(NfcError):
    """The contactless reader does not acknowledge, or does not answer in any sensible time."""

    code = "D14"


class NfcGarbled(NfcError):
    """What the contactless reader says is damaged each time, or cannot be so."""

    code = "D15"


class CardLost(NfcError):
    """The card has left the field, or what comes from it makes no sense."""

    code = "D16"


class OneCardOnly(NfcError):
    """Several cards are in the field. Nothing was asked of any of them."""

    code = "D17"


class MifareCard(NfcError):
    """A memory card (MIFARE Classic, Ultralight and their like), which cannot pay."""

    code = "D18"


class FelicaCard(NfcError):
    """A FeliCa card, which this terminal does not take."""

    code = "D19"
