"""Bench scripts before anything is played: what the parser makes of them, and what it says of mistakes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from host_tools.bench.script import ScriptError, parse, read
from host_tools.bench.script_verbs import VERBS

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs" / "bench-scripts.md"
SCRIPTS = ROOT / "tests" / "scripts"

GOOD = """
# a comment, and an empty line above
power on
expect screen 柜员号 | Operator no. within 2.5 s
define sell amount card
    type $amount
    swipe $card
end
    sell 1234 plain
host answer 0200 code=61 nth=2
screenshot the-end
"""

WRONG = {
    "pres 1": "pres is no verb; there are: case, cover, expect",
    "press": "press takes keys",
    "press 1 entre": "there is no key entre",
    "type 12a": "type takes digits",
    "pin": "pin takes a card",
    "power of": "power takes on or off",
    "power": "power takes on or off",
    "swipe": "swipe takes a card, or stripe and what is on its track 2",
    "swipe plain bad": "swipe takes a card",
    "insert plain wrong side": "insert takes a card, and wrong way where it is",
    "pull out": "pull takes nothing",
    "plug": "plug takes in",
    "paper full": "paper takes out or in",
    "scan": "scan takes what is in the code",
    "host": "host takes up, down or a fault: lost, silent",
    "host asleep": "host takes up, down or a fault",
    "host silent soon": "a fault takes a message type, nth=, ms= or code=, not soon",
    "host silent nth=x": "x is no number",
    "host silent nth=0": "a fault needs nth of at least 1",
    "wait 5": "wait takes seconds",
    "expect": "expect takes screen, paper, light, message and what is to be there",
    "expect smell smoke": "expect takes screen, paper, light, message",
    "expect screen  within 5 s": "expect takes screen",
    "expect screen a |": "there is nothing on one side of |",
    "expect light 5": "a light is 1 to 4",
    "expect message 02": "a message is the four digits of its type",
    "screenshot a b": "screenshot takes a name",
    "screenshot ../a": "a screenshot's name is letters, digits and -",
    "type $amount": "there is no $amount here",
    "end": "end of nothing",
    "define Sell": "define wants a name, in small letters",
    "define press": "press is there already",
    "define a": "define without end",
    "define a\ndefine b": "define within define",
    "define a x\nwait 1 s\nend\na": "a wants x after it",
    "define a\nwait 1 s\nend\na 1": "a wants nothing after it",
    "define a\na\nend\na": "a is no verb",
    "define a\nb\nend\ndefine b\nwait 1 s\nend\na": "b is no verb",
    "define a x\ntype $y\nend\na 1": "there is no $y here",
}


def test_a_good_one() -> None:
    steps = parse(GOOD, "good").steps
    assert [(step.where, step.text) for step in steps] == [
        ("good:3", "power on"),
        ("good:4", "expect screen 柜员号 | Operator no. within 2.5 s"),
        ("good:6 (from 9)", "type 1234"),
        ("good:7 (from 9)", "swipe plain"),
        ("good:10", "host answer 0200 code=61 nth=2"),
        ("good:11", "screenshot the-end"),
    ]


@pytest.mark.parametrize("text", WRONG)
def test_mistakes_are_named_with_their_line(text: str) -> None:
    with pytest.raises(ScriptError, match=re.escape(WRONG[text])) as problem:
        parse(f"power on\n\n{text}", "bad")
    lines = text.count("\n")
    assert re.match(r"bad:(\d+)( \(from \d+\))?: ", str(problem.value))
    assert 3 <= int(str(problem.value).split(":")[1].split()[0]) <= 3 + lines


def test_definitions_call_those_before_them() -> None:
    """The last parameter takes what is left of the line."""
    text = """
define see name text
    expect screen $text
    screenshot $name
end
define ask question
    see asked $question
end
ask Key in amount | 请输入金额
"""
    assert [(step.where, step.text) for step in parse(text, "nested").steps] == [
        ("nested:3 (from 7, 9)", "expect screen Key in amount | 请输入金额"),
        ("nested:4 (from 7, 9)", "screenshot asked"),
    ]


@pytest.mark.parametrize("line", ["press 1", "x0"])
def test_definitions_that_come_to_billions_of_lines(line: str) -> None:
    doubled = "".join(f"define x{n}\nx{n - 1}\nx{n - 1}\nend\n" for n in range(1, 40))
    with pytest.raises(ScriptError, match="more than 20000 lines"):
        parse(f"define x0\nend\n{doubled}x39\n{line}", "bomb")


def test_in_which_line_a_definition_is_wrong() -> None:
    with pytest.raises(ScriptError, match=r"^bad:2 \(from 4\): there is no key 5x$"):
        parse("define tap-key key\npress $key\nend\ntap-key 5x", "bad")


def test_the_document_knows_every_verb_and_has_no_mistakes() -> None:
    text = DOCUMENT.read_text("utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")]
    assert [row[0].removeprefix("| ") for row in rows if row[0] != "| Verb"] == list(VERBS)
    examples = re.findall(r"```bench\n(.*?)```", text, re.DOTALL)
    assert [len(parse(example).steps) for example in examples] == [18, 5]


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.bench")), ids=lambda path: path.stem)
def test_the_scripts_of_this_repository(path: Path) -> None:
    assert read(path).steps
