"""What comes of a card in the chip-card slot, and of the slot itself."""

from suanpan.errors import DriverError


class CardError(DriverError):
    """A chip card, or the slot, does not do what ISO/IEC 7816-3 says."""

    code = "D20"


class CardMute(CardError):
    """No answer to reset: no chip, a dead one, or a card that is in the wrong way round."""

    code = "D21"


class CardGone(CardError):
    """The card has been pulled, or is not under power."""

    code = "D22"


class CardSilent(CardError):
    """The card has stopped answering, or asks for more time without end."""

    code = "D23"


class CardGarbled(CardError):
    """What the card says is damaged, or makes no sense where it says it."""

    code = "D24"


class CardUnsupported(CardError):
    """A card whose answer to reset asks for what this terminal does not do, or EMV does not allow."""

    code = "D25"


class SlotFault(CardError):
    """The slot has cut the card's power for a short circuit or heat, or its line is dead."""

    code = "D26"


class CommandError(CardError):
    """Not a command APDU of the short form; nothing was sent."""

    code = "D27"
