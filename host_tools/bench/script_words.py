"""What the verbs of bench scripts are made of: the words after them, taken apart or refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from host_tools.bench.script_stage import Stage

Act = Callable[[Stage], Awaitable[None]]


class WrongWords(Exception):
    """What stands after a verb is not what it takes."""


@dataclass(frozen=True)
class Verb:
    """`takes` is shown to people; `parse` turns the rest of the line into what is to be done. Raises WrongWords."""

    takes: str
    parse: Callable[[str], Act]


def plain(act: Callable[[Stage], None]) -> Act:
    """What takes no time."""

    async def acted(stage: Stage) -> None:
        act(stage)

    return acted


def choice(verb: str, choices: dict[str, Callable[[Stage], None]]) -> Verb:
    def parse(rest: str) -> Act:
        if rest not in choices:
            raise WrongWords(f"{verb} takes {' or '.join(choices)}")
        return plain(choices[rest])

    return Verb(" | ".join(choices), parse)


def nothing(verb: str, act: Callable[[Stage], None]) -> Verb:
    def parse(rest: str) -> Act:
        if rest:
            raise WrongWords(f"{verb} takes nothing")
        return plain(act)

    return Verb("", parse)


def one_word(rest: str, otherwise: str) -> str:
    if not rest or " " in rest:
        raise WrongWords(otherwise)
    return rest


def with_option(rest: str, option: str, otherwise: str) -> tuple[str, bool]:
    """One word, and whether the option stands behind it."""
    name = rest.removesuffix(f" {option}")
    return one_word(name, f"{otherwise}, and {option} where it is"), name != rest
