"""Who is at the counter (柜员登录) and the host's leave to work today (签到)."""

import binascii

from suanpan.crypto.octets import equal
from suanpan.crypto.pbkdf2 import pbkdf2
from suanpan.errors import Cancelled, TimedOut
from suanpan.flows.online import clear_reversal, renew_keys
from suanpan.ui.prompts import ask_digits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal


async def log_in(t: "Terminal") -> None:
    """Ask until an operator's number and password agree; there is nothing to cancel to."""
    screen = t.screen
    title = screen.title("login")
    while not t.operator:
        try:
            operator = await ask_digits(screen, title, screen.message("operator"), 2)
            password = await ask_digits(screen, title, screen.message("password"), 4, hidden=True)
        except (Cancelled, TimedOut):
            continue
        if _password_is_right(t, operator, password):
            t.operator = operator
        else:
            screen.buzzer.error()
            await screen.notice(title, screen.message("bad_login"))


def _password_is_right(t: "Terminal", operator: str, password: str) -> bool:
    record = t.parameters.operators.get(operator)
    if record is None:
        return False
    salt = binascii.unhexlify(record["salt"])
    expected = binascii.unhexlify(record["hash"])
    return equal(pbkdf2(password.encode(), salt, record["iterations"], len(expected)), expected)


async def sign_in(t: "Terminal") -> None:
    """签到; what the last day left to reverse follows at once."""
    screen = t.screen
    screen.show(screen.title("sign_in"), screen.message("please_wait"))
    async with await t.acquirer.connect() as host:
        await renew_keys(t, host)
        await clear_reversal(t, host)
    await screen.notice(screen.title("sign_in"), screen.message("signed_in"), 2)
