"""An application as it lies in a card: its data by interface, its keys, and what it is known by."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from host_tools.cards.cryptograms import Cryptograms
    from host_tools.cards.entries import ApplicationEntry
    from host_tools.keys.authority import CaKey


class Interface(Enum):
    CONTACT = "contact"
    CONTACTLESS = "contactless"


class Phase(Enum):
    SELECTED = "selected"
    INITIATED = "initiated"  # processing options are given
    ONLINE = "online"  # an ARQC has been
    OVER = "over"  # the last cryptogram has been


class Status(Exception):
    """A command is refused: the status word."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw


WRONG_LENGTH = 0x6700
NOT_NOW = 0x6985  # conditions of use not satisfied
ELSEWHERE = 0x6984  # on another interface
WRONG_PARAMETERS = 0x6A86
WRONG_DATA = 0x6A80
NOT_FOUND = 0x6A82
NO_RECORD = 0x6A83
NO_DATA = 0x6A88
NO_INSTRUCTION = 0x6D00

AAC, TC, ARQC = 0x00, 0x40, 0x80


@dataclass(frozen=True)
class Keys:
    """The test CA's, the issuer's under it, the card's own, and one for PINs where the card has one."""

    ca: CaKey
    issuer: RSAPrivateKey = field(repr=False)
    card: RSAPrivateKey = field(repr=False)
    pin: RSAPrivateKey | None = field(repr=False)


@dataclass(frozen=True)
class Face:
    """What it says on one interface. `records` are by SFI and number, `lists` are DOLs by tag."""

    fci: bytes
    pdol: bytes
    aip: bytes
    afl: bytes
    records: dict[tuple[int, int], bytes]
    lists: dict[int, bytes]


@dataclass(frozen=True)
class Application:
    entry: ApplicationEntry
    keys: Keys
    cryptograms: Cryptograms
    faces: dict[Interface, Face]
    log_format: bytes

    @property
    def aid(self) -> bytes:
        return self.entry.aid

    @property
    def scheme(self) -> str:
        return self.entry.product.scheme
