"""程序更新: an application comes in by cable or from the server, and the terminal starts anew with it."""

import asyncio

from micropython import const

from suanpan.errors import Cancelled
from suanpan.flows.race import first
from suanpan.ledger.key_store import TMK
from suanpan.ledger.parameters import SCHEMA
from suanpan.service.injection_line import serve
from suanpan.service.update import Update
from suanpan.service.update_line import Incoming

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

_LONGEST_S = const(600)  # for a workshop that does not come
_LOOK_MS = const(500)
_MORE_MS = const(3000)  # after the last answer, which may have been lost


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
        await screen.notice(title, screen.message(words))
        return
    incoming = Incoming(Update(t.slots(), t.nvs(), SCHEMA))
    uart, _ = t.saving()
    screen.show(title, screen.message("backup_ready"))
    await first(serve(uart, incoming), _taken(t, incoming), _cancelled(t))
    screen.show(title, screen.message("update_starts"))
    t.slots().reset()


async def _taken(t: "Terminal", incoming: Incoming) -> None:
    """Until it is pending; how far it is stands on the screen."""
    screen = t.screen
    title = screen.title("update")
    seen = "", 0
    while not incoming.update.done:
        update = incoming.update
        now = incoming.trouble, update.wanted * 100 // update.size if update.size else 0
        if now != seen:
            seen = now
            words = screen.error(now[0]) if now[0] else f"{screen.message('update_comes')} {now[1]}%"
            screen.show(title, words)
        await asyncio.sleep_ms(_LOOK_MS)
    await asyncio.sleep_ms(_MORE_MS)


async def _cancelled(t: "Terminal") -> None:
    while await t.screen.key(_LONGEST_S) != "cancel":
        t.screen.buzzer.error()
    raise Cancelled
