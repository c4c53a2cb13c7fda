"""Terminal risk management (EMV 4.3 Book 3, 10.6): what an issuer should be asked about, whatever the card thinks."""

from micropython import const

from suanpan.emv.bits import (
    LOWER_LIMIT_EXCEEDED,
    NEW_CARD,
    ON_EXCEPTION_FILE,
    OVER_FLOOR_LIMIT,
    RANDOMLY_SELECTED,
    TERMINAL_RISK_PERFORMED,
    UPPER_LIMIT_EXCEEDED,
    raise_bit,
)
from suanpan.emv.commands import OK, get_data

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.transaction import Transaction

_AIP_RISK = const(0x08)
_SEQUENCE = const(0x5F34)
_LOWER_LIMIT = const(0x9F14)  # consecutive offline transactions
_UPPER_LIMIT = const(0x9F23)
_COUNTER = const(0x9F36)
_LAST_ONLINE = const(0x9F13)


async def manage_risk(t: "Transaction") -> None:
    """`t.earlier`: what this account has spent here without its issuer knowing."""
    sequence = t.objects.card(_SEQUENCE)
    if t.tables.excepted(t.pan, int(sequence.hex()) if sequence else -1):
        raise_bit(t.tvr, ON_EXCEPTION_FILE)
    if not t.aip[0] & _AIP_RISK:
        return
    if t.amount + t.earlier >= t.ours.floor_limit:
        raise_bit(t.tvr, OVER_FLOOR_LIMIT)
    elif _selected(t):
        raise_bit(t.tvr, RANDOMLY_SELECTED)
    await _check_velocity(t)
    raise_bit(t.tsi, TERMINAL_RISK_PERFORMED)


def _selected(t: "Transaction") -> bool:
    """10.6.2: the target percentage below the threshold; from there one that grows, to the most at the floor limit."""
    ours = t.ours
    chance = ours.target * 1000
    if t.amount >= ours.threshold:
        span = ours.floor_limit - ours.threshold
        chance += (ours.most - ours.target) * 1000 * (t.amount - ours.threshold) // span if span else 0
    number = int.from_bytes(t.random(4), "big") % 100_000
    return number < chance


async def _check_velocity(t: "Transaction") -> None:
    """10.6.3. A card that does not say how often it was used is taken for one that was used too often."""
    lower, upper = t.objects.card(_LOWER_LIMIT), t.objects.card(_UPPER_LIMIT)
    if not lower or not upper:
        return
    counter, last = await _number(t, _COUNTER), await _number(t, _LAST_ONLINE)
    if counter < 0 or last < 0 or counter <= last:
        raise_bit(t.tvr, LOWER_LIMIT_EXCEEDED)
        raise_bit(t.tvr, UPPER_LIMIT_EXCEEDED)
    else:
        if counter - last > lower[0]:
            raise_bit(t.tvr, LOWER_LIMIT_EXCEEDED)
        if counter - last > upper[0]:
            raise_bit(t.tvr, UPPER_LIMIT_EXCEEDED)
    if last == 0:
        raise_bit(t.tvr, NEW_CARD)


async def _number(t: "Transaction", tag: int) -> int:
    """A counter of the card; -1 where it does not say."""
    data, sw = await get_data(t.card, tag)
    if sw != OK or len(data) < 4 or data[0] << 8 | data[1] != tag or data[2] != len(data) - 3:
        return -1
    return int.from_bytes(data[3:], "big")
