"""What all phases of one transaction with a chip share, and what comes of it."""

from micropython import const

from suanpan.emv.objects import Objects

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from suanpan.crypto.rsa import RsaPublicKey
    from suanpan.crypto.secret import PinEntry
    from suanpan.emv.commands import Card
    from suanpan.emv.tables import Application, Tables

    class Cardholder(Protocol):
        """The person, by way of screen and keypad."""

        async def choose(self, labels: "list[str]") -> int:
            """Which application, or -1 for none; also asked about a single one that the card wants confirmed."""

        async def offline_pin(self, pin: PinEntry, tries: int) -> bool:
            """Fill in the PIN; false if the cardholder passes it over. `tries` are left, -1: nobody knows."""

        async def online_pin(self) -> bool:
            """Have the PIN for the issuer entered; false if it is passed over."""

    class Issuer(Protocol):
        async def authorise(self, t: "Transaction") -> "IssuerAnswer | None":
            """Ask online, with the first cryptogram; None where no answer can be had."""


APPROVED = const(1)
DECLINED = const(0)

_TVR = const(0x95)
_TSI = const(0x9B)
_PAN = const(0x5A)
_AMOUNT = const(0x9F02)


class IssuerAnswer:
    """F39, tag 91, templates 71 and 72 as they came."""

    def __init__(self, response: str, approved: bool, authentication: bytes = b"", scripts: bytes = b"") -> None:
        self.response = response
        self.approved = approved
        self.authentication = authentication
        self.scripts = scripts


class Outcome:
    def __init__(self, result: int, online: bool, t: "Transaction") -> None:
        self.approved = result == APPROVED
        self.online = online  # whether the issuer has had its say
        self.transaction = t


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
        self.earlier = 0  # 分 that this account has spent here without its issuer knowing
        self.aip = b""
        self.afl = b""
        self.signed = bytearray()  # static data to be authenticated, as the records have them
        self.signable = True
        self.signed_values = bytearray()  # what the card has been sent for PDOL and CDOLs, which CDA signs
        self.cda = False  # whether cryptograms are asked for with a signature
        self.cda_failed = False
        self.card_key: "RsaPublicKey | None" = None
        self.script_results = bytearray()

    @property
    def rid(self) -> bytes:
        """Of the scheme: the first five bytes of the AID."""
        return self.ours.aid[:5]

    @property
    def pan(self) -> str:
        return bytes(self.objects.need(_PAN)).hex().rstrip("f")

    def outcome(self, result: int, online: bool = False) -> Outcome:
        return Outcome(result, online, self)
