"""A real terminal's trace, run again on the virtual board, which tells over its own service line what it does.

The board is a terminal of the same parameters, fresh from the workshop: somebody logs in, it signs in, is told to tell,
and from then on everything happens as it did. Both tell in the same words, and those are compared. A real terminal
takes its time, and its numbers go on from yesterday's: what follows from either is left out.
"""

from __future__ import annotations

import re
import tempfile
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from host_tools.bench.lockstep import BenchError
from host_tools.bench.shop import HOST, PORT
from host_tools.flash.factory import FACTORY_OPERATOR, FACTORY_PASSWORD
from host_tools.replay import masking
from host_tools.replay.comparing import Difference, differences
from host_tools.replay.player import ReplayingBench
from host_tools.replay.seat import Seat
from host_tools.replay.told import Ear, trace_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host_tools.replay.trace import Screen, Trace

_EARLIER: Final = timedelta(seconds=120)  # what power-on, log-in and sign-in may take
_READ_US: Final = 700_000  # a screen that stands for so long has been read by somebody
_LAST_US: Final = 3_000_000
_OF_ITSELF: Final = (11, 12, 13, 15, 37, 61)  # fields that count on from yesterday, or have the time in them
_TELL: Final = ("menu", "9", "5")
_WORDS: Final = {
    "zh": ("柜员号", "柜员密码", "请输入金额", "运行跟踪"),
    "en": ("Operator no.", "Password", "Enter amount", "Trace"),
}
_MOMENT: Final = re.compile(r"\d\d:\d\d(:\d\d)?|\d\d(\d\d)?/\d\d/\d\d|\d+%|[\ue000-\uf8ff]|\b\d{6}\b|\b\d{12}\b")
_OPERATOR: Final = re.compile(r"^((?:操作员号|OPERATOR)\D*)\d\d$", re.MULTILINE)


def rerun(trace: Trace) -> tuple[Difference, ...]:
    """What it does otherwise than the terminal that told. Raises TraceError."""
    opened = datetime.fromisoformat(trace.start.opened) - _EARLIER
    enrolment = next(one for one in masking.fixture().terminals.values() if one.suite.name == trace.start.suite)
    start = replace(trace.start, opened=opened.isoformat())
    with tempfile.TemporaryDirectory(prefix="suanpan-replay-") as scratch:
        seat = Seat(trace, enrolment, lambda: bench.now())  # noqa: PLW0108 - there is none yet
        image = Path(scratch) / "flash.bin"
        with closing(ReplayingBench(image, start, hosts={f"{HOST}:{PORT}": seat.door})) as bench:
            try:
                began = _begin(bench, trace, seat)
                for event in trace.events:
                    _pass(bench, began + event.at)
                    bench.happen(event)
                _pass(bench, began + trace.end.at + _LAST_US)
            except BenchError as problem:
                return (Difference("stopped", bench.clock.now_us, "", "nothing", masking.text(str(problem))),)
            ear = Ear()
            ear.feed(bytes(bench.parts.service.heard))
    return _compared(trace, trace_of(ear.rows))


def _begin(bench: ReplayingBench, trace: Trace, seat: Seat) -> int:
    """Up to where the terminal tells: when that is."""
    operator, password, idle, title = _WORDS[trace.start.language]
    bench.power_on()
    for prompt, digits in ((operator, FACTORY_OPERATOR), (password, FACTORY_PASSWORD)):
        bench.expect(prompt)
        bench.type(digits)
        bench.press("enter")
    bench.expect(idle)
    bench.run((datetime.fromisoformat(trace.start.opened) - bench.now()).total_seconds() - 1)
    bench.press(*_TELL)
    bench.expect(title)
    bench.parts.keypad.press("enter")
    bench.until(lambda: bool(bench.parts.service.heard), "trace")
    began = bench.clock.now_us
    bench.parts.keypad.release("enter")
    seat.begin()
    return began


def _pass(bench: ReplayingBench, until_us: int) -> None:
    if until_us > bench.clock.now_us:
        bench.run((until_us - bench.clock.now_us) / 1e6)


def _compared(then: Trace, now: Trace) -> tuple[Difference, ...]:
    found = [*differences(_loose(then), _loose(now)), *_screens(then.screens, now.screens)]
    return tuple(sorted(found, key=lambda difference: difference.at))


def _loose(trace: Trace) -> Trace:
    messages = [
        replace(message, fields=[field for field in message.fields if field[0] not in _OF_ITSELF])
        for message in trace.messages
    ]
    return replace(
        trace, messages=messages, screens=[], slips=[replace(slip, text=_timeless(slip.text)) for slip in trace.slips]
    )


def _timeless(text: str) -> str:
    return _MOMENT.sub("~", _OPERATOR.sub(r"\g<1>~", text))


def _screens(then: list[Screen], now: list[Screen]) -> Iterator[Difference]:
    """The first screen of either that somebody has read, and that the other has not shown."""
    if missed := _missing(then, now):
        yield Difference("screen", missed.at, "", " | ".join(missed.lines), _at(now, missed.at))
    elif added := _missing(now, then):
        yield Difference("screen", added.at, "", _at(then, added.at), " | ".join(added.lines))


def _missing(read: list[Screen], shown: list[Screen]) -> Screen | None:
    left = iter(shown)
    for screen in _read(read):
        words = _words(screen)
        if not any(_words(other) == words for other in left):
            return screen
    return None


def _at(screens: list[Screen], at: int) -> str:
    return " | ".join(next((screen.lines for screen in reversed(screens) if screen.at <= at), ["nothing"]))


def _words(screen: Screen) -> str:
    return _timeless("\n".join(screen.lines))


def _read(screens: list[Screen]) -> Iterator[Screen]:
    """Those that stood long enough to be read."""
    for screen, following in zip(screens, [*screens[1:], None], strict=True):
        if following is None or following.at - screen.at >= _READ_US:
            yield screen
