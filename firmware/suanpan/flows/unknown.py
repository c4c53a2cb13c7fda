"""待确认: the host may have done what it was asked, or may not."""

from suanpan.errors import AcquirerError
from suanpan.flows.online import clear_reversal, make_ready
from suanpan.flows.transaction import message_of, title_of
from suanpan.ui.canvas import BAD, DOUBT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal


async def unknown(t: "Terminal", kind: str) -> None:
    """The reversal is tried at once, so that the cashier rarely has to live with it."""
    screen = t.screen
    screen.buzzer.alert()
    do_not_repeat = message_of(t, "do_not_repeat", kind)
    await screen.notice(screen.title("unknown"), do_not_repeat, 3, DOUBT)
    try:
        async with await t.acquirer.connect() as host:
            await make_ready(t, host)
    except AcquirerError:
        await screen.notice(screen.title("unknown"), do_not_repeat, style=DOUBT)
    else:
        await screen.notice(title_of(t, "failed", kind), message_of(t, "reversed", kind), style=BAD)


async def recover(t: "Terminal") -> None:
    """A sale that the power cut short is taken back before anybody has to log in."""
    try:
        async with await t.acquirer.connect() as host:
            await clear_reversal(t, host)
    except AcquirerError:
        return  # it stays armed: sign-in and every sale try again
    await t.screen.notice(t.screen.title("reversal"), message_of(t, "reversed", t.ledger.state.kind), 5)
