"""What is left of a tap when card and kernel are gone. Nothing is imported here, as nothing else is to stay for it."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Task

    from suanpan.codec.track import Track2
    from suanpan.errors import LedgerError
    from suanpan.ledger.entry import Entry

# F22, and what F60 ends with: a contactless reader has read a card.
TAPPED_WITH_PIN = "07160"
TAPPED = "07260"


class Tapped:
    """A card's last word: it declines, or has approved, or the issuer is to be asked.

    Of what it has approved there is `entry`, or `problem`: why it could not be kept. The rest is for the issuer.
    `shown` ends when the lights that let the card go have been on long enough.
    """

    def __init__(self, shown: "Task[None] | None") -> None:
        self.shown = shown
        self.declined = False
        self.entry: "Entry | None" = None
        self.problem: "LedgerError | None" = None
        self.wants_pin = False
        self.track: "Track2 | None" = None
        self.pan = ""
        self.expiry = ""  # YYMM
        self.sequence = ""  # F23
        self.request = b""  # F55, and that of the reversal
        self.reversal = b""
        self.remarks = ""
