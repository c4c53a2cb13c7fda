"""签退: the host is told everything, and then that the day is over."""

from suanpan.acquirer.responses import APPROVED, RESPONSE
from suanpan.flows.delivery import deliver
from suanpan.flows.online import make_ready
from suanpan.service.care import remind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.acquirer.session import Session
    from suanpan.terminal import Terminal


async def sign_off(t: "Terminal") -> None:
    """Refused while there is anything that the host does not know. The operator is logged out with it."""
    screen = t.screen
    screen.show(screen.title("sign_off"), screen.message("please_wait"))
    async with await t.acquirer.connect() as host:
        await make_ready(t, host)
        await deliver(t, host)
        t.ledger.require_sent()
        code = await taken_leave(t, host)
    if await accepted(t, code):
        await leave(t)


async def taken_leave(t: "Terminal", host: "Session") -> str:
    """The host's answer, F39."""
    answer = await host.manage("sign_off", t.ledger.stan(), t.ledger.batch, {})
    return answer.text(RESPONSE)


async def accepted(t: "Terminal", code: str) -> bool:
    """Whether the host lets go; if not, people are told why."""
    if code != APPROVED:
        screen = t.screen
        screen.buzzer.error()
        await screen.notice(screen.title("sign_off"), screen.response(code))
        return False
    t.signed_in = False
    return True


async def leave(t: "Terminal") -> None:
    """The operator is logged out."""
    screen = t.screen
    t.operator = ""
    await screen.notice(screen.title("sign_off"), screen.message("signed_off"), 3)
    await remind(t)
