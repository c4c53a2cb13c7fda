"""A line that outlives its session and waits for the next one, for as long as `keep_line_s` in the parameters says.

Every minute an echo goes over it, so that nobody on the way forgets it; and one before it is used again, as only that
tells whether it still stands. It is in memory only where the parameters want it.
"""

import asyncio

from micropython import const

from suanpan.errors import BadReply
from suanpan.overlay import Overlay, passing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from suanpan.acquirer.framing import Line
    from suanpan.ledger.parameters import Parameters

_BEAT_S = const(60)
_ECHO_S = const(3)  # that an answer to it is waited for: less than a new line may take
_ECHO = const("0820 - - 00 301 11 41 42 60")
_NO_STAN = "000000"  # it is no transaction, and nobody counts it


class Keeper:
    def __init__(self, call: "Callable[[], Awaitable[Line]]", parameters: "Parameters", keep_s: int) -> None:
        self._call = call
        self._parameters = parameters
        self._keep_s = keep_s
        self._line: "Line | None" = None
        self._task: "asyncio.Task[None] | None" = None

    async def take(self) -> "Line":
        """The line that is kept, if somebody answers at its other end, else a new one. Raises NotConnected."""
        line, self._line = self._line, None
        if self._task:
            self._task.cancel()
            self._task = None
        if line is None or not await self._stands(line):
            line = await self._call()
            line.keeper = self
        return line

    async def _stands(self, line: "Line") -> bool:
        good = False
        try:
            good = line.whole and await self._answers(line)  # an echo may have been under way
        finally:  # somebody may have had enough of waiting
            if not good:
                await line.end()
        return good

    def keep(self, line: "Line") -> None:
        """A line over which everything that was asked has been answered."""
        self._line = line
        self._task = asyncio.create_task(passing(self._wait(line)))

    async def _wait(self, line: "Line") -> None:
        left_s = self._keep_s
        while left_s > _BEAT_S:
            await asyncio.sleep(_BEAT_S)
            left_s -= _BEAT_S
            if not await self._answers(line):
                left_s = 0
        await asyncio.sleep(left_s)
        self._line = self._task = None
        await line.end()

    async def _answers(self, line: "Line") -> bool:
        line.whole = False
        try:
            await asyncio.wait_for(self._echo(line), _ECHO_S)
        except (BadReply, asyncio.TimeoutError, EOFError, OSError):
            return False
        line.whole = True
        return True

    async def _echo(self, line: "Line") -> None:
        with Overlay():
            from suanpan.acquirer.answer import Answer
            from suanpan.acquirer.messages import build

        values = {11: _NO_STAN}
        request = build(_ECHO, self._parameters, None, _NO_STAN, values)  # type: ignore[arg-type]  # it names no suite
        await line.send(request)
        while not Answer(await line.receive()).belongs_to(request):
            pass  # what was late has no business here
