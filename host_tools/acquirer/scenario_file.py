"""Scenario files: YAML, read by the safe loader's own parser, each mistake told with its line.

Every scalar is taken as it is written: YAML's own idea of it, by which 05 is a number in octal and 09:30 one in base
sixty, counts for nothing here. docs/scenarios.md says what may stand in a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import time
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml

from host_tools.acquirer.faults import AT_THE_DOOR, Fault, Kind
from host_tools.acquirer.scenario import NAMES, Numbers, Rule, Scenario, When

SHIPPED: Final = Path(__file__).parent / "scenarios"

# What a rule can do, in the words of the files.
DO: Final = {
    "delay": Kind.LATE,
    "drop request": Kind.LOST,
    "drop reply": Kind.SILENT,
    "duplicate request": Kind.AGAIN,
    "duplicate reply": Kind.DUPLICATE,
    "reorder": Kind.HELD,
    "reply after reversal": Kind.STALE,
    "truncate": Kind.TRUNCATED,
    "half a reply": Kind.CLOSE_HALF_WAY,
    "garbage": Kind.GARBAGE,
    "flip reply": Kind.BENT_REPLY,
    "flip request": Kind.BENT_REQUEST,
    "wrong MAC": Kind.WRONG_MAC,
    "wrong STAN": Kind.WRONG_STAN,
    "wrong TID": Kind.WRONG_TID,
    "wrong amount": Kind.WRONG_AMOUNT,
    "answer": Kind.ANSWER,
    "close": Kind.CLOSE,
    "close unread": Kind.UNREAD,
    "refuse": Kind.REFUSED,
    "refuse TLS": Kind.REFUSED_TLS,
    "restart": Kind.RESTART,
    "restart after": Kind.RESTART_AFTER,
}

_BY_ENDING: Final = "ending"  # an answer's code is the amount's last two digits
_NEEDS: Final = {Kind.LATE: "ms", Kind.ANSWER: "code"}
_TAKES: Final = {
    "ms": (Kind.LATE, Kind.RESTART, Kind.RESTART_AFTER),
    "code": (Kind.ANSWER,),
    "size": (Kind.TRUNCATED,),
    "bit": (Kind.BENT_REPLY, Kind.BENT_REQUEST),
}
_COUNTS: Final[tuple[str, ...]] = ("after", "every", "times")
_LONGEST: Final = 12  # digits, as an amount has
_T = TypeVar("_T")


class ScenarioError(ValueError):
    """The file is no scenario; the text says where, and what is wrong there."""

    def __init__(self, file: str, line: int | None, reason: str) -> None:
        super().__init__(f"{file}:{line}: {reason}" if line else f"{file}: {reason}")
        self.line = line


def load(name: str) -> Scenario:
    """The scenario in the file of that name, or the shipped one that is called so. Raises ScenarioError."""
    path = Path(name)
    shipped = SHIPPED / f"{name}.yaml"
    if not path.exists() and shipped.exists() and path.name == name:
        path = shipped
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        there = ", ".join(sorted(file.stem for file in SHIPPED.glob("*.yaml")))
        raise ScenarioError(path.name, None, f"cannot be read ({error}); shipped are: {there}") from None
    return read(text, path.name)


def read(text: str, file: str) -> Scenario:
    """The scenario that `text` is; `file` is what errors call it. Raises ScenarioError."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "no YAML"
        raise ScenarioError(file, mark.line + 1 if mark else None, reason) from None
    return _Reader(file).scenario(node)


