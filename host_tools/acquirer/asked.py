"""What a financial message asks for: its kind by one table, and the fields that all kinds have, checked.

A message is of a kind when its type, F3, F25 and the first two digits of F60 are a row of the table; any other
combination is not served (40). A row says which fields the kind cannot do without (30) and how a card may have
been read for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from host_tools.acquirer.codes import Code, Refused

if TYPE_CHECKING:
    from host_tools.acquirer.spec import Message
    from host_tools.acquirer.terminals import Terminal

Kind = Literal[
    "sale", "void", "refund", "offline_sale", "offline_chip", "script_result", "reversal", "void_reversal", "pre_auth",
    "pre_auth_reversal", "pre_auth_void", "pre_auth_void_reversal", "completion", "completion_reversal",
    "completion_void", "completion_void_reversal", "completion_advice", "adjustment", "tip", "balance", "moto",
    "moto_reversal", "scan_query",
]  # fmt: skip

CURRENCY: Final = "156"  # CNY, ISO 4217
TYPE_BATCH_NETWORK: Final = 11  # digits of F60 up to the network code

_EVERY: Final = frozenset((2, 3, 4, 11, 14, 22, 25, 41, 42, 49, 60))
_CODED: Final = _EVERY | {38, 61}  # what names an authorisation by its code and day
_NAMING: Final = (3, 25, 60)  # what a kind is known by, apart from the message type
_KEYED, _SWIPED, CHIP, TAPPED = "01", "02", "05", "07"  # F22, first two digits
SCANNED, SHOWN = "03", "04"  # the customer's code, the merchant's (wallets.py)
BY_CODE: Final = (SCANNED, SHOWN)
_CHIP_DATA: Final = 55
_ENTERED: Final = {"1": True, "2": False}  # F22, third digit: a PIN
_HAPPENED: Final = frozenset((12, 13, 63))  # what a transaction has that was good without the host
_ADDING: Final = ("adjustment", "tip")  # F48 is what is added, F4 the sum
_PARTIAL: Final = 13  # where F60 says so
_NAME: Final = 12  # digits of a batch and a STAN
_DAY: Final = 4  # MMDD


class Key(NamedTuple):
    """The name of a transaction. Within a batch a STAN names one, of whatever kind, and its reversal."""

    tid: str
    batch: str
    stan: str


@dataclass(frozen=True, slots=True)
class Asked:
    """`amount` in fen, of an adjustment what it adds. `original` is what F61 names, `day` its MMDD, where there is one.

    What is about an authorisation has no `original`: its code (F38) and day name that.
    """

    kind: Kind
    key: Key
    pan: str
    amount: int
    pin_entered: bool
    fields: dict[int, str]
    original: Key | None = None
    day: str = ""

    @property
    def takes_less(self) -> bool:
        """Whether the terminal can be told that less was approved than it has asked for."""
        return self.fields[60][_PARTIAL:] == "1"

    @property
    def by_chip(self) -> bool:
        return self.fields[22][:2] in (CHIP, TAPPED)


class _Row(NamedTuple):
    kind: Kind
    fields: frozenset[int]
    entries: tuple[str, ...]  # how the card was read
    original: int = 0  # digits of F61
    by_code: bool = False  # whether the original is named by F38 and the day in F61, not by batch and STAN


# Only what is asked online must have track data: what has waited in a terminal was stored without them.
_ROWS: Final = {
    ("0200", "000000", "00", "22"): _Row("sale", _EVERY | {35}, (_SWIPED, CHIP, TAPPED, *BY_CODE)),
    ("0200", "200000", "00", "23"): _Row("void", _EVERY | {35, 37, 38, 61}, (_SWIPED, *BY_CODE), _NAME),
    ("0220", "200000", "00", "25"): _Row("refund", _EVERY | {37, 61, 63}, (_SWIPED, _KEYED, *BY_CODE), _NAME + _DAY),
    ("0220", "000000", "00", "30"): _Row("offline_sale", _EVERY | _HAPPENED | {38}, (_SWIPED, _KEYED)),
    ("0200", "000000", "00", "36"): _Row("offline_chip", _EVERY | _HAPPENED | {_CHIP_DATA}, (CHIP, TAPPED)),
    ("0620", "000000", "00", "00"): _Row("script_result", (_EVERY - {4}) | {_CHIP_DATA, 61}, (CHIP, TAPPED), _NAME),
    ("0400", "000000", "00", "22"): _Row("reversal", _EVERY | {39}, (_SWIPED, CHIP, TAPPED, *BY_CODE)),
    ("0400", "200000", "00", "23"): _Row("void_reversal", _EVERY | {39, 61}, (_SWIPED, *BY_CODE), _NAME),
    ("0220", "000000", "00", "32"): _Row("adjustment", _EVERY | _HAPPENED | {48, 61}, (_SWIPED, _KEYED), _NAME),
    ("0220", "000000", "00", "34"): _Row("tip", _EVERY | _HAPPENED | {48, 61}, (_SWIPED, _KEYED), _NAME),
    ("0200", "000000", "08", "22"): _Row("moto", _EVERY, (_KEYED,)),
    ("0400", "000000", "08", "22"): _Row("moto_reversal", _EVERY | {39}, (_KEYED,)),
    ("0200", "310000", "00", "01"): _Row("balance", (_EVERY - {4}) | {35}, (_SWIPED,)),
    ("0200", "330000", "00", "22"): _Row("scan_query", _EVERY | {61}, BY_CODE, _NAME),
    ("0100", "030000", "06", "10"): _Row("pre_auth", _EVERY | {35}, (_SWIPED,)),
    ("0100", "200000", "06", "11"): _Row("pre_auth_void", _CODED | {35}, (_SWIPED,), _NAME + _DAY, True),
    ("0200", "000000", "06", "20"): _Row("completion", _CODED | {35}, (_SWIPED,), _NAME + _DAY, True),
    ("0200", "200000", "06", "21"): _Row("completion_void", _EVERY | {35, 37, 38, 61}, (_SWIPED,), _NAME + _DAY),
    ("0220", "000000", "06", "24"): _Row(
        "completion_advice", _EVERY | _HAPPENED | {38, 61}, (_SWIPED,), _NAME + _DAY, True
    ),
    ("0400", "030000", "06", "10"): _Row("pre_auth_reversal", _EVERY | {39}, (_SWIPED,)),
    ("0400", "200000", "06", "11"): _Row("pre_auth_void_reversal", _EVERY | {39, 61}, (_SWIPED,), _NAME + _DAY, True),
    ("0400", "000000", "06", "20"): _Row("completion_reversal", _EVERY | {39, 61}, (_SWIPED,), _NAME + _DAY, True),
    ("0400", "200000", "06", "21"): _Row("completion_void_reversal", _EVERY | {39, 61}, (_SWIPED,), _NAME + _DAY),
}


def kind_of(request: Message) -> Kind | None:
    """By the table; None for what is not served, or is no financial message."""
    mti, fields = request.mti, request.fields
    row = _ROWS.get((mti, fields.get(3, ""), fields.get(25, ""), fields.get(60, "")[:2]))
    return None if row is None else row.kind


def read(request: Message, tid: str) -> Asked:
    """Raises Refused: 30 for what lacks a field, contradicts its own track, or is no amount of yuan, 40 for what is not
    served."""
    fields = request.fields
    if any(number not in fields for number in _NAMING) or len(fields[60]) < TYPE_BATCH_NETWORK:
        raise Refused(Code.FORMAT)
    row = _ROWS.get((request.mti, fields[3], fields[25], fields[60][:2]))
    if row is None:
        raise Refused(Code.NOT_SUPPORTED)
    needed = row.fields - {35} if fields.get(22, "")[:2] in BY_CODE else row.fields
    if not fields.keys() >= needed or fields[49] != CURRENCY:
        raise Refused(Code.FORMAT)
    if fields[22][:2] not in row.entries:
        raise Refused(Code.NOT_SUPPORTED)
    if row.kind == "sale" and (fields[22][:2] in (CHIP, TAPPED)) != (_CHIP_DATA in fields):
        raise Refused(Code.FORMAT)
    pin_entered = _ENTERED.get(fields[22][2])
    named = fields[61] if row.original else ""
    if pin_entered is None or len(named) != row.original:
        raise Refused(Code.FORMAT)
    pan, _, tail = fields.get(35, f"{fields[2]}D{fields[14]}").partition("D")
    if (pan, tail[:4]) != (fields[2], fields[14]):
        raise Refused(Code.FORMAT)
    return Asked(
        kind=row.kind,
        key=Key(tid, fields[60][2:8], fields[11]),
        pan=fields[2],
        amount=int(fields.get(48 if row.kind in _ADDING else 4, "0")),
        pin_entered=pin_entered,
        fields=fields,
        original=Key(tid, named[:6], named[6:_NAME]) if named and not row.by_code else None,
        day=named[_NAME:],
    )


def require_open(asked: Asked, terminal: Terminal) -> None:
    """Refuse what is for another batch than the open one (77)."""
    if int(asked.key.batch) != terminal.batch:
        raise Refused(Code.SIGN_IN)


def require_money(asked: Asked, terminal: Terminal) -> None:
    """Refuse what is for another batch than the open one (77), or of no amount (13)."""
    require_open(asked, terminal)
    if asked.amount == 0:
        raise Refused(Code.INVALID_AMOUNT)


def moment_of(asked: Asked) -> str:
    """MMDDhhmmss of what was good without the host. Refused (30) if there is no such moment."""
    digits = asked.fields[13] + asked.fields[12]
    try:
        datetime.strptime(f"2000{digits}", "%Y%m%d%H%M%S")  # a leap year: the message has none
    except ValueError:
        raise Refused(Code.FORMAT) from None
    return digits
