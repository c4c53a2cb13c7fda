"""备份: the journal goes to the workshop, by cable or over the network. Nothing is sold meanwhile."""

import asyncio

from micropython import const

from suanpan.errors import Cancelled, HostUnreachable
from suanpan.flows.race import first
from suanpan.service.injection_line import serve
from suanpan.ui.lists import choose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.service.backup import Saving
    from suanpan.terminal import Terminal
    from suanpan.ui.screen import Screen

_LONGEST_S = const(600)  # for a workshop that does not come
_MORE_MS = const(3000)  # after the last answer, which may have been lost


async def backup(t: "Terminal") -> None:
    """Until it has been fetched, or the workshop has hung up. Raises Cancelled or TimedOut."""
    screen = t.screen
    title = screen.title("backup")
    ways = ("by_cable", "by_network")
    by_network = await choose(screen, title, [screen.message(name) for name in ways])
    uart, saving = t.saving()
    if by_network:
        from suanpan.flows.backup_call import call
        from suanpan.ui.prompts import ask_digits

        address = await ask_digits(screen, title, screen.message("workshop_address"), 12)
        screen.show(title, screen.message("please_wait"))
        talking = call(address, saving, t.parameters.terminal_id)
    else:
        screen.show(title, screen.message("backup_ready"))
        talking = serve(uart, saving)
    await first(talking, _fetched(saving), _cancelled(screen))
    if not saving.saved:
        screen.buzzer.error()
    await screen.notice(title, screen.message("backup_done") if saving.saved else screen.error(HostUnreachable.code))


async def _fetched(saving: "Saving") -> None:
    while not saving.saved:
        await asyncio.sleep_ms(500)
    await asyncio.sleep_ms(_MORE_MS)


async def _cancelled(screen: "Screen") -> None:
    while await screen.key(_LONGEST_S) != "cancel":
        screen.buzzer.error()
    raise Cancelled
