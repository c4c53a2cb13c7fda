"""What is said of all merchants at once: that the day is over (签退), and what the parts have done (保养计数)."""

from suanpan.flows.delivery import deliver
from suanpan.flows.idle import unsent
from suanpan.flows.online import make_ready
from suanpan.flows.sign_off import accepted, leave, taken_leave
from suanpan.service.care import Care

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.service.mall import Mall


async def sign_off(t: "Mall") -> None:
    """Refused while any merchant has anything that its host does not know. The operator is logged out with it."""
    screen = t.screen
    screen.show(screen.title("sign_off"), screen.message("please_wait"))
    for at in range(t.count):
        await t.turn(at)
        if unsent(t):
            async with await t.acquirer.connect() as host:
                await make_ready(t, host)
                await deliver(t, host)
            t.ledger.require_sent()
    for at in range(t.count):
        await t.turn(at)
        if not t.signed_in:
            continue
        async with await t.acquirer.connect() as host:
            code = await taken_leave(t, host)
        if not await accepted(t, code):
            return
    await leave(t)


async def counters(t: "Mall") -> None:
    """Of all journals together, each of which is counted from where it was counted to."""
    for at in range(t.count):
        await t.turn(at)
        found = Care(t)
        if found.found:
            found.save()
    from suanpan.flows.counters import counters as show

    await show(t)
