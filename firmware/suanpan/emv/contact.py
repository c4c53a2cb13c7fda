"""A transaction with a chip card in the slot, as EMV 4.3 Book 3, 8.2 and figure 7, draw it.

Each part is in memory while it lasts; so the next one, and the issuer's message, have its room.
"""

from suanpan.emv.transaction import Outcome
from suanpan.overlay import Overlay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from suanpan.emv.commands import Card
    from suanpan.emv.tables import Tables
    from suanpan.emv.transaction import Cardholder, Issuer, Transaction


def transact(
    card: "Card",
    terminals: "dict[int, bytes | bytearray]",
    tables: "Tables",
    cardholder: "Cardholder",
    issuer: "Issuer",
    random: "Callable[[int], bytes]",
    *,
    spent: "Callable[[str], int] | None" = None,
    keeps: "Callable[[], bool] | None" = None,
    forced: bool = False,
    asks_tries: bool = False,
) -> "Coroutine[Any, Any, Outcome]":
    """From a card that has been powered up to the end. Raises EmvError, and what the card's reader raises.

    `terminals` are the terminal's data objects by tag: at least 9F02 9F03 9F1A 5F2A 9A 9C 9F33 9F35 9F40. `spent` says
    what a PAN has spent here today, in 分, without its issuer knowing; `keeps`, whether what a card approves by itself
    would be good here now (if not, the issuer is asked, and without it nothing is approved); `forced`: the merchant
    wants the issuer asked; `asks_tries`: read the PIN try counter first. After `issuer` has been asked, an error means
    that its answer is to be reversed.
    """
    # The frame of what runs on must not hold what it is given here: that would stay in memory with it.
    with Overlay():
        from suanpan.emv.assessment import assess

        first = assess(card, terminals, tables, cardholder, random, spent, keeps, forced, asks_tries)
    return _transact([first], issuer)


async def _transact(first: "list[Coroutine[Any, Any, tuple[Transaction, int | None]]]", issuer: "Issuer") -> Outcome:
    t, result = await first.pop()
    if result is not None:
        return Outcome(result, None, t)
    answer = await issuer.authorise(t)
    with Overlay():
        from suanpan.emv.completion import complete

        return Outcome(await complete(t, answer), answer, t)
