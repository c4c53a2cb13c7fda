"""签退: the host is told everything, and then that the day is over."""

from suanpan.acquirer.responses import APPROVED, RESPONSE
from suanpan.flows.delivery import deliver
from suanpan.flows.online import make_ready
from suanpan.service.care import remind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal


async def sign_off(t: "Terminal") -> None:
    """Refused while there is anything that the host does not know. The operator is logged out with it."""
    screen = t.screen
    title = screen.title("sign_off")
    screen.show(title, screen.message("please_wait"))
    async with await t.acquirer.connect() as host:
        await make_ready(t, host)
        await deliver(t, host)
        t.ledger.require_sent()
        answer = await host.manage("sign_off", t.ledger.stan(), t.ledger.batch, {})
    code = answer.text(RESPONSE)
    if code != APPROVED:
        screen.buzzer.error()
        await screen.notice(title, screen.response(code))
        return
    t.signed_in = False
    t.operator = ""
    await screen.notice(title, screen.message("signed_off"), 3)
    await remind(t)
