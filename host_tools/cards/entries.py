"""The population as it is written down: population.yaml, one card a short entry, read and checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from host_tools.acquirer.cards import luhn
from host_tools.cards.cryptograms import METHODS, MasterKeys

POPULATION: Final = Path(__file__).with_name("population.yaml")

_ODA: Final = ("none", "SDA", "DDA", "CDA")
_SPOILS: Final = ("", "issuer certificate", "card certificate", "static", "dynamic", "records", "unknown key")
_DECIDES: Final = ("follows", "online", "declines")
_CVM_CODES: Final = {
    "fail": 0x00,
    "plain PIN": 0x01,
    "online PIN": 0x02,
    "plain PIN and signature": 0x03,
    "enciphered PIN": 0x04,
    "enciphered PIN and signature": 0x05,
    "signature": 0x1E,
    "no CVM": 0x1F,
    "unheard of": 0x20,
}
_CONDITIONS: Final = {
    "": 0x00,
    "if unattended cash": 0x01,
    "if neither cash nor cashback": 0x02,
    "if supported": 0x03,
    "if manual cash": 0x04,
    "if cashback": 0x05,
    "if under X": 0x06,
    "if over X": 0x07,
    "if under Y": 0x08,
    "if over Y": 0x09,
}
_OR_NEXT: Final = ", or next"


class PopulationError(ValueError):
    """The file does not describe a population; the text says where."""


@dataclass(frozen=True)
class Product:
    """What all cards of a product have in common; `aid` in hexadecimal."""

    scheme: str
    aid: str
    label: str
    method: str


@dataclass(frozen=True)
class ApplicationEntry:
    """One application. Dates are YYMMDD, amounts 分; `decides` is the card's own opinion at the first GENERATE AC.

    `lower` and `upper`: consecutive offline transactions after which the card wants its issuer, and will not go on
    without. `tap`: what it thinks best when it is tapped ("online", "offline", "declines", "insert"), or "" for a card
    that cannot be. `taps_with`: the CVMs that it knows there, in its order.
    """

    product: Product
    pan: str
    cardholder: str = "SUANPAN/TEST"
    psn: str = "00"
    effective: str = "200101"
    expires: str = "351231"
    service_code: str = "201"
    suffix: str = ""  # behind the AID
    priority: int = 1
    confirm: bool = False  # not without the cardholder's word
    method: str = ""
    oda: str = "CDA"
    ca: int = 0xF1
    issuer_bits: int = 1152
    card_bits: int = 1024
    pin_bits: int = 0  # a key of its own for enciphered PINs
    cvm: bytes = b""
    issuer_authentication: bool = True
    issuer_must_authenticate: bool = False
    risk_management: bool = True
    iac_denial: str = "0000000000"
    iac_online: str = "F870A49800"
    iac_default: str = "F050848000"
    usage: str = "FF80"
    country: str = "0156"
    currency: str = "0156"
    version: str = ""
    pdol: str = ""  # what it asks for at its contacts before it says anything, in hexadecimal
    lower: int = 0
    upper: int = 0
    decides: str = "follows"
    refuses_here: bool = False  # 6985 to GET PROCESSING OPTIONS
    scripts: str = "accept"
    spoil: str = ""
    serial: str = "000001"  # of the issuer's certificate
    blocked: bool = False
    tap: str = "online"
    taps_with: tuple[str, ...] = ("online PIN", "signature")
    fast_dda: int = 1  # version of the signature of a tap; 0 is PBOC 2.0's
    device_verified: bool = False  # the cardholder has unlocked the device (CDCVM)
    mag_stripe_only: bool = False  # Mastercard's tap without EMV mode

    def __post_init__(self) -> None:
        if not luhn(self.pan):
            raise ValueError("the PAN fails the Luhn check")
        for name, known in (("oda", _ODA), ("spoil", _SPOILS), ("decides", _DECIDES)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} is none of {', '.join(known)}")
        if self.tap not in ("", "online", "offline", "declines", "insert"):
            raise ValueError("nobody taps so")
        if self.card_bits > self.issuer_bits:
            raise ValueError("the card's key is longer than its issuer's")

    @property
    def aid(self) -> bytes:
        return bytes.fromhex(self.product.aid + self.suffix)

    @property
    def way(self) -> str:
        return self.method or self.product.method


@dataclass(frozen=True)
class CardEntry:
    """`leaves`: the command at whose answer the card is drawn away; `nulls` and `wtx`: how it asks for time."""

    name: str
    about: str
    applications: tuple[ApplicationEntry, ...]
    protocol: str = "T=0"
    pin: str = field(default="123456", repr=False)
    tries: int = 3  # left at the start; the limit is 3
    directory: bool = True  # whether it has a PSE
    card_blocked: bool = False
    slow: bool = False
    leaves: int = 0
    balance: int = 10_000_00
    status: str = "good"

    def __post_init__(self) -> None:
        if self.protocol not in ("T=0", "T=1"):
            raise ValueError("protocol is neither T=0 nor T=1")


@dataclass(frozen=True)
class Population:
    issuers: dict[str, MasterKeys] = field(repr=False)  # by scheme
    cards: dict[str, CardEntry]  # by name
    revoked: tuple[tuple[str, int, str], ...]  # RID, CA's index, serial number


def load(path: Path = POPULATION) -> Population:
    """Read and check a population; raises PopulationError."""
    where = "file"
    try:
        tree: Any = yaml.safe_load(path.read_text("utf-8"))
        where = "products"
        products = {name: Product(**row) for name, row in tree["products"].items()}
        lists = {name: cvm_list(**row) for name, row in tree["cvm_lists"].items()}
        issuers = {
            scheme: MasterKeys(**{key: bytes.fromhex(value) for key, value in row.items()})
            for scheme, row in tree["issuers"].items()
        }
        cards = {}
        for name, row in tree["cards"].items():
            where = name
            cards[name] = _card(name, row, products, lists)
        revoked = tuple((row["rid"], row["index"], row["serial"]) for row in tree["revoked"])
    except (AttributeError, KeyError, OSError, TypeError, ValueError, yaml.YAMLError) as error:
        raise PopulationError(f"{path.name}: {where}: {error}") from error
    return Population(issuers, cards, revoked)


def track_2(entry: ApplicationEntry) -> bytes:
    """Track 2 equivalent data: as the stripe has them, the last digits another, so that neither makes the other."""
    digits = f"{entry.pan}D{entry.expires[:4]}{entry.service_code}00000999"
    return bytes.fromhex(digits + "F" * (len(digits) % 2))


def cvm_list(rules: list[str], x: int = 0, y: int = 0) -> bytes:
    """8E of rules in words: "plain PIN if supported, or next". The amounts are 分."""
    listed = x.to_bytes(4, "big") + y.to_bytes(4, "big")
    for rule in rules:
        words, comma, _ = rule.partition(_OR_NEXT)
        method = next((name for name in sorted(_CVM_CODES, key=len, reverse=True) if words.startswith(name)), None)
        if method is None:
            raise ValueError(f"no such way to verify a cardholder: {rule}")
        condition = _CONDITIONS[words[len(method) :].strip()]
        listed += bytes([_CVM_CODES[method] | (0x40 if comma else 0), condition])
    return listed


def _card(name: str, row: dict[str, Any], products: dict[str, Product], lists: dict[str, bytes]) -> CardEntry:
    rest = dict(row)
    shared = {key: rest.pop(key) for key in list(rest) if key in ApplicationEntry.__dataclass_fields__}
    several = rest.pop("applications", [{}])
    applications = tuple(_application(shared | own, products, lists) for own in several)
    if not all(application.way in METHODS for application in applications):
        raise ValueError("no such cryptogram version")
    return CardEntry(name=name, applications=applications, **rest)


def _application(row: dict[str, Any], products: dict[str, Product], lists: dict[str, bytes]) -> ApplicationEntry:
    fields = dict(row)
    fields["product"] = products[fields["product"]]
    fields["cvm"] = lists[fields.get("cvm", "standard")]
    if "taps_with" in fields:
        fields["taps_with"] = tuple(fields["taps_with"])
    return ApplicationEntry(**fields)
