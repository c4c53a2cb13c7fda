"""柜员登录 where several merchants share the terminal: the administrator says first whose terminal it is about."""

from suanpan.errors import Cancelled, TimedOut
from suanpan.flows.idle import unsent
from suanpan.flows.login import enter, identify, nobody_there
from suanpan.flows.merchants import choose_merchant
from suanpan.ledger.operators import ADMINISTRATOR
from suanpan.overlay import Overlay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.service.mall import Mall


async def log_in(t: "Mall") -> None:
    """As any terminal's. While a host must still be told of something, it is about the merchant who owes that."""
    while not t.operator:
        try:
            with Overlay():
                number, due = await identify(t)
            if number == ADMINISTRATOR and not unsent(t):
                await choose_merchant(t)
            if number:
                with Overlay():
                    await enter(t, number, due)
        except (Cancelled, TimedOut):
            await nobody_there(t)
        t.screen.merchant = ""
        await t.turn_to_debtor()