class _Reader:
    def __init__(self, file: str) -> None:
        self._file = file

    def scenario(self, node: yaml.Node | None) -> Scenario:
        if node is None:
            raise ScenarioError(self._file, 1, "the file is empty")
        parts = self._mapping(node, ("name", "rules"))
        if "rules" not in parts:
            raise self._error(node, "rules are missing")
        rules = [self._rule(rule) for rule in self._sequence(parts["rules"])]
        name = self._text(parts["name"]) if "name" in parts else self._file.removesuffix(".yaml")
        return Scenario(rules, name)

    def _rule(self, node: yaml.Node) -> Rule:
        parts = self._mapping(node, ("when", "do", *_TAKES, *_COUNTS))
        if "do" not in parts:
            raise self._error(node, "a rule says what to do")
        word = self._text(parts["do"])
        if word not in DO:
            raise self._error(parts["do"], f"{word!r} is none of: {', '.join(DO)}")
        kind = DO[word]
        for name, kinds in _TAKES.items():
            if name in parts and kind not in kinds:
                raise self._error(parts[name], f"{word!r} takes no {name}")
        if kind in _NEEDS and _NEEDS[kind] not in parts:
            raise self._error(parts["do"], f"{word!r} needs {_NEEDS[kind]}")
        how: dict[str, Any] = {name: self._number(parts[name]) for name in ("ms", "size", "bit") if name in parts}
        by_ending = "code" in parts and self._text(parts["code"]) == _BY_ENDING
        if "code" in parts and not by_ending:
            how["code"] = self._matching(parts["code"], "[0-9A-Z]{2}", "a code is two digits or capitals, or 'ending'")
        when = self._when(parts["when"], kind) if "when" in parts else When()
        if by_ending and when.amount is None:
            raise self._error(parts["code"], "code: ending wants a rule about an amount")
        try:
            fault = Fault(kind, **how)
        except ValueError as problem:
            raise self._error(node, str(problem)) from None
        counts = {name: self._number(parts[name]) for name in _COUNTS if name in parts}
        for name in ("every", "times"):
            if name in counts and counts[name] == 0:
                raise self._error(parts[name], f"{name} is at least 1")
        return Rule(fault, when, by_ending=by_ending, **counts)

    def _when(self, node: yaml.Node, kind: Kind) -> When:
        parts = self._mapping(node, ("message", "network", "amount", "stan", "card", "terminal", "hours"))
        if kind in AT_THE_DOOR and parts.keys() - {"hours"}:
            raise self._error(node, "a connection that is refused has said nothing yet: only hours can tell it")
        return When(
            frozenset(self._each(parts, "message", self._message)),
            frozenset(
                self._each(parts, "network", lambda one: self._matching(one, "[0-9]{3}", "a network code is 3 digits"))
            ),
            self._numbers(parts["amount"]) if "amount" in parts else None,
            self._numbers(parts["stan"]) if "stan" in parts else None,
            self._each(parts, "card", lambda one: self._matching(one, "[0-9*?]+", "a card is digits, * and ?")),
            self._each(parts, "terminal", lambda one: self._matching(one, "[!-~]+", "a terminal is ASCII, * and ?")),
            self._hours(parts["hours"]) if "hours" in parts else None,
        )

    def _message(self, node: yaml.Node) -> str:
        word = self._text(node)
        if word not in NAMES and not re.fullmatch("[0-9]{4}", word):
            raise self._error(node, f"{word!r} is neither a message type nor one of: {', '.join(sorted(NAMES))}")
        return word

    def _numbers(self, node: yaml.Node) -> Numbers:
        if not isinstance(node, yaml.MappingNode):
            return Numbers(frozenset(self._number(one) for one in self._one_or_more(node)))
        parts = self._mapping(node, ("from", "to", "ending"))
        if not parts:
            raise self._error(node, "from, to or ending is missing")
        lowest = self._number(parts["from"]) if "from" in parts else None
        highest = self._number(parts["to"]) if "to" in parts else None
        if lowest is not None and highest is not None and lowest > highest:
            raise self._error(node, "from is more than to")
        endings = self._each(parts, "ending", lambda one: self._matching(one, "[0-9]{1,12}", "an ending is digits"))
        return Numbers(frozenset(), lowest, highest, endings)

    def _hours(self, node: yaml.Node) -> tuple[time, time]:
        words = "hours are two times of day: 09:30-17:00"
        begin, end = self._matching(node, "[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}", words).split("-")
        try:
            return time.fromisoformat(begin), time.fromisoformat(end)
        except ValueError:
            raise self._error(node, words) from None

    # -- nodes --

    def _each(self, parts: dict[str, yaml.Node], name: str, read: Callable[[yaml.Node], _T]) -> tuple[_T, ...]:
        return tuple(read(one) for one in self._one_or_more(parts[name])) if name in parts else ()

    def _one_or_more(self, node: yaml.Node) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            return [node]
        if not node.value:
            raise self._error(node, "an empty list")
        return list(node.value)

    def _sequence(self, node: yaml.Node) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            raise self._error(node, "a list is expected here")
        return list(node.value)

    def _mapping(self, node: yaml.Node, names: tuple[str, ...]) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            raise self._error(node, f"names and values are expected here: {', '.join(names)}")
        parts: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = self._text(key)
            if name not in names:
                raise self._error(key, f"{name!r} is none of: {', '.join(names)}")
            if name in parts:
                raise self._error(key, f"{name!r} stands here twice")
            parts[name] = value
        return parts

    def _text(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self._error(node, "a single word is expected here")
        return str(node.value)

    def _matching(self, node: yaml.Node, pattern: str, otherwise: str) -> str:
        text = self._text(node)
        if not re.fullmatch(pattern, text):
            raise self._error(node, otherwise)
        return text

    def _number(self, node: yaml.Node) -> int:
        digits = self._text(node).replace("_", "")
        if not re.fullmatch(f"[0-9]{{1,{_LONGEST}}}", digits):
            raise self._error(node, "a whole number is expected here")
        return int(digits)

    def _error(self, node: yaml.Node, reason: str) -> ScenarioError:
        return ScenarioError(self._file, node.start_mark.line + 1, reason)
