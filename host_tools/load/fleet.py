"""The terminals of a load and their day: sign in, so many transactions a second, reverse what has no answer, settle.

Transactions are due at fixed times, whether the host keeps up or not, and are waited for from then on: a host that
cannot keep up shows in the times, and is not spared the messages that it has no time for.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from host_tools.load.bank import names
from host_tools.load.line import Line, NoAnswer
from host_tools.load.terminal import APPROVED, CLOSED, DELIVERED, SIGN_IN, BadAnswer, Holder, Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from host_tools.acquirer.fixture import Fixture
    from host_tools.load.terminal import Request

# Of twenty transactions: what they are. The rest are sales by chip, with PIN.
_SWIPED, _VOID, _REFUND, _ROUND = 5, 11, 17, 20
_TICK_S: Final = 0.002
_TRIES: Final = 20  # of a reversal, an advice or a settlement
_PAUSE_S: Final = 0.2
_MOST_COUNT: Final = 900  # transactions of one batch: its counts have three digits
_TOGETHER: Final = 50  # that sign in, or settle, at a time


@dataclass(slots=True)
class Tally:
    """`times` are (seconds from the beginning when due, seconds from then to the answer, kind)."""

    times: list[tuple[float, float, str]] = field(default_factory=list)
    codes: Counter[tuple[str, str]] = field(default_factory=Counter)  # by kind and response code
    unanswered: Counter[str] = field(default_factory=Counter)
    unbelieved: Counter[str] = field(default_factory=Counter)  # by what was wrong with the answer
    lost: int = 0  # what nobody could be told of, however often
    settled: Counter[bool] = field(default_factory=Counter)  # terminals, by whether both sums were equal


class Till:
    """One terminal at work: what is due waits for what went before."""

    def __init__(self, terminal: Terminal, line: Line, holders: list[Holder], tally: Tally, patience: float) -> None:
        self.terminal = terminal
        self._line = line
        self._holders = holders
        self._tally = tally
        self._patience = patience
        self._due: deque[float] = deque()
        self._working: asyncio.Task[None] | None = None
        self._turn = 0

    async def begin(self) -> bool:
        """Whether it is signed in now."""
        for _ in range(_TRIES):
            if await self._say(self.terminal.sign_in()) == APPROVED:
                return True
            await asyncio.sleep(_PAUSE_S)
        return False

    def ring(self, due: float, clock: Callable[[], float]) -> None:
        """A customer comes."""
        self._due.append(due)
        if self._working is None or self._working.done():
            self._working = asyncio.get_running_loop().create_task(self._work(clock))

    async def finish(self) -> None:
        """Serve those who wait, and settle."""
        if self._working is not None:
            await self._working
        await self._settle()
        self._line.hang_up()

    async def _work(self, clock: Callable[[], float]) -> None:
        while self._due:
            due = self._due.popleft()
            if sum(self.terminal.counts.values()) >= _MOST_COUNT:
                await self._settle()
                await self.begin()
            if not self.terminal.signed_in:
                await self.begin()
            request = self._next()
            code = await self._say(request)
            if code is not None:
                self._tally.times.append((due, clock() - due, request.kind))
            await self._make_good(request, code)

    def _next(self) -> Request:
        turn, terminal = self._turn % _ROUND, self.terminal
        self._turn += 1
        if turn == _VOID and terminal.sold:
            return terminal.void(terminal.sold.pop())
        if turn == _REFUND and terminal.sold:
            sold = terminal.sold.pop()
            return terminal.refund(sold, sold.request.amount // 2)
        holder = self._holders[self._turn % len(self._holders)]
        return terminal.sale(holder, 100 + self._turn % 900_00, datetime.now().astimezone(), by_chip=turn != _SWIPED)

    async def _make_good(self, request: Request, code: str | None) -> None:
        """What has no answer to be believed is reversed, or told again, before anything else."""
        advice = request.kind == "refund"
        if code is not None and (code != "94" or advice):
            return
        again = request if advice else self.terminal.reversal(request)
        for _ in range(_TRIES):
            code = await self._say(again)
            if code == SIGN_IN:
                await self.begin()
                again = again if advice else self.terminal.reversal(request)
            elif code in (DELIVERED if advice else CLOSED):
                return
            await asyncio.sleep(_PAUSE_S)
        self._tally.lost += 1

    async def _settle(self) -> None:
        request = self.terminal.settlement()
        for _ in range(_TRIES):
            balanced = await self._say(request)
            if balanced == APPROVED:
                self._tally.settled[self.terminal.balanced] += 1
                return
            await asyncio.sleep(_PAUSE_S)
        self._tally.lost += 1

    async def _say(self, request: Request) -> str | None:
        """The response code, or None where none can be believed."""
        try:
            code = self.terminal.believe(request, await self._line.ask(request.frame, self._patience))
        except NoAnswer:
            self._tally.unanswered[request.kind] += 1
            return None
        except BadAnswer as problem:
            self._tally.unbelieved[str(problem)] += 1
            self._line.hang_up()
            return None
        self._tally.codes[request.kind, code] += 1
        return code


async def run(
    bank: Fixture,
    address: tuple[str, int],
    rate: float,
    seconds: float,
    *,
    patience: float = 30,
    seed: int = 1,
    progress: Callable[[str, float], None] = lambda _what, _part: None,
) -> Tally:
    """All terminals of the bank at work. `progress` is told what is done, and how much of it."""
    tally = Tally()
    tills = [
        Till(
            Terminal(enrolment, random.Random(f"{seed} {tid}").randbytes),
            Line(*address),
            [Holder(bank.cards[name], bank.issuers) for name in names(tid)],
            tally,
            patience,
        )
        for tid, enrolment in bank.terminals.items()
    ]
    await _all(tills, Till.begin, partial(progress, "sign in"))
    await _pace(tills, rate, seconds, partial(progress, "transactions"))
    await _all(tills, Till.finish, partial(progress, "settle"))
    return tally


async def _pace(tills: list[Till], rate: float, seconds: float, progress: Callable[[float], None]) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    total, number = round(rate * seconds), 0

    def clock() -> float:
        return loop.time() - began

    while number < total:
        now = clock()
        while number < total and number / rate <= now:
            tills[number % len(tills)].ring(number / rate, clock)
            number += 1
        progress(number / total)
        await asyncio.sleep(_TICK_S)


async def _all(
    tills: list[Till], act: Callable[[Till], Coroutine[Any, Any, object]], progress: Callable[[float], None]
) -> None:
    done = 0
    for at in range(0, len(tills), _TOGETHER):
        some = tills[at : at + _TOGETHER]
        await asyncio.gather(*(act(till) for till in some))
        done += len(some)
        progress(done / len(tills))
