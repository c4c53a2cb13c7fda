"""商户: the counter's day where several merchants share it. Who sells is chosen first; the flows are any shop's."""

from suanpan.errors import Cancelled
from suanpan.flows.counter import attempt, chosen, seldom
from suanpan.flows.idle import Idle
from suanpan.flows.sale import sale
from suanpan.overlay import Overlay
from suanpan.ui.prompts import DIGITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.service.mall import Mall

# What concerns all of them, or none.
_COMMON = "lock version language log_out own_password cleaning check_parts trace fault_sheet download echo check_again"


async def power_on(t: "Mall") -> None:
    """As counter.power_on(), for each of them."""
    with Overlay():
        await seldom("flows.merchants_begin", "check_all")(t)
    idle = Idle(t)
    while True:
        with Overlay():
            await seldom("flows.merchants_begin", "begin_all")(t)
        await _serve(t, idle)


async def _serve(t: "Mall", idle: Idle) -> None:
    while t.operator:
        t.screen.lights.idle()
        key = await idle.key()
        t.screen.lights.show(0)
        if (key in DIGITS or key == "enter") and idle.battery:
            await attempt(t, _sell(t))
        elif key in ("menu", "nobody there", "another day") or key in DIGITS:
            await attempt(t, _choose(t, key, idle.battery))
        t.screen.merchant = ""


async def _sell(t: "Mall") -> None:
    await choose_merchant(t)
    await sale(t)


async def _choose(t: "Mall", key: str, battery: bool) -> None:
    module, name = await chosen(t, key, battery)
    if name in _COMMON.split():
        await t.turn_to_debtor()
    elif name in ("sign_off", "counters"):
        module = "merchants_end"
    else:
        await choose_merchant(t)
    with Overlay():
        await seldom("flows." + module, name)(t)


async def choose_merchant(t: "Mall") -> None:
    """Turn to the one whose digit is pressed, or, with 确认, to the one that was chosen last."""
    screen = t.screen
    visible = screen.canvas.rows - 1
    top = t.proposed // visible * visible
    while True:
        lines = [
            screen.cut(f"{at + 1}{'>' if at == t.proposed else ' '}{t.name(at)}")
            for at in range(top, min(top + visible, t.count))
        ]
        screen.show_list(screen.title("choose_merchant"), lines, top > 0, top + visible < t.count)
        key = await screen.key()
        if key == "enter" or (key in DIGITS and 0 < int(key) <= t.count):
            await t.turn(t.proposed if key == "enter" else int(key) - 1)
            t.proposed = t.at
            screen.merchant = t.name(t.at)
            return
        if key == "cancel":
            raise Cancelled
        if key == "down" and top + visible < t.count:
            top += visible
        elif key == "up" and top:
            top -= visible
        else:
            screen.buzzer.error()
