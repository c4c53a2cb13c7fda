"""Waiting for the host: the seconds are counted on the screen, and nobody has to pull the plug to make it stop."""

import asyncio

from micropython import const

from suanpan.errors import Cancelled, NoReply, TimedOut
from suanpan.flows.race import first
from suanpan.ui.money import yuan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from suanpan.acquirer.answer import Answer
    from suanpan.acquirer.session import Session
    from suanpan.terminal import Terminal

_PATIENCE_S = const(5)  # until one who has been asked may be left: most answers are here by then


async def connected(t: "Terminal", amount: int) -> "Session":
    """A line to the host. Cancelled at any time: nothing has been sent. Raises NotConnected."""
    made: "list[Session]" = []
    source, _ = await first(_connect(t, made), _until_stopped(t, amount, 0))
    if source:
        for host in made:  # in the moment that the key was pressed
            await host.line.close()
        raise Cancelled
    return made.pop()


async def in_time(t: "Terminal", amount: int, request: "Coroutine[Any, Any, Answer]") -> "Answer":
    """The answer to a request that has been sent. To stop waiting is as good as none: NoReply, and it is taken back."""
    found: "list[Answer]" = []
    source, _ = await first(_into(found, request), _until_stopped(t, amount, _PATIENCE_S))
    if source:
        raise NoReply
    return found.pop()


async def _into(found: "list[Answer]", request: "Coroutine[Any, Any, Answer] | None") -> None:
    """Leaves nothing of the answer, nor of whoever has got it, in a task that is over."""
    try:
        found.append(await request)  # type: ignore[misc]
    finally:
        request = None


async def _connect(t: "Terminal", made: "list[Session]") -> None:
    made.append(await t.acquirer.connect())


async def _until_stopped(t: "Terminal", amount: int, patience_s: int) -> None:
    screen = t.screen
    clock = asyncio.core  # type: ignore[attr-defined]  # the stubs lack it
    start = clock.ticks()
    while True:
        try:
            key = await screen.key(1)
        except TimedOut:
            key = ""
        seconds = clock.ticks_diff(clock.ticks(), start) // 1000
        if key == "cancel" and seconds >= patience_s:
            return
        if key:
            screen.buzzer.error()
        words = screen.message("may_stop" if seconds >= patience_s else "waiting")
        screen.show_amount(screen.title("sending"), yuan(amount), words.replace("#", str(seconds)))
