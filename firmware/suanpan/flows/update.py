"""程序更新: an application comes in by cable or from the server, and the terminal starts anew with it."""

import asyncio

from micropython import const

from suanpan.errors import Cancelled
from suanpan.flows.race import first
from suanpan.ledger.key_store import TMK
from suanpan.ledger.parameters import SCHEMA
from suanpan.overlay import Overlay
from suanpan.service.injection_line import serve
from suanpan.service.release import VERSION
from suanpan.service.update import Update
from suanpan.service.update_line import Busy, Incoming
from suanpan.ui.lists import choose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

_LONGEST_S = const(600)  # for a workshop that does not come
_LOOK_MS = const(500)
_MORE_MS = const(3000)  # after the last answer, which may have been lost
_BUSY = {"update_reversal": "U11", "update_queue": "U12", "unsettled": "U13", "training_first": "U14"}


def hindrance(t: "Terminal") -> str:
    """The message that says which money is in flight, so that nothing may change now; empty if none is."""
    state = t.ledger.state
    if t.parameters.seldom("training_mode", 0):
        return "training_first"
    if state.due:
        return "update_reversal"
    if state.queued:
        return "update_queue"
    return "" if t.settled() else "unsettled"


async def update(t: "Terminal") -> None:
    """The administrator says: now. Raises Cancelled, TimedOut, BundleError."""
    screen = t.screen
    title = screen.title("update")
    words = hindrance(t)
    if not words and not t.keys.has(TMK):
        words = "no_keys"  # the workshop's line is for them
    if words:
        screen.buzzer.error()
        notice = screen.notice(title, screen.message(words))
        if words in _BUSY:  # the workshop is told as well, if it asks
            uart, _ = t.saving()
            await first(serve(uart, Busy(_BUSY[words])), notice)
        else:
            await notice
        return
    if t.parameters.besides.get("update_server"):
        ways = [screen.message(name) for name in ("by_cable", "by_network")]
        if await choose(screen, title, ways):
            await _fetched(t)
            return
    update = Update(t.slots(), t.nvs(), SCHEMA)
    uart, _ = t.saving()
    screen.show(title, f"Suanpan {VERSION}", screen.message("backup_ready"))
    await first(serve(uart, Incoming(update)), look_on(t, update, _MORE_MS), _cancelled(t))
    t.slots().reset()


async def _fetched(t: "Terminal") -> None:
    with Overlay():
        from suanpan.flows.update_fetch import fetch_update

        await fetch_update(t)


async def look_on(t: "Terminal", update: Update, more_ms: int = 0) -> None:
    """Until it is pending, and so much longer; that, and how far it is until then, stands on the screen."""
    screen = t.screen
    seen = "", 0
    while not update.done:
        now = update.trouble, update.wanted * 100 // update.size if update.size else 0
        if now != seen:
            seen = now
            words = screen.error(now[0]) if now[0] else f"{screen.message('update_comes')} {now[1]}%"
            screen.show(screen.title("update"), words)
        await asyncio.sleep_ms(_LOOK_MS)
    screen.show(screen.title("update"), screen.message("update_starts"))
    await asyncio.sleep_ms(more_ms)


async def _cancelled(t: "Terminal") -> None:
    while await t.screen.key(_LONGEST_S) != "cancel":
        t.screen.buzzer.error()
    raise Cancelled
