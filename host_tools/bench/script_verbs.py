"""The verbs of bench scripts: what each takes after it, and what it does on the stage."""

from __future__ import annotations

import re

from host_tools.acquirer.cards import Card, tracks
from host_tools.acquirer.faults import Fault, Kind
from host_tools.acquirer.scenario_file import ScenarioError, load
from host_tools.bench.parts.keypad import LEGEND
from host_tools.bench.script_sights import TAKES, expect
from host_tools.bench.script_stage import NotSeen, Stage
from host_tools.bench.script_words import Act, Verb, WrongWords, choice, nothing, one_word, plain, with_option

_KEYS = frozenset(key for row in LEGEND for key in row)
_FAULTS = {kind.name.lower().replace("_", "-"): kind for kind in Kind}


# -- hands --


def _press(rest: str) -> Act:
    keys = rest.split()
    for key in keys:
        if key not in _KEYS:
            raise WrongWords(f"there is no key {key}")
    if not keys:
        raise WrongWords("press takes keys")

    async def act(stage: Stage) -> None:
        stage.listen()
        for key in keys:
            await stage.press(key)

    return act


def _type(rest: str) -> Act:
    if not re.fullmatch("[0-9]+", rest):
        raise WrongWords("type takes digits")
    return _press(" ".join(rest))


def _pin(rest: str) -> Act:
    card = one_word(rest, "pin takes a card")

    async def act(stage: Stage) -> None:
        await _type(_card(stage, card).pin)(stage)

    return act


def _swipe(rest: str) -> Act:
    stripe = re.fullmatch(r"stripe ([0-9=]+)", rest)
    if stripe:
        return plain(lambda stage: stage.stripe(None, stripe[1]))
    name, badly = with_option(rest, "badly", "swipe takes a card, or stripe and what is on its track 2")

    def act(stage: Stage) -> None:
        track1, track2 = (track[1:-2] for track in tracks(_card(stage, name)))  # the reader adds sentinels and LRC
        stage.stripe(track1, track2, bad=(1, 2) if badly else ())

    return plain(act)


def _insert(rest: str) -> Act:
    name, wrong_way = with_option(rest, "wrong way", "insert takes a card")

    def act(stage: Stage) -> None:
        _card(stage, name)
        try:
            stage.parts.chip_slot.insert(stage.chip(name), wrong_way)
        except AssertionError as problem:  # there is one in it
            raise NotSeen(str(problem)) from problem

    return plain(act)


def _tap(rest: str) -> Act:
    name = one_word(rest, "tap takes a card")

    def act(stage: Stage) -> None:
        _card(stage, name)
        stage.parts.field.put(stage.antenna(name))

    return plain(act)


def _pull(stage: Stage) -> None:
    stage.parts.chip_slot.pull()
    stage.parts.field.take()
    if stage.parts.other.scanner:
        stage.parts.other.scanner.show(None)


def _scan(rest: str) -> Act:
    if not rest:
        raise WrongWords("scan takes what is in the code")

    def act(stage: Stage) -> None:
        scanner = stage.parts.other.scanner
        if scanner is None:
            raise NotSeen("this board has no scanner")
        scanner.show(rest.encode())

    return plain(act)


# -- the world around --


def _power(rest: str) -> Act:
    if rest not in ("on", "off"):
        raise WrongWords("power takes on or off")

    async def act(stage: Stage) -> None:
        await stage.power(rest == "on")

    return act


def _host(rest: str) -> Act:
    if rest in ("up", "down"):
        return plain(lambda stage: stage.host(rest == "up"))
    words = rest.split()
    if len(words) == 2 and words[0] == "scenario":
        try:
            scenario = load(words[1])
        except ScenarioError as problem:
            raise WrongWords(str(problem)) from None
        return plain(lambda stage: stage.faults.play(scenario))
    if not words or words[0] not in _FAULTS:
        raise WrongWords(f"host takes up, down or a fault: {', '.join(_FAULTS)}; or scenario and its name")
    mti, how = None, {}
    for word in words[1:]:
        name, _, value = word.partition("=")
        if re.fullmatch("[0-9]{4}", word):
            mti = word
        elif name in ("nth", "ms", "code") and value:
            how[name] = value if name == "code" else _number(value)
        else:
            raise WrongWords(f"a fault takes a message type, nth=, ms= or code=, not {word}")
    try:
        fault = Fault(_FAULTS[words[0]], mti, **how)  # type: ignore[arg-type]
    except ValueError as problem:
        raise WrongWords(str(problem)) from None
    return plain(lambda stage: stage.faults.arm(fault))


def _number(word: str) -> int:
    if not re.fullmatch("[0-9]+", word):
        raise WrongWords(f"{word} is no number")
    return int(word)


def _wait(rest: str) -> Act:
    found = re.fullmatch(r"(\d+(?:\.\d+)?) s", rest)
    if not found:
        raise WrongWords("wait takes seconds: wait 45 s")
    seconds = float(found[1])

    async def act(stage: Stage) -> None:
        await stage.wait(seconds)

    return act


def _screenshot(rest: str) -> Act:
    name = one_word(rest, "screenshot takes a name")
    if not re.fullmatch(r"[\w-]+", name):
        raise WrongWords("a screenshot's name is letters, digits and -")

    def act(stage: Stage) -> None:
        stage.pictures[name] = stage.parts.display.to_image(1)

    return plain(act)


def _card(stage: Stage, name: str) -> Card:
    if name not in stage.cards:
        raise NotSeen(f"nobody has a card {name}; there are: {', '.join(stage.cards)}")
    return stage.cards[name]


VERBS: dict[str, Verb] = {
    "power": Verb("on | off", _power),
    "press": Verb("KEY...", _press),
    "type": Verb("DIGITS", _type),
    "pin": Verb("CARD", _pin),
    "swipe": Verb("CARD [badly] | stripe TRACK2", _swipe),
    "insert": Verb("CARD [wrong way]", _insert),
    "tap": Verb("CARD", _tap),
    "pull": nothing("pull", _pull),
    "scan": Verb("TEXT", _scan),
    "unplug": nothing("unplug", lambda stage: stage.network(False)),
    "plug": choice("plug", {"in": lambda stage: stage.network(True)}),
    "paper": choice(
        "paper", {"out": lambda s: s.parts.printer.paper_out(), "in": lambda s: s.parts.printer.load_paper()}
    ),
    "cover": choice(
        "cover", {"open": lambda s: s.parts.printer.open_cover(), "closed": lambda s: s.parts.printer.close_cover()}
    ),
    "case": choice(
        "case",
        {"open": lambda s: s.parts.tamper_switch.open_case(), "closed": lambda s: s.parts.tamper_switch.close_case()},
    ),
    "tear": nothing("tear", lambda stage: stage.tear()),
    "host": Verb("up | down | scenario NAME | FAULT [MTI] [nth=N] [ms=N] [code=XX]", _host),
    "wait": Verb("SECONDS s", _wait),
    "expect": Verb(TAKES, expect),
    "screenshot": Verb("NAME", _screenshot),
}
