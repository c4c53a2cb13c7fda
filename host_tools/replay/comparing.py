"""Where a replay differs from its trace: by field name, screen and slip; the first of each, in order of time."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from host_tools.replay.trace import Message, Trace

_NOTHING: Final = "nothing"
_LINKS: Final = (2, 14, 35, 36, 52, 55, 59, 64)  # what a made-up card changes


@dataclass(frozen=True)
class Difference:
    """`kind` is field, message, screen, slip, wire, flash, stopped or time; `at` in us of virtual time."""

    kind: str
    at: int
    where: str
    recorded: str
    replayed: str

    def as_text(self) -> str:
        head = f"{self.at / 1e6:.3f} s {self.kind} {self.where}".rstrip()
        return f"{head}\n{_indented('recorded', self.recorded)}\n{_indented('replayed', self.replayed)}"


@dataclass(frozen=True)
class Outcome:
    """Of one trace. `fault` is why it could not be replayed at all."""

    name: str
    differences: tuple[Difference, ...] = ()
    exact: bool = True
    seconds: float = 0.0
    fault: str = ""
    worker: str = field(default="", compare=False)

    @property
    def good(self) -> bool:
        """Nothing but times may differ."""
        return not self.fault and all(found.kind == "time" for found in self.differences)


def differences(
    trace: Trace, replay: Trace, lines_of: Callable[[int], list[str]] = lambda number: []
) -> tuple[Difference, ...]:
    """The first of each kind. `lines_of(n)` reads the replay's screen n; wires are told only if nothing else is."""
    found = [
        *_first(_messages(trace, replay)),
        *_first(_screens(trace, replay, lines_of)),
        *_first(_slips(trace, replay)),
    ]
    if trace.end.died != replay.end.died:
        found.append(Difference("stopped", replay.end.at, "", trace.end.died or _NOTHING, replay.end.died or _NOTHING))
    found.sort(key=lambda one: one.at)
    if not found and trace.start.exact:
        found = list(_beneath(trace, replay))
    return tuple(found)


def _messages(trace: Trace, replay: Trace) -> Iterator[list[Difference]]:
    for number, (then, now) in enumerate(zip_longest(trace.messages, replay.messages), 1):
        if then is None or now is None:
            at = (then or now).at
            yield [Difference("message", at, f"{number}", _named(then), _named(now))]
            return
        where = f"{number}, {_named(then)}"
        if (then.mti, then.name) != (now.mti, now.name):
            yield [Difference("message", now.at, f"{number}", _named(then), _named(now))]
            return
        fields = _fields(then, now, trace.start.exact)
        yield [Difference("field", now.at, f"{name} of message {where}", a, b) for name, a, b in fields]


def _fields(then: Message, now: Message, exact: bool) -> Iterator[tuple[str, str, str]]:
    """Name, what it was, what it is; with a made-up card not what follows from the card."""
    before = {number: (name, value) for number, name, value in then.fields}
    after = {number: (name, value) for number, name, value in now.fields}
    for number in sorted(before.keys() | after.keys()):
        name = (before.get(number) or after[number])[0]
        old, new = (of.get(number, ("", _NOTHING))[1] for of in (before, after))
        if old != new and (exact or number not in _LINKS):
            yield f"F{number} {name}", old, new


def _screens(trace: Trace, replay: Trace, lines_of: Callable[[int], list[str]]) -> Iterator[list[Difference]]:
    for number, (then, now) in enumerate(zip_longest(trace.screens, replay.screens)):
        if then is None or now is None or then.digest != now.digest:
            at = (now or then).at
            before = _NOTHING if then is None else " | ".join(then.lines)
            after = _NOTHING if now is None else " | ".join(lines_of(number) or now.lines)
            if before == after:
                after += " (the same words, other pixels)"
            yield [Difference("screen", at, f"{number + 1}", before, after)]
            return


def _slips(trace: Trace, replay: Trace) -> Iterator[list[Difference]]:
    for number, (then, now) in enumerate(zip_longest(trace.slips, replay.slips), 1):
        if then is None or now is None:
            texts = (of.text if of else _NOTHING for of in (then, now))
            yield [Difference("slip", (now or then).at, f"{number}", *texts)]
            return
        if then.text != now.text:
            rows = zip_longest(then.text.splitlines(), now.text.splitlines(), fillvalue=_NOTHING)
            line, (a, b) = next((at, row) for at, row in enumerate(rows, 1) if row[0] != row[1])
            yield [Difference("slip", now.at, f"{number}, line {line}", a, b)]
            return


def _beneath(trace: Trace, replay: Trace) -> Iterator[Difference]:
    """What people and the host do not see: bytes on wires, the flash, times."""
    then, now = trace.end, replay.end
    late = []
    for wire in sorted(then.wires.keys() | now.wires.keys()):
        a, b = then.wires.get(wire), now.wires.get(wire)
        if a is None or b is None or a[0] != b[0]:
            yield Difference("wire", now.at, wire, _short(a), _short(b))
        elif a[1] != b[1]:
            late.append(wire)
    if then.flash != now.flash:
        yield Difference("flash", now.at, "at the end", then.flash[:16], now.flash[:16])
    if late:
        yield Difference("time", now.at, ", ".join(late), "the same bytes", "at other times")


def _first(found: Iterable[list[Difference]]) -> list[Difference]:
    return next((some for some in found if some), [])


def _named(message: Message | None) -> str:
    return _NOTHING if message is None else f"{message.mti} {message.name}".strip()


def _short(digests: Sequence[Any] | None) -> str:
    return _NOTHING if digests is None else f"bytes {digests[0][:16]}"


def _indented(word: str, text: str) -> str:
    first, *rest = text.splitlines() or [""]
    return "\n".join([f"    {word}: {first}", *(f"              {line}" for line in rest)])
