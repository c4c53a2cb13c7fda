"""Which way a card is to be read next, when its chip has not served.

A card that has a chip says so on its stripe, by a service code that begins with 2 or 6 (ISO/IEC 7813), and is to be
read by the chip wherever that can be done; the stripe is for a chip that does not answer, or that has nothing for this
terminal (EMV 4.3 Book 4, 10; what F60.4 then tells the issuer is the message's business). A chip that was heard, and
said no, has been heard: neither a decline nor a blocked card, nor a transaction that was broken off, opens the stripe.
"""

from micropython import const

from suanpan.errors.chip import CardError, CardGone, CommandError
from suanpan.errors.emv import NoApplication

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.errors import SuanpanError

NONE = const(0)  # the card has had its say; another way to pay
STRIPE = const(1)
CHIP = const(2)


def after_chip(error: "SuanpanError", asked: bool) -> int:
    """What to offer after `error`; `asked`: whether the card had already been asked for a cryptogram.

    A card that was pulled out may simply be put in again.
    """
    if asked:
        return NONE
    if isinstance(error, CardGone):
        return CHIP
    if isinstance(error, NoApplication) or (isinstance(error, CardError) and not isinstance(error, CommandError)):
        return STRIPE
    return NONE


def after_stripe(has_chip: bool, chip_failed: bool) -> int:
    """CHIP where this card has one (Track.has_chip), and it has not failed just now; else the stripe serves: STRIPE."""
    return CHIP if has_chip and not chip_failed else STRIPE
