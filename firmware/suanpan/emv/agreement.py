"""An application that card, terminal and cardholder agree on (EMV 4.3 Book 1, 12.4; Book 3, 10.1)."""

from micropython import const

from suanpan.emv import selection
from suanpan.emv.initiate import initiate
from suanpan.emv.transaction import Transaction
from suanpan.errors.emv import CardBlocked, Terminated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from suanpan.emv.commands import Card
    from suanpan.emv.tables import Tables
    from suanpan.emv.transaction import Cardholder

_AID = const(0x9F06)
_VERSION = const(0x9F09)
_FLOOR_LIMIT = const(0x9F1B)
_AMOUNT_BINARY = const(0x81)
_UNPREDICTABLE = const(0x9F37)


async def agree(
    card: "Card",
    terminals: "dict[int, bytes | bytearray]",
    tables: "Tables",
    cardholder: "Cardholder",
    random: "Callable[[int], bytes]",
) -> Transaction:
    """Up to its processing options; where the card will not have one after all, another is chosen. Raises CardBlocked,
    NoApplication and Terminated."""
    candidates = await selection.candidates(card, tables.applications)
    asked = blocked = False
    while candidates:
        alone = len(candidates) == 1 and not candidates[0].asks and not asked
        chosen = await selection.choose(candidates, cardholder, asked)
        asked = asked or not alone
        candidates.remove(chosen)
        proprietary = await selection.select(card, chosen)
        if proprietary is None:
            blocked = blocked or chosen.blocked
            continue
        t = Transaction(card, dict(terminals), tables, cardholder, random, chosen.ours)
        t.objects.set(_AID, chosen.name)
        t.objects.set(_VERSION, chosen.ours.version)
        t.objects.set(_FLOOR_LIMIT, min(chosen.ours.floor_limit, 0xFFFFFFFF).to_bytes(4, "big"))
        t.objects.set(_AMOUNT_BINARY, min(t.amount, 0xFFFFFFFF).to_bytes(4, "big"))
        t.objects.set(_UNPREDICTABLE, random(4))
        try:
            t.objects.keep_selected(proprietary)
        except Terminated:
            continue
        if await initiate(t):
            return t
    raise CardBlocked if blocked else Terminated
