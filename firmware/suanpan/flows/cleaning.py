"""清洁: the keys do nothing for half a minute, so that somebody can wipe them and the glass."""

import asyncio

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

_LOCKED_S = const(30)


async def cleaning(t: "Terminal") -> None:
    screen = t.screen
    for left in range(_LOCKED_S, 0, -1):
        screen.show(screen.title("cleaning"), screen.message("keys_locked"), str(left))
        await asyncio.sleep(1)
    screen.keypad.flush()
    screen.buzzer.success()
