"""Processing restrictions (EMV 4.3 Book 3, 10.4): is this application for this terminal, this service, this day?"""

from micropython import const

from suanpan.emv.bits import EXPIRED, NOT_YET_EFFECTIVE, SERVICE_NOT_ALLOWED, VERSIONS_DIFFER, raise_bit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.transaction import Transaction

_CARD_VERSION = const(0x9F08)
_USAGE_CONTROL = const(0x9F07)
_ISSUER_COUNTRY = const(0x5F28)
_TERMINAL_COUNTRY = const(0x9F1A)
_TERMINAL_TYPE = const(0x9F35)
_ADDITIONAL_CAPABILITIES = const(0x9F40)
_TYPE = const(0x9C)
_CASHBACK_AMOUNT = const(0x9F03)
_TODAY = const(0x9A)
_EFFECTIVE = const(0x5F25)
_EXPIRES = const(0x5F24)

_CASH_TERMINALS = (0x14, 0x15, 0x16)
_DISPENSES_CASH = const(0x80)  # additional terminal capabilities, byte 1
_CASH = const(0x01)  # transaction types
_CASHBACK = const(0x09)
# Application usage control (Annex C2), byte 1; of a pair, one bit is for the issuer's own country and one for others.
_AT_CASH_MACHINES = const(0x02)
_ELSEWHERE = const(0x01)
_CASH_BITS = (0x80, 0x40)
_PURCHASE_BITS = (0x28, 0x14)  # goods or services
_CASHBACK_BITS = (0x80, 0x40)  # byte 2


def restrict(t: "Transaction") -> None:
    version = t.objects.card(_CARD_VERSION)
    if version is not None and version != t.ours.version:
        raise_bit(t.tvr, VERSIONS_DIFFER)
    usage = t.objects.card(_USAGE_CONTROL)
    if usage and not _allowed(t, usage):
        raise_bit(t.tvr, SERVICE_NOT_ALLOWED)
    today = century(t.objects.need(_TODAY))
    effective = t.objects.card(_EFFECTIVE)
    if effective and century(effective) > today:
        raise_bit(t.tvr, NOT_YET_EFFECTIVE)
    if century(t.objects.need(_EXPIRES)) < today:
        raise_bit(t.tvr, EXPIRED)


def century(date: "bytes | bytearray") -> str:
    """YYYYMMDD of a BCD date YYMMDD; years from 50 on are of the last century (Book 4, 6.7.3)."""
    text = bytes(date).hex()
    return ("19" if text[:2] >= "50" else "20") + text


def _allowed(t: "Transaction", usage: bytes) -> bool:
    """10.4.2 and its table."""
    cash_machine = t.objects.need(_TERMINAL_TYPE)[0] in _CASH_TERMINALS and bool(
        t.objects.need(_ADDITIONAL_CAPABILITIES)[0] & _DISPENSES_CASH
    )
    if not usage[0] & (_AT_CASH_MACHINES if cash_machine else _ELSEWHERE):
        return False
    country = t.objects.card(_ISSUER_COUNTRY)
    if country is None:
        return True
    abroad = int(country != t.objects.need(_TERMINAL_COUNTRY))
    kind = t.objects.need(_TYPE)[0]
    if not usage[0] & (_CASH_BITS if kind == _CASH else _PURCHASE_BITS)[abroad]:
        return False
    cashback = kind == _CASHBACK or any(t.objects.get(_CASHBACK_AMOUNT) or b"")
    return not cashback or bool(usage[1] & _CASHBACK_BITS[abroad])
