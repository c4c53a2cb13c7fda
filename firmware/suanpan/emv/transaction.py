"""What all phases of one transaction with a chip share, and what comes of it."""

from micropython import const

from suanpan.emv.objects import Objects

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from suanpan.crypto.rsa import RsaPublicKey
    from suanpan.crypto.secret import PinEntry
    from suanpan.emv.application import Application
    from suanpan.emv.commands import Card
    from suanpan.emv.tables import Tables

    class Cardholder(Protocol):
        """The person, by way of screen and keypad."""

        async def choose(self, labels: "list[str]") -> int:
            """Which application, or -1 for none; also asked about a single one that is to be confirmed."""

        async def offline_pin(self, pin: PinEntry, tries: int) -> bool:
            """Fill in the PIN; false if the cardholder passes it over. `tries` are left, -1: nobody knows."""

        async def online_pin(self) -> bool:
            """Have the PIN for the issuer entered; false if it is passed over."""

    class Issuer(Protocol):
        async def authorise(self, t: "Transaction") -> "IssuerAnswer | None":
            """Ask online, with the first cryptogram; None where no answer can be had."""


# Kinds of cryptogram (EMV 4.3 Book 3, 6.5.5): decline, approve, ask the issuer.
AAC = const(0x00)
TC = const(0x40)
ARQC = const(0x80)

APPROVED = const(1)
DECLINED = const(0)

_TVR = const(0x95)
_TSI = const(0x9B)
_PAN = const(0x5A)
_AMOUNT = const(0x9F02)
_INFORMATION = const(0x9F27)
_ADVICE = const(0x08)  # of the cryptogram information (Book 3, 6.5.5.4)
_REASON = const(0x07)
_NOT_ALLOWED = const(0x01)


class IssuerAnswer:
    """F39, tag 91, templates 71 and 72 as they came."""

    def __init__(self, response: str, approved: bool, authentication: bytes = b"", scripts: bytes = b"") -> None:
        self.response = response
        self.approved = approved
        self.authentication = authentication
        self.scripts = scripts


class Outcome:
    def __init__(self, result: int, answer: "IssuerAnswer | None", t: "Transaction") -> None:
        self.approved = result == APPROVED
        self.answer = answer  # None: the issuer has not had its say
        self.transaction = t

    @property
    def online(self) -> bool:
        return self.answer is not None

    @property
    def reversed(self) -> bool:
        """Whether the issuer is to be told that the card has declined what it had approved (Book 4, 6.3.8)."""
        return self.answer is not None and self.answer.approved and not self.approved

    @property
    def not_accepted(self) -> bool:
        """A decline because this card is not for this place, which the cardholder is told (Book 4, 6.3.7)."""
        return not self.approved and self._information & _REASON == _NOT_ALLOWED

    @property
    def advised(self) -> bool:
        """Whether the card wants its issuer to hear of this decline (Book 3, 10.8.2)."""
        return not self.approved and bool(self._information & _ADVICE)

    @property
    def _information(self) -> int:
        value = self.transaction.objects.get(_INFORMATION)
        return value[0] if value else 0


class Transaction:
    """`terminals` are the terminal's data objects, by tag: amounts, date, country, capabilities ..."""

    def __init__(
        self,
        card: "Card",
        terminals: "dict[int, bytes | bytearray]",
        tables: "Tables",
        cardholder: "Cardholder",
        random: "Callable[[int], bytes]",
        ours: "Application",
    ) -> None:
        self.card = card
        self.tables = tables
        self.cardholder = cardholder
        self.random = random
        self.ours = ours  # what is laid down for the application in use
        self.tvr = bytearray(5)
        self.tsi = bytearray(2)
        terminals[_TVR] = self.tvr
        terminals[_TSI] = self.tsi
        self.objects = Objects(terminals)
        self.amount = int(bytes(terminals[_AMOUNT]).hex())  # 分
        self.spent: "Callable[[str], int]" = _nothing  # 分 that this PAN has spent here without its issuer knowing
        self.forced = False  # the merchant wants the issuer asked
        self.keeps: "Callable[[], bool]" = _always  # whether what the card approves by itself would be good here now
        self.asks_tries = False  # whether the card is asked for its PIN try counter before the cardholder for a PIN
        self.aip = b""
        self.afl = b""
        self.signed = bytearray()  # static data to be authenticated, as the records have them
        self.signable = True
        self.completed = False  # they have what the tag list adds
        self.signed_values = bytearray()  # what the card has been sent for PDOL and CDOLs, which CDA signs
        self.cda = False  # whether cryptograms are asked for with a signature
        self.cda_failed = False
        self.card_key: "RsaPublicKey | None" = None
        self.script_results = bytearray()

    def assessed(self) -> None:
        """Nobody asks the tables or the person any more, nor what the card has signed: they leave their room."""
        # Not `del`: MicroPython forgets an attribute's name then, and not what it was.
        self.tables = self.cardholder = None  # type: ignore[assignment]
        self.signed = bytearray()

    @property
    def rid(self) -> bytes:
        """Of the scheme: the first five bytes of the AID."""
        return self.ours.aid[:5]

    @property
    def pan(self) -> str:
        return bytes(self.objects.need(_PAN)).hex().rstrip("f")


def _nothing(pan: str) -> int:
    return 0


def _always() -> bool:
    return True
