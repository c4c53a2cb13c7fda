"""What comes of a tap, and what the customer sees and hears of it (EMV Contactless Book A, 6 and 9; Book B, 3.5).

An outcome is a value. It says what happens next, how the person proves that the card is theirs, and what the reader
shows: a message, a status, and with the status lights and a tone.
"""

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.transaction import Transaction

# Results (Book A, 6.2)
APPROVED = const(1)
DECLINED = const(2)
ONLINE_REQUEST = const(3)
END_APPLICATION = const(4)
SELECT_NEXT = const(5)
TRY_ANOTHER_INTERFACE = const(6)
TRY_AGAIN = const(7)

# How the cardholder is verified
CVM_NOT_APPLICABLE = const(0)
NO_CVM = const(1)
ONLINE_PIN = const(2)
SIGNATURE = const(3)
CDCVM = const(4)  # on the customer's own device, confirmed

# Messages (Book A, 9.4), by the numbers that the books give them
MESSAGE_APPROVED = const(0x03)
MESSAGE_DECLINED = const(0x07)
MESSAGE_PRESENT_CARD = const(0x15)
MESSAGE_PROCESSING = const(0x16)
MESSAGE_CARD_READ = const(0x17)  # the card may go
MESSAGE_INSERT_OR_SWIPE = const(0x18)
MESSAGE_ONE_CARD_ONLY = const(0x19)
MESSAGE_APPROVED_SIGN = const(0x1A)
MESSAGE_AUTHORISING = const(0x1B)
MESSAGE_OTHER_CARD = const(0x1C)  # insert, swipe or try another card
MESSAGE_INSERT = const(0x1D)
MESSAGE_NONE = const(0x1E)
MESSAGE_SEE_PHONE = const(0x20)
MESSAGE_AGAIN = const(0x21)

# Statuses (Book A, 9.3), and at the same place what they look and sound like
NOT_READY = const(0)
IDLE = const(1)
READY_TO_READ = const(2)
PROCESSING = const(3)
CARD_READ_SUCCESSFULLY = const(4)
PROCESSING_ERROR = const(5)
COLLISION_ERROR = const(6)
BLINKING = const(-1)  # the first light for 200 ms, every 5 s
_LIGHTS = (0b0000, BLINKING, 0b0001, 0b0001, 0b1111, 0b0000, 0b0001)
SHOWN_MS = const(750)  # all four stay on at least so long

SILENT = const(0)
SUCCESS_TONE = const(1)  # 1500 Hz for 500 ms
ALERT_TONE = const(2)  # 750 Hz, twice 200 ms
_TONES = (SILENT, SILENT, SILENT, SILENT, SUCCESS_TONE, ALERT_TONE, ALERT_TONE)

_HOLD_SEE_PHONE = const(13)  # 100 ms each


class Request:
    """What the reader is to show (user interface request)."""

    def __init__(self, message: int, status: int, hold: int = 0) -> None:
        self.message = message
        self.status = status
        self.hold = hold  # 100 ms each, for which it stays before anything else is shown

    @property
    def lights(self) -> int:
        """Bit 0 is the first of four; BLINKING."""
        return _LIGHTS[self.status]

    @property
    def tone(self) -> int:
        return _TONES[self.status]


class Outcome:
    """`transaction` has the data objects where there are any: for F55, F35 and F23, and for the slip."""

    def __init__(self, result: int, request: "Request | None" = None) -> None:
        self.result = result
        self.request = request
        self.restart: "Request | None" = None  # shown when the card is asked for again
        self.field_off = -1  # 100 ms each without a carrier; -1: as the reader likes
        self.cvm = CVM_NOT_APPLICABLE
        self.receipt = False  # wanted by the kernel, whatever the merchant wants
        self.contact = False  # the chip is the other interface; else it may be swiped too
        self.transaction: "Transaction | None" = None

    @property
    def again(self) -> bool:
        """Whether the same transaction goes on with a card tapped anew (start B)."""
        return self.restart is not None


def approved(t: "Transaction", cvm: int) -> Outcome:
    signature = cvm == SIGNATURE
    message = MESSAGE_APPROVED_SIGN if signature else MESSAGE_APPROVED
    return _final(APPROVED, Request(message, NOT_READY), t, cvm)


def online_request(t: "Transaction", cvm: int) -> Outcome:
    return _final(ONLINE_REQUEST, Request(MESSAGE_AUTHORISING, NOT_READY), t, cvm)


def declined(t: "Transaction") -> Outcome:
    return _final(DECLINED, Request(MESSAGE_DECLINED, NOT_READY), t, CVM_NOT_APPLICABLE)


def end_application() -> Outcome:
    """This card cannot pay here and now."""
    return Outcome(END_APPLICATION, Request(MESSAGE_OTHER_CARD, PROCESSING_ERROR))


def select_next() -> Outcome:
    return Outcome(SELECT_NEXT)


def try_another_interface(contact: bool) -> Outcome:
    outcome = Outcome(
        TRY_ANOTHER_INTERFACE, Request(MESSAGE_INSERT if contact else MESSAGE_INSERT_OR_SWIPE, PROCESSING_ERROR)
    )
    outcome.contact = contact
    return outcome


def try_again() -> Outcome:
    """The card left too soon."""
    outcome = Outcome(TRY_AGAIN, Request(MESSAGE_AGAIN, PROCESSING_ERROR))
    outcome.restart = Request(MESSAGE_AGAIN, READY_TO_READ)
    return outcome


def see_phone() -> Outcome:
    """The customer's device wants something of the customer, and is then held here again."""
    outcome = Outcome(TRY_AGAIN, Request(MESSAGE_SEE_PHONE, PROCESSING_ERROR, _HOLD_SEE_PHONE))
    outcome.restart = Request(MESSAGE_AGAIN, READY_TO_READ)
    outcome.field_off = 10
    return outcome


def present_card() -> Request:
    return Request(MESSAGE_PRESENT_CARD, READY_TO_READ)


def card_read() -> Request:
    return Request(MESSAGE_CARD_READ, CARD_READ_SUCCESSFULLY)


def collision() -> Request:
    """For the reader: several cards, none of which was asked anything (Book B, 3.2.1)."""
    return Request(MESSAGE_ONE_CARD_ONLY, COLLISION_ERROR)


def _final(result: int, request: Request, t: "Transaction", cvm: int) -> Outcome:
    outcome = Outcome(result, request)
    outcome.transaction = t
    outcome.cvm = cvm
    outcome.receipt = cvm == SIGNATURE
    return outcome
