"""From power-on to the first idle screen, where several merchants share the terminal."""

from suanpan.flows.counter import attempt, seldom
from suanpan.flows.idle import unsent
from suanpan.overlay import Overlay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.service.mall import Mall


async def check_all(t: "Mall") -> None:
    """All journals are looked at before anybody is called; then goes what any of them has to take back."""
    if t.parameters.seldom("training_mode", 0):
        with Overlay():
            await seldom("service.training", "begin_training")(t)
    with Overlay():
        await seldom("service.self_test", "self_test")(t)
    for at in range(t.count):
        await t.turn(at)
    for at in range(t.count):
        await t.turn(at)
        if t.ledger.reversal and t.acquirer.ready:
            with Overlay():
                await seldom("flows.unknown", "recover")(t)


async def begin_all(t: "Mall") -> None:
    """From log-in to the first idle screen. Who has keys of another day, and owes nothing, signs in when it sells."""
    await t.turn_to_debtor()
    with Overlay():
        await seldom("flows.merchants_login", "log_in")(t)
    for at in range(t.count):
        await attempt(t, t.turn(at))
        if t.at != at:  # a training, or secrets that cannot be had now
            continue
        state = t.ledger.state
        closing = state.settled > state.batch_start
        if at == t.proposed or closing or unsent(t) or not t.acquirer.ready:
            with Overlay():
                await attempt(t, seldom("flows.login", "sign_in")(t))
        with Overlay():
            await attempt(t, seldom("flows.reports", "finish_printing")(t))
        if closing:
            with Overlay():
                await attempt(t, seldom("flows.settlement_slip", "last_settlement")(t))
