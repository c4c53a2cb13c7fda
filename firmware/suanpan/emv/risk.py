"""Terminal risk management (EMV 4.3 Book 3, 10.6): what an issuer should be asked about, whatever the card thinks.

It is always performed: the bit of the AIP that asks for it has lost its meaning.
"""

from micropython import const

from suanpan.emv.bits import (
    DATA_MISSING,
    FORCED_ONLINE,
    LOWER_LIMIT_EXCEEDED,
    NEW_CARD,
    ON_EXCEPTION_FILE,
    OVER_FLOOR_LIMIT,
    RANDOMLY_SELECTED,
    TERMINAL_RISK_PERFORMED,
    UPPER_LIMIT_EXCEEDED,
    raise_bit,
)
from suanpan.emv.commands import get_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.transaction import Transaction

_TERMINAL_TYPE = const(0x9F35)
_EITHER_WAY = (2, 5)  # last digit of terminal types that can approve offline and go online
_SEQUENCE = const(0x5F34)
_LOWER_LIMIT = const(0x9F14)  # consecutive offline transactions
_UPPER_LIMIT = const(0x9F23)
_COUNTER = const(0x9F36)
_LAST_ONLINE = const(0x9F13)


async def manage_risk(t: "Transaction") -> None:
    sequence = t.objects.card(_SEQUENCE)
    if t.tables.excepted(t.pan, int(sequence.hex()) if sequence else -1):
        raise_bit(t.tvr, ON_EXCEPTION_FILE)
    if t.forced:
        raise_bit(t.tvr, FORCED_ONLINE)
    if t.amount + t.spent(t.pan) >= t.ours.floor_limit:
        raise_bit(t.tvr, OVER_FLOOR_LIMIT)
    elif t.objects.need(_TERMINAL_TYPE)[0] & 0x0F in _EITHER_WAY and _selected(t):
        raise_bit(t.tvr, RANDOMLY_SELECTED)
    await _check_velocity(t)
    raise_bit(t.tsi, TERMINAL_RISK_PERFORMED)


def _selected(t: "Transaction") -> bool:
    """10.6.2: the target percentage below the threshold; from there one that grows, to the most at the floor limit."""
    ours = t.ours
    span = 1
    percent = ours.target
    if t.amount >= ours.threshold and ours.floor_limit > ours.threshold:
        span = ours.floor_limit - ours.threshold
        percent = ours.target * span + (ours.most - ours.target) * (t.amount - ours.threshold)
    number = 1 + int.from_bytes(t.random(4), "big") % 99
    return number * span <= percent


async def _check_velocity(t: "Transaction") -> None:
    """10.6.3. A card that does not say how often it was used is taken for one that was used too often."""
    lower, upper = t.objects.card(_LOWER_LIMIT), t.objects.card(_UPPER_LIMIT)
    if not lower or not upper:
        return
    counter, last = await get_number(t.card, _COUNTER), await get_number(t.card, _LAST_ONLINE)
    if counter < 0 or last < 0:
        raise_bit(t.tvr, DATA_MISSING)
    if counter < 0 or last < 0 or counter <= last:
        raise_bit(t.tvr, LOWER_LIMIT_EXCEEDED)
        raise_bit(t.tvr, UPPER_LIMIT_EXCEEDED)
    elif counter - last > lower[0]:
        raise_bit(t.tvr, LOWER_LIMIT_EXCEEDED)
        if counter - last > upper[0]:
            raise_bit(t.tvr, UPPER_LIMIT_EXCEEDED)
    if last == 0:
        raise_bit(t.tvr, NEW_CARD)
