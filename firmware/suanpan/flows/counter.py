"""The counter's day: what the terminal does from power-on to power-off. The one place where errors become screens."""

from suanpan.errors import AcquirerError, Cancelled, LedgerError, SuanpanError, TimedOut
from suanpan.flows.login import log_in, sign_in
from suanpan.flows.menu import menu
from suanpan.flows.online import clear_reversal
from suanpan.flows.printing import finish_printing
from suanpan.flows.sale import sale
from suanpan.service.self_test import self_test
from suanpan.ui.prompts import DIGITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable

    from suanpan.terminal import Terminal


async def power_on(t: "Terminal") -> None:
    await self_test(t)
    await _recover(t)
    while True:
        await log_in(t)
        await attempt(t, sign_in(t))
        await attempt(t, finish_printing(t))
        await _serve(t)


async def _recover(t: "Terminal") -> None:
    """A sale that the power cut short is taken back before anybody has to log in."""
    if t.ledger.reversal and t.acquirer.ready:
        try:
            async with await t.acquirer.connect() as host:
                await clear_reversal(t, host)
        except AcquirerError:
            return  # it stays armed: sign-in and every sale try again
        await t.screen.notice(t.screen.title("reversal"), t.screen.message("reversed"), 5)


async def _serve(t: "Terminal") -> None:
    """Idle until a digit starts a sale or the menu key opens the menu; returns when the operator logs out."""
    while t.operator:
        t.screen.lights.idle()
        key = await _idle(t)
        t.screen.lights.show(0)
        if key in DIGITS:
            await attempt(t, sale(t, key))
        elif key == "menu":
            await attempt(t, menu(t))


async def _idle(t: "Terminal") -> str:
    """The first key; meanwhile the clock goes on from minute to minute."""
    while True:
        _show_idle(t)
        try:
            return await t.screen.key(60 - int(t.time()[4:]))
        except TimedOut:
            _prepare_flash(t)


def _prepare_flash(t: "Terminal") -> None:
    """Erase for the records to come while nobody waits."""
    try:
        t.ledger.prepare()
    except LedgerError:
        return  # the next sale will say so, before anything is sent


def _show_idle(t: "Terminal") -> None:
    screen = t.screen
    canvas = screen.canvas
    time = t.time()
    canvas.clear()
    canvas.text(0, f"{time[:2]}:{time[2:4]}")
    canvas.right(0, f"{t.operator} {t.battery.percent():3}%")
    canvas.bar(0)
    canvas.centre(1, screen.message("idle"))
    canvas.centre(3, screen.message("idle_hint"))
    canvas.show()


async def attempt(t: "Terminal", flow: "Awaitable[None]") -> None:
    """Run a flow to its end; whatever stops it becomes a screen, and the terminal goes on."""
    screen = t.screen
    try:
        await flow
    except (Cancelled, TimedOut):
        return
    except SuanpanError as error:
        screen.buzzer.error()
        await screen.notice(screen.title("notice"), screen.error(error.code))
