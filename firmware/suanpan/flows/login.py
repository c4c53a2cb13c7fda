"""Who is at the counter (柜员登录) and the host's leave to work today (签到)."""

import binascii

from suanpan.crypto.octets import equal
from suanpan.crypto.pbkdf2 import pbkdf2
from suanpan.errors import Cancelled, TimedOut
from suanpan.flows.reversal import clear_reversal
from suanpan.ui.prompts import ask_digits

_FIRST_BATCH = "000001"

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
    """Fresh working keys and today's batch; what the last day left to reverse follows at once."""
    screen = t.screen
    screen.show(screen.title("sign_in"), screen.message("please_wait"))
    async with await t.acquirer.connect() as host:
        stan = t.ledger.stan()
        answer = await host.sign_in(stan, t.ledger.batch or _FIRST_BATCH, t.operator)
        t.set_time(answer.text(13), answer.text(12))
        t.ledger.signed_in(answer.text(60)[2:8], stan, t.operator, t.today(), t.time())
        await clear_reversal(t, host)
    await screen.notice(screen.title("sign_in"), screen.message("signed_in"), 2)
