"""程序更新 over the network: when the administrator says so, and by itself at night while nobody is there.

update_server                           in the parameters: the URL of a bundle; without it, nothing is fetched
update_from_hour, update_until_hour     when it may be by itself; from 2 to 5 if they are not there
"""

from micropython import const

from suanpan.errors import Cancelled, SuanpanError
from suanpan.flows.race import first
from suanpan.flows.update import hindrance, look_on
from suanpan.ledger.parameters import SCHEMA
from suanpan.service.update import Update
from suanpan.service.update_fetch import Source
from suanpan.slots.state import BootState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

_FROM_HOUR = const(2)
_UNTIL_HOUR = const(5)
_DAY_H = const(24)
_SLICE_MIN = const(5)  # of each hour, in which this terminal asks and few others do
_SLICES = const(12)
_TOLD = const(0x7F)
_LONGEST_S = const(3600)


async def fetch_update(t: "Terminal", unattended: bool = False) -> None:
    """The terminal starts anew at its end. Raises Cancelled, and why there is no update."""
    screen = t.screen
    coming = Update(t.slots(), t.nvs(), SCHEMA, unattended)
    state = BootState(t.nvs())
    who = f"{t.parameters.terminal_id} {coming.board} {coming.running} {state.last & _TOLD}"
    source = Source(t, str(t.parameters.besides["update_server"]), who)
    screen.show(screen.title("update"), screen.message("please_wait"))
    await first(source.fetch(coming), look_on(t, coming), _stopped(t, unattended))
    if coming.done:
        t.slots().reset()
    if not unattended:
        await screen.notice(screen.title("update"), screen.message("update_none"))


async def update(t: "Terminal") -> None:
    """Nobody is there: whether there is an update is asked once an hour, in the hours for it."""
    hour, minute = int(t.time()[:2]), int(t.time()[2:4])
    begin = t.parameters.seldom("update_from_hour", _FROM_HOUR)
    hours = (t.parameters.seldom("update_until_hour", _UNTIL_HOUR) - begin) % _DAY_H
    own = sum(t.parameters.terminal_id.encode()) % _SLICES
    if (hour - begin) % _DAY_H >= hours or minute // _SLICE_MIN != own or hindrance(t):
        return
    try:
        await fetch_update(t, True)
    except (Cancelled, SuanpanError):
        return  # the server is told of it the next time


async def _stopped(t: "Terminal", unattended: bool) -> None:
    """By 取消, or by anybody who comes at night."""
    while await t.screen.key(_LONGEST_S) != "cancel" and not unattended:
        t.screen.buzzer.error()
    raise Cancelled
