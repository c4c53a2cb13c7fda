"""Cardholder verification (EMV 4.3 Book 3, 10.5 and Annex C3): how the person proves that the card is theirs."""

from micropython import const

from suanpan.emv.bits import (
    CVM_FAILED,
    CVM_PERFORMED,
    CVM_UNKNOWN,
    DATA_MISSING,
    NO_PIN_PAD,
    ONLINE_PIN_ENTERED,
    PIN_NOT_ENTERED,
    has_bit,
    raise_bit,
)
from suanpan.errors.emv import Terminated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.transaction import Transaction

_CVM_LIST = const(0x8E)
_CVM_RESULTS = const(0x9F34)
_CAPABILITIES = const(0x9F33)
_APPLICATION_CURRENCY = const(0x9F42)
_TRANSACTION_CURRENCY = const(0x5F2A)
_TYPE = const(0x9C)
_TERMINAL_TYPE = const(0x9F35)
_AIP_CVM = const(0x10)

# CVM codes (Annex C3)
FAIL = const(0x00)
PLAIN_PIN = const(0x01)
ONLINE_PIN = const(0x02)
PLAIN_PIN_AND_SIGNATURE = const(0x03)
ENCIPHERED_PIN = const(0x04)
ENCIPHERED_PIN_AND_SIGNATURE = const(0x05)
SIGNATURE = const(0x1E)
NO_CVM = const(0x1F)

_CODE = const(0x3F)
_GO_ON = const(0x40)  # with the next rule, if this one is unsuccessful
_NONE_PERFORMED = const(0x3F)

# Capabilities (9F33), byte 2, and what each code needs of them
_CAN_ONLINE_PIN = const(0x40)
_CAN_OFFLINE_PIN = const(0x90)
_NEEDS = {
    FAIL: 0x00,
    PLAIN_PIN: 0x80,
    ONLINE_PIN: 0x40,
    PLAIN_PIN_AND_SIGNATURE: 0xA0,
    ENCIPHERED_PIN: 0x10,
    ENCIPHERED_PIN_AND_SIGNATURE: 0x30,
    SIGNATURE: 0x20,
    NO_CVM: 0x08,
}

# Results, byte 3
UNKNOWN = const(0)
FAILED = const(1)
SUCCESSFUL = const(2)

_UNATTENDED_CASH = (0x14, 0x15, 0x16)
_CASH = const(0x01)
_CASHBACK = const(0x09)


async def verify(t: "Transaction") -> None:
    """Leaves CVM results (9F34; Book 4, 6.3.4.5); whether a signature is wanted can be read from them."""
    rules = t.objects.card(_CVM_LIST)
    if rules is not None and (len(rules) < 8 or len(rules) % 2):
        raise Terminated
    if not t.aip[0] & _AIP_CVM or rules is None or len(rules) == 8:
        if t.aip[0] & _AIP_CVM:
            raise_bit(t.tvr, DATA_MISSING)
        t.objects.set(_CVM_RESULTS, bytes((_NONE_PERFORMED, 0, 0)))
        return
    results = bytes((_NONE_PERFORMED, 0, FAILED))
    for at in range(8, len(rules), 2):
        rule, condition = rules[at], rules[at + 1]
        code = rule & _CODE
        if not _applies(t, rules, code, condition):
            continue
        if _performable(t, code):
            outcome = await _perform(t, code)
            results = bytes((rule, condition, outcome))
            if outcome != FAILED:
                break
        if code == FAIL or not rule & _GO_ON:
            raise_bit(t.tvr, CVM_FAILED)
            break
    else:
        raise_bit(t.tvr, CVM_FAILED)
    t.objects.set(_CVM_RESULTS, results)
    raise_bit(t.tsi, CVM_PERFORMED)


def signature_wanted(results: "bytes | bytearray") -> bool:
    return results[2] == UNKNOWN and results[0] & _CODE in (
        SIGNATURE,
        PLAIN_PIN_AND_SIGNATURE,
        ENCIPHERED_PIN_AND_SIGNATURE,
    )


def _applies(t: "Transaction", rules: bytes, code: int, condition: int) -> bool:
    """Annex C3, CVM condition codes. A condition that we do not know is not met."""
    kind = t.objects.need(_TYPE)[0]
    unattended_cash = t.objects.need(_TERMINAL_TYPE)[0] in _UNATTENDED_CASH and kind == _CASH
    manual_cash = kind == _CASH and not unattended_cash
    if condition == 0x00:
        return True
    if condition == 0x01:
        return unattended_cash
    if condition == 0x02:
        return not unattended_cash and not manual_cash and kind != _CASHBACK
    if condition == 0x03:
        return _supported(t, code)
    if condition == 0x04:
        return manual_cash
    if condition == 0x05:
        return kind == _CASHBACK
    if not 0x06 <= condition <= 0x09 or t.objects.card(_APPLICATION_CURRENCY) != t.objects.need(_TRANSACTION_CURRENCY):
        return False
    limit = int.from_bytes(rules[0:4] if condition < 0x08 else rules[4:8], "big")
    return t.amount > limit if condition & 1 else t.amount < limit


def _supported(t: "Transaction", code: int) -> bool:
    needs = _NEEDS.get(code)
    return needs is not None and t.objects.need(_CAPABILITIES)[1] & needs == needs


def _performable(t: "Transaction", code: int) -> bool:
    """Whether we know the code and have what it takes; if not, the TVR says why (10.5, step 1)."""
    needs = _NEEDS.get(code)
    if needs is None:
        raise_bit(t.tvr, CVM_UNKNOWN)
        return False
    able = t.objects.need(_CAPABILITIES)[1]
    if able & needs == needs:
        return True
    offline = needs & _CAN_OFFLINE_PIN and not able & _CAN_OFFLINE_PIN
    if offline or (code == ONLINE_PIN and not able & _CAN_ONLINE_PIN):
        raise_bit(t.tvr, NO_PIN_PAD)
    return False


async def _perform(t: "Transaction", code: int) -> int:
    if code == FAIL:
        return FAILED
    if code == NO_CVM:
        return SUCCESSFUL
    if code == SIGNATURE:
        return UNKNOWN
    if has_bit(t.tvr, PIN_NOT_ENTERED):
        return FAILED  # who passes over one PIN has passed over all (Book 4, 6.3.4.3)
    if code == ONLINE_PIN:
        if not await t.cardholder.online_pin():
            raise_bit(t.tvr, PIN_NOT_ENTERED)
            return FAILED
        raise_bit(t.tvr, ONLINE_PIN_ENTERED)
        return UNKNOWN
    from suanpan.emv.offline_pin import verify_pin

    if not await verify_pin(t, code in (ENCIPHERED_PIN, ENCIPHERED_PIN_AND_SIGNATURE)):
        return FAILED
    return SUCCESSFUL if code in (PLAIN_PIN, ENCIPHERED_PIN) else UNKNOWN
