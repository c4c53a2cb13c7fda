"""What the acquirer lays down for each application and each key of a scheme (EMV 4.3 Book 4, 10; Book 2, 11.2)."""

from micropython import const

from suanpan.codec.tlv import Reader
from suanpan.emv.application import Application

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Tables(Protocol):
        """What the kernel asks: Stored, or anything that answers alike."""

        applications: "list[Application]"

        def key(self, rid: bytes, index: int) -> "CaKey | None": ...
        def revoked(self, rid: bytes, index: int, serial: bytes) -> bool:
            """Whether an issuer certificate of 3 bytes of serial number is on the revocation list."""

        def excepted(self, pan: str, sequence: int) -> bool:
            """Whether the exception file (the blacklist) has this card; `sequence` is -1 where the card has none."""

    class Store(Protocol):
        """ledger/emv_tables.py, which has checked what it holds."""

        def items(self, kind: int) -> "list[bytes]": ...
        def key(self, rid: bytes, index: int) -> "bytes | None": ...
        def revoked(self, rid: bytes, index: int, serial: bytes) -> bool: ...
        def excepted(self, pan: str, sequence: int) -> bool: ...


_APPLICATION = const(1)  # kind of item

_AID = const(0x9F06)
_INDICATOR = const(0xDF01)
_VERSION = const(0x9F08)
_TAC_DEFAULT = const(0xDF11)
_TAC_ONLINE = const(0xDF12)
_TAC_DENIAL = const(0xDF13)
_FLOOR_LIMIT = const(0x9F1B)
_THRESHOLD = const(0xDF15)
_MOST = const(0xDF16)
_TARGET = const(0xDF17)
_DDOL = const(0xDF14)
_MODULUS = const(0xDF02)
_EXPONENT = const(0xDF04)
_EXPIRES = const(0xDF05)


class CaKey:
    """A public key of a scheme, RSA."""

    def __init__(self, modulus: bytes, exponent: int, expires: str) -> None:
        self.modulus = modulus
        self.exponent = exponent
        self.expires = expires  # YYYYMMDD, or YYMMDD: the last day that it serves


class Stored:
    """The tables as the ledger has them; keys stay there until one is wanted."""

    def __init__(self, store: "Store") -> None:
        self._store = store
        self.applications = [_application(content) for content in store.items(_APPLICATION)]

    def key(self, rid: bytes, index: int) -> "CaKey | None":
        content = self._store.key(rid, index)
        if content is None:
            return None
        values = _values(content)
        expires = values[_EXPIRES]  # YYYYMMDD, in BCD or as text
        digits = expires.hex() if len(expires) == 4 else expires.decode()
        return CaKey(values[_MODULUS], int.from_bytes(values[_EXPONENT], "big"), digits)

    def revoked(self, rid: bytes, index: int, serial: bytes) -> bool:
        return self._store.revoked(rid, index, serial)

    def excepted(self, pan: str, sequence: int) -> bool:
        return self._store.excepted(pan, sequence)


def _application(content: bytes) -> Application:
    values = _values(content)
    return Application(
        values[_AID],
        version=values[_VERSION],
        partial=not values[_INDICATOR][0],
        tac_default=values[_TAC_DEFAULT],
        tac_denial=values[_TAC_DENIAL],
        tac_online=values[_TAC_ONLINE],
        floor_limit=int.from_bytes(values[_FLOOR_LIMIT], "big"),
        threshold=int.from_bytes(values[_THRESHOLD], "big"),
        target=int(values[_TARGET].hex()),
        most=int(values[_MOST].hex()),
        ddol=values.get(_DDOL, b"\x9f\x37\x04"),
    )


def _values(content: bytes) -> "dict[int, bytes]":
    values: "dict[int, bytes]" = {}
    reader = Reader(content)
    while reader.next():
        values[reader.tag] = reader.value()
    return values
