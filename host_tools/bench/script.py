"""Bench scripts: what people do at a terminal and what they see there, a line for each (docs/bench-scripts.md).

    power on
    expect screen 柜员号 | Operator no.
    press 0 1 enter

`parse` checks all that can be known without a bench, and says in which line it was wrong. `Script.play` does the lines
one after the other on a Stage, which is a bench in virtual time or a desk in real time (script_stage.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from host_tools.bench.script_stage import NotSeen, Stage
from host_tools.bench.script_verbs import VERBS
from host_tools.bench.script_words import Act, WrongWords

_PARAMETER = re.compile(r"\$(\w+)")
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_MOST_LINES = 20_000  # with those of definitions each time that they are called: a few calls of calls come to billions


class ScriptError(Exception):
    """A line that says nothing, or that did not come true; the text begins with file and line."""


@dataclass(frozen=True)
class Step:
    """`where` is "file:line"; a definition's line is followed by the line that it was called from, and so on."""

    where: str
    text: str
    act: Act


@dataclass(frozen=True)
class Script:
    steps: tuple[Step, ...]

    async def play(self, stage: Stage, before: Callable[[Step], None] = lambda step: None) -> None:
        """`before` is told of each step. Raises ScriptError at the first that does not come true."""
        for step in self.steps:
            before(step)
            try:
                await step.act(stage)
            except NotSeen as problem:
                raise ScriptError(f"{step.where}: {step.text}: {problem}") from problem


@dataclass
class _Definition:
    """Its lines may call the definitions that stand before it."""

    parameters: tuple[str, ...]
    before: frozenset[str]
    lines: list[tuple[int, str]] = field(default_factory=list)


def read(path: Path) -> Script:
    return parse(path.read_text("utf-8"), path.name)


def parse(text: str, name: str = "script") -> Script:
    """Raises ScriptError."""
    return _Parser(name).parse(text)


class _Parser:
    def __init__(self, name: str) -> None:
        self._name = name
        self._definitions: dict[str, _Definition] = {}
        self._open: _Definition | None = None
        self._steps: list[Step] = []
        self._lines = 0

    def parse(self, text: str) -> Script:
        opened = 0
        for number, raw in enumerate(text.splitlines(), 1):
            line = raw.strip()
            if not line or line.startswith("#"):
                continue
            where = f"{self._name}:{number}"
            verb, _, rest = line.partition(" ")
            if verb == "define":
                opened = number
                self._define(where, rest.split())
            elif line == "end":
                if self._open is None:
                    raise ScriptError(f"{where}: end of nothing")
                self._open = None
            elif self._open:
                self._open.lines.append((number, line))
            else:
                self._line(where, line, {}, self._definitions)
        if self._open:
            raise ScriptError(f"{self._name}:{opened}: define without end")
        return Script(tuple(self._steps))

    def _define(self, where: str, words: list[str]) -> None:
        if self._open:
            raise ScriptError(f"{where}: define within define")
        if not words or not _NAME.fullmatch(words[0]):
            raise ScriptError(f"{where}: define wants a name, in small letters")
        name, *parameters = words
        if name in {*VERBS, *self._definitions, "define", "end"}:
            raise ScriptError(f"{where}: {name} is there already")
        self._open = self._definitions[name] = _Definition(tuple(parameters), frozenset(self._definitions))

    def _line(self, where: str, line: str, values: dict[str, str], names: Collection[str]) -> None:
        """One line, in which parameters have these values and the definitions of these names can be called."""

        def value(found: re.Match[str]) -> str:
            if found[1] not in values:
                raise ScriptError(f"{where}: there is no ${found[1]} here")
            return values[found[1]]

        self._lines += 1
        if self._lines > _MOST_LINES:
            raise ScriptError(f"{where}: more than {_MOST_LINES} lines, with those of definitions")
        line = _PARAMETER.sub(value, line)
        verb, _, rest = line.partition(" ")
        rest = rest.strip()
        if verb in names:
            self._call(where, verb, rest)
            return
        if verb not in VERBS:
            raise ScriptError(f"{where}: {verb} is no verb; there are: {', '.join(sorted({*VERBS, *names}))}")
        try:
            act = VERBS[verb].parse(rest)
        except WrongWords as problem:
            raise ScriptError(f"{where}: {problem}") from None
        self._steps.append(Step(where, line, act))

    def _call(self, where: str, name: str, rest: str) -> None:
        """The last parameter takes what is left of the line."""
        definition = self._definitions[name]
        wanted = definition.parameters
        words = rest.split(maxsplit=max(0, len(wanted) - 1))
        if len(words) != len(wanted):
            raise ScriptError(f"{where}: {name} wants {' '.join(wanted) or 'nothing'} after it")
        values = dict(zip(wanted, words, strict=True))
        caller = where.partition(":")[2].replace(" (from ", ", ").rstrip(")")
        for number, line in definition.lines:
            self._line(f"{self._name}:{number} (from {caller})", line, values, definition.before)
