"""What a bench script expects to see: screen, paper, lights, messages."""

from __future__ import annotations

import re
from collections.abc import Callable

from host_tools.bench.script_stage import Stage
from host_tools.bench.script_words import Act, WrongWords

TAKES = "screen TEXT [| TEXT] | paper TEXT [| TEXT] | light N [off] | message MTI, [within SECONDS s]"

_PATIENCE_S = 60
_WITHIN = re.compile(r"\s+within (\d+(?:\.\d+)?) s$")

Seen = Callable[[Stage], bool]


def expect(rest: str) -> Act:
    kind, _, wanted = rest.partition(" ")
    within = _WITHIN.search(wanted)
    seconds = float(within[1]) if within else _PATIENCE_S
    wanted = (wanted[: within.start()] if within else wanted).strip()
    if kind not in _SIGHTS or not wanted:
        raise WrongWords(f"expect takes {', '.join(_SIGHTS)} and what is to be there")
    seen = _SIGHTS[kind](wanted)

    async def act(stage: Stage) -> None:
        await stage.until(lambda: seen(stage), f"{kind} {wanted}", seconds)

    return act


def _screen(wanted: str) -> Seen:
    texts = _either(wanted)
    return lambda stage: any(text in line for line in stage.screen() for text in texts)


def _paper(wanted: str) -> Seen:
    texts = _either(wanted)
    return lambda stage: any(text in stage.paper() for text in texts)


def _either(wanted: str) -> list[str]:
    texts = [text.strip() for text in wanted.split("|")]
    if not all(texts):
        raise WrongWords("there is nothing on one side of |")
    return texts


def _light(wanted: str) -> Seen:
    found = re.fullmatch("([1-4])( off)?", wanted)
    if not found:
        raise WrongWords("a light is 1 to 4, from the left, and off where it is to be that")
    return lambda stage: stage.parts.lights.lit[int(found[1]) - 1] is not bool(found[2])


def _message(wanted: str) -> Seen:
    """Since the last keys were pressed: the host answers before the finger has left them."""
    if not re.fullmatch("[0-9]{4}", wanted):
        raise WrongWords("a message is the four digits of its type")
    return lambda stage: wanted in stage.messages()


_SIGHTS: dict[str, Callable[[str], Seen]] = {
    "screen": _screen,
    "paper": _paper,
    "light": _light,
    "message": _message,
}
