"""装机报告, 发布模式: the workshop is told what is installed here; and who may come in by the REPL from now on."""

import asyncio

from micropython import const

from suanpan.errors import Cancelled
from suanpan.flows.race import first
from suanpan.overlay import Overlay
from suanpan.service.commissioning import Commissioning
from suanpan.service.injection_line import serve
from suanpan.service.repl_lock import close, closed, reopen
from suanpan.ui.lists import choose
from suanpan.ui.prompts import confirm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

_LONGEST_S = const(600)  # for a workshop that does not come
_POLL_MS = const(500)
_MORE = const(20)  # looks after the last answer: it may have been lost, or CLOSE may follow


async def installed(t: "Terminal") -> None:
    """Which of the two. Raises Cancelled or TimedOut."""
    screen = t.screen
    flows = (commission, release)
    titles = [screen.title(name) for name in ("commission", "release")]
    await flows[await choose(screen, screen.title("commission"), titles)](t)


async def commission(t: "Terminal") -> None:
    """Until the workshop has fetched the statement, of a self-test that is done now. Raises Cancelled or TimedOut."""
    screen = t.screen
    title = screen.title("commission")
    screen.show(title, screen.message("please_wait"))
    await asyncio.sleep_ms(_POLL_MS)  # until the key is up again that has chosen this
    desk = Commissioning(t, await _found(t))
    screen.show(title, screen.message("backup_ready"))
    await first(serve(t.saving()[0], desk), _fetched(desk), _cancelled(t))
    await screen.notice(title, screen.message("commission_done"))
    if desk.shut:
        await screen.notice(screen.title("release"), screen.message("switch_off"))


async def release(t: "Terminal") -> None:
    """Close the REPL, or open it again: from the next power-on on."""
    screen = t.screen
    title = screen.title("release")
    if closed(t.nvs()):
        await confirm(screen, title, screen.message("open_repl"))
        reopen(t.nvs())
    else:
        await confirm(screen, title, screen.message("close_repl"))
        close(t.nvs())
    await screen.notice(title, screen.message("switch_off"))


async def _found(t: "Terminal") -> "list[str]":
    with Overlay():
        from suanpan.service.self_test import faults

        return [code for code, _ in await faults(t)]


async def _fetched(desk: Commissioning) -> None:
    left = _MORE
    while left:
        await asyncio.sleep_ms(_POLL_MS)
        if desk.read:
            left -= 1
        if desk.shut and left > 2:
            left = 2


async def _cancelled(t: "Terminal") -> None:
    while await t.screen.key(_LONGEST_S) != "cancel":
        t.screen.buzzer.error()
    raise Cancelled
