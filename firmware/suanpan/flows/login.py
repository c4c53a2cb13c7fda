"""Who is at the counter (柜员登录) and the host's leave to work today (签到)."""

from suanpan.errors import Cancelled, TimedOut
from suanpan.flows.online import clear_reversal, renew_keys
from suanpan.ledger.key_store import INJECTION, TMK
from suanpan.overlay import Overlay
from suanpan.ui.prompts import ask_digits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

_NEW_TABLES = (4, 5)  # what a host asks for that has other keys, or applications


async def log_in(t: "Terminal") -> None:
    """Ask until an operator's number and password agree; there is nothing to cancel to.

    The supervisor's and the administrator's lead to their menus, and back here. Raises OperatorsDamaged, and
    KeysDestroyed when the administrator has had the last try, now or just before a power cut.
    """
    while not t.operator:
        try:
            with Overlay():
                number, due = await identify(t)
            if number:
                with Overlay():
                    await enter(t, number, due)
        except (Cancelled, TimedOut):
            await nobody_there(t)


async def nobody_there(t: "Terminal") -> None:
    """What is done while nobody is at the terminal: a new application is fetched, if there is one."""
    if t.parameters.besides.get("update_server"):
        from suanpan.flows.counter import seldom

        with Overlay():
            await seldom("flows.update_fetch", "update")(t)


async def identify(t: "Terminal") -> "tuple[str, bool]":
    """Who it is, "" if they could not prove it; and whether the password is still the factory's."""
    from suanpan.flows.authorise import end_keys, prove, refuse
    from suanpan.ledger.operators import ADMINISTRATOR, SUPERVISOR, Operators

    screen = t.screen
    title = screen.title("login")
    operators = await t.operators(Operators)
    if operators.locked(ADMINISTRATOR) and (t.keys.has(TMK) or t.keys.has(INJECTION)):
        await end_keys(t)
    number = await ask_digits(screen, title, screen.message("operator"), 2)
    if not await prove(t, operators, number, title):
        await refuse(t, operators, number, title)
        return "", False
    if number not in (SUPERVISOR, ADMINISTRATOR) and (
        operators.must_change(SUPERVISOR) or operators.must_change(ADMINISTRATOR)
    ):
        await screen.notice(title, screen.message("staff_first"))
        return "", False
    return number, operators.must_change(number)


async def enter(t: "Terminal", number: str, due: bool) -> None:
    """Where the number leads: to its menu, or to the counter; a password that is `due` is changed first."""
    if due:
        await t.screen.notice(t.screen.title("login"), t.screen.message("first_password"))
        with Overlay():
            from suanpan.flows.new_password import change_password

            await change_password(t, number)
    if number == "00":
        from suanpan.flows.operators import manage

        await manage(t)
    elif number == "99":
        from suanpan.flows.administrator import administer

        await administer(t)
    else:
        t.operator = number


async def sign_in(t: "Terminal") -> None:
    """签到; what the last day left to reverse follows at once, and new tables for chip cards if the host has some."""
    screen = t.screen
    screen.show(screen.title("sign_in"), screen.message("please_wait"))
    async with await t.acquirer.connect() as host:
        await renew_keys(t, host)
        await clear_reversal(t, host)
        wish = host.line.wish
    await screen.notice(screen.title("sign_in"), screen.message("signed_in"), 2)
    if wish in _NEW_TABLES:
        with Overlay():
            from suanpan.flows.downloads import download

            await download(t)
