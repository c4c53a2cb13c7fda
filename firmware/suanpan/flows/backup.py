"""备份: the journal goes to the workshop, by cable or over the network. Nothing is sold meanwhile."""

import asyncio

from micropython import const

from suanpan.errors import Cancelled, HostUnreachable
from suanpan.flows.race import first
from suanpan.service.backup import HERE
from suanpan.service.injection_line import Frames, frame, next_frame, serve
from suanpan.ui.lists import choose
from suanpan.ui.prompts import ask_digits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

    from suanpan.service.backup import Saving
    from suanpan.terminal import Terminal
    from suanpan.ui.screen import Screen

_LONGEST_S = const(600)  # for a workshop that does not come
_MORE_MS = const(3000)  # after the last answer, which may have been lost
_PORT = const(9100)  # where the workshop listens
_CONNECT_S = const(10)


async def backup(t: "Terminal") -> None:
    """Until it has been fetched, or the workshop has hung up. Raises Cancelled or TimedOut."""
    screen = t.screen
    title = screen.title("backup")
    ways = ("by_cable", "by_network")
    by_network = await choose(screen, title, [screen.message(name) for name in ways])
    address = await ask_digits(screen, title, screen.message("workshop_address"), 12) if by_network else ""
    uart, saving = t.saving()
    screen.show(title, screen.message("please_wait" if by_network else "backup_ready"))
    talking = _call(_dotted(address), saving, t.parameters.terminal_id) if by_network else serve(uart, saving)
    await first(talking, _fetched(saving), _cancelled(screen))
    if not saving.saved:
        screen.buzzer.error()
    await screen.notice(title, screen.message("backup_done") if saving.saved else screen.error(HostUnreachable.code))


def _dotted(address: str) -> str:
    """An IPv4 address from the twelve digits that it is keyed in as."""
    return ".".join(str(int(address[at : at + 3])) for at in range(0, 12, 3))


async def _call(host: str, saving: "Saving", terminal_id: str) -> None:
    """Call the workshop and answer it until it hangs up."""
    reader: "StreamReader"
    writer: "StreamWriter"
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(host, _PORT), _CONNECT_S)
    except (OSError, asyncio.TimeoutError):
        return
    frames = Frames()
    answer = HERE, terminal_id.encode()
    try:
        while True:
            writer.write(frame(*answer))
            await writer.drain()
            said = None
            while said is None:
                said = await next_frame(reader, frames)
            answer = saving.answer(*said)
    except (OSError, EOFError):
        return
    finally:
        writer.close()


async def _fetched(saving: "Saving") -> None:
    while not saving.saved:
        await asyncio.sleep_ms(500)
    await asyncio.sleep_ms(_MORE_MS)


async def _cancelled(screen: "Screen") -> None:
    while await screen.key(_LONGEST_S) != "cancel":
        screen.buzzer.error()
    raise Cancelled
