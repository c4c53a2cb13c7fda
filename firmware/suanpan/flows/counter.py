"""The counter's day: what the terminal does from power-on to power-off. The one place where errors become screens."""

from suanpan.errors import Cancelled, JournalBroken, SuanpanError, TimedOut
from suanpan.flows.idle import Idle
from suanpan.flows.sale import sale
from suanpan.overlay import Overlay
from suanpan.ui.prompts import DIGITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from suanpan.terminal import Terminal


async def power_on(t: "Terminal") -> None:
    if t.parameters.seldom("training_mode", 0):
        with Overlay():
            await seldom("service.training", "begin_training")(t)
    with Overlay():
        await seldom("service.self_test", "self_test")(t)
    if t.ledger.reversal and t.acquirer.ready:
        with Overlay():
            await seldom("flows.unknown", "recover")(t)
    idle = Idle(t)
    while True:
        await _begin(t)
        await _serve(t, idle)


async def _begin(t: "Terminal") -> None:
    """From log-in to the first idle screen, with whatever the power or the line cut short last time."""
    state = t.ledger.state
    batch_start = state.batch_start
    with Overlay():
        await seldom("flows.login", "log_in")(t)
    with Overlay():
        await attempt(t, seldom("flows.login", "sign_in")(t))
    with Overlay():
        await attempt(t, seldom("flows.reports", "finish_printing")(t))
    if state.settled > batch_start:
        with Overlay():
            await attempt(t, seldom("flows.settlement_slip", "last_settlement")(t))


def seldom(module: str, name: str) -> "Callable[[Terminal], Awaitable[None]]":
    """A flow of a module that is to be forgotten: a local name would keep it for as long as its function runs."""
    flow: Callable[[Terminal], Awaitable[None]] = getattr(__import__("suanpan." + module, None, None, (name,)), name)
    return flow


async def _serve(t: "Terminal", idle: Idle) -> None:
    """Idle until a digit starts a sale or the menu key opens the menu; returns when the operator logs out."""
    while t.operator:
        t.screen.lights.idle()
        key = await idle.key()
        t.screen.lights.show(0)
        if key in DIGITS and idle.battery:
            await attempt(t, sale(t, key))
        elif key in ("menu", "nobody there", "another day") or key in DIGITS:
            await attempt(t, _choose(t, key, idle.battery))


async def _choose(t: "Terminal", key: str, battery: bool) -> None:
    """What is in the menu is in memory only while it is done, and the menu not even then."""
    module, name = await chosen(t, key, battery)
    with Overlay():
        await seldom("flows." + module, name)(t)


async def chosen(t: "Terminal", key: str, battery: bool) -> "tuple[str, str]":
    with Overlay():
        from suanpan.flows.menu import menu

        return await menu(t, key, battery)


async def attempt(t: "Terminal", flow: "Awaitable[None]") -> None:
    """Run a flow to its end; whatever stops it becomes a screen, and the terminal goes on."""
    screen = t.screen
    try:
        await flow
    except (Cancelled, TimedOut):
        return
    except JournalBroken:
        raise  # nothing can be sold any more
    except SuanpanError as error:
        screen.buzzer.error()
        await screen.notice(screen.title("notice"), screen.error(error.code))
