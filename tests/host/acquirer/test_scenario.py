"""Scenarios: what their files may say, and which messages they strike."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from host_tools.acquirer import scenario_file, spec
from host_tools.acquirer.connection import Close, Connection, Send
from host_tools.acquirer.faults import AT_THE_DOOR, Fault, Faults, Kind
from host_tools.acquirer.scenario import NAMES
from host_tools.acquirer.scenario_file import DO, SHIPPED, ScenarioError, load, read
from host_tools.bench.script_verbs import VERBS
from host_tools.bench.script_words import WrongWords

if TYPE_CHECKING:
    from pathlib import Path

    from tests.host.acquirer.conftest import World

NOON = datetime(2026, 11, 23, 12, 0)


def struck(world: World, rules: str, *frames: bytes, at: datetime = NOON) -> list[str]:
    """The fault that each of the messages meets."""
    faults = Faults(read(f"rules:\n{rules}", "test.yaml"))
    return [fault.kind.name if (fault := faults.take(frame, at)) else "" for frame in frames]


def sales(world: World, *amounts: int) -> list[bytes]:
    return [world.till.sale_frame(world.card("plain"), amount) for amount in amounts]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("amount: 1000", [1, 0, 0, 0]),
        ("amount: [1_000, 1051]", [1, 1, 0, 0]),
        ("amount: {from: 1051, to: 99_999}", [0, 1, 1, 0]),
        ("amount: {to: 1051}", [1, 1, 0, 0]),
        ("amount: {ending: 51}", [0, 1, 1, 0]),
        ("amount: {ending: ['051', 000], from: 1001}", [0, 1, 1, 1]),
        ("stan: 000003", [0, 1, 0, 0]),
        ("stan: {ending: [2, 4]}", [1, 0, 1, 0]),
        ("message: sale", [1, 1, 1, 1]),
        ("message: 0200", [1, 1, 1, 1]),
        ("message: [0400, void, sign_in]", [0, 0, 0, 0]),
        ("network: '000'", [1, 1, 1, 1]),
        ("network: 301", [0, 0, 0, 0]),
        ("card: '6200*'", [1, 1, 1, 1]),
        ("card: ['*0013', '4*']", [1, 1, 1, 1]),
        ("card: '???'", [0, 0, 0, 0]),
        ("terminal: '10000001'", [1, 1, 1, 1]),
        ("terminal: '1000000[23]'", [0, 0, 0, 0]),
        ("hours: 12:00-12:01", [1, 1, 1, 1]),
        ("hours: 11:00-12:00", [0, 0, 0, 0]),
        ("hours: 23:00-12:01", [1, 1, 1, 1]),
        ("hours: 12:01-11:59", [0, 0, 0, 0]),
        ("message: sale, amount: 1000, stan: 000003", [0, 0, 0, 0]),
    ],
)
def test_what_a_rule_speaks_of(world: World, condition: str, expected: list[int]) -> None:
    frames = sales(world, 1000, 1051, 5051, 100_000_000)
    rule = f"- {{do: drop reply, when: {{{condition}}}}}"
    assert struck(world, rule, *frames) == ["SILENT" if one else "" for one in expected]


def test_names_of_transactions(world: World) -> None:
    till, card = world.till, world.card("plain")
    sold = till.sell(card, 100)
    sale, void = till.sale_frame(card), till.void_frame(sold)
    frames = {
        "sale": sale,
        "void": void,
        "reversal": till.reversal_frame(sale),
        "void_reversal": till.reversal_frame(void),
        "refund": till.refund_frame(sold, 40),
        "offline_sale": till.offline_frame(card),
        "sign_in": till.sign_in_frame(),
        "sign_off": till.manage_frame("002"),
        "echo": till.manage_frame("301"),
        "settlement": till.settlement_frame(),
    }
    assert frames.keys() <= NAMES
    for name in frames:
        met = struck(world, f"- {{do: close, when: {{message: {name}}}}}", *frames.values())
        assert met == ["CLOSE" if other == name else "" for other in frames]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ("", [1, 1, 1, 1, 1, 1, 1]),
        ("times: 2", [1, 1, 0, 0, 0, 0, 0]),
        ("after: 2, times: 1", [0, 0, 1, 0, 0, 0, 0]),
        ("every: 3", [1, 0, 0, 1, 0, 0, 1]),
        ("after: 1, every: 2, times: 2", [0, 1, 0, 1, 0, 0, 0]),
    ],
)
def test_how_often_a_rule_strikes(world: World, counts: str, expected: list[int]) -> None:
    rule = f"- {{do: drop request, {counts}}}"
    assert struck(world, rule, *sales(world, *range(100, 107))) == ["LOST" if one else "" for one in expected]


def test_the_first_rule_whose_turn_it_is_strikes(world: World) -> None:
    rules = (
        "- {do: close, after: 1, times: 1}\n- {do: drop reply, when: {amount: {from: 102}}}\n- {do: garbage, times: 1}"
    )
    assert struck(world, rules, *sales(world, 100, 101, 102, 103)) == ["GARBAGE", "CLOSE", "SILENT", "SILENT"]


def test_what_is_armed_goes_before_the_scenario(world: World) -> None:
    faults = Faults(read("rules: [{do: close}]", "test.yaml"))
    faults.arm(Fault(Kind.LOST, "0400"))
    faults.arm(Fault(Kind.SILENT))
    kinds = [fault.kind for frame in sales(world, 1, 2) if (fault := faults.take(frame, NOON))]
    assert kinds == [Kind.SILENT, Kind.CLOSE]
    faults.play(None)
    assert faults.take(sales(world, 3)[0], NOON) is None


def test_noise_meets_no_rule(world: World) -> None:
    assert struck(world, "- {do: close}", bytes(60), b"", sales(world, 1)[0][:-9]) == ["", "", ""]


def test_rules_at_the_door() -> None:
    faults = Faults(read("rules: [{do: refuse, after: 1, every: 2}, {do: refuse TLS, when: {hours: 12:00-13:00}}]", ""))
    assert [faults.refuses(Kind.REFUSED, NOON) for _ in range(4)] == [False, True, False, True]
    later = NOON + timedelta(hours=1)
    assert [faults.refuses(Kind.REFUSED_TLS, at) for at in (NOON, later)] == [True, False]


def test_every_fault_has_a_word_and_every_word_works(world: World) -> None:
    assert sorted(kind.name for kind in DO.values()) == sorted(kind.name for kind in Kind)
    extra = {Kind.LATE: ", ms: 5", Kind.ANSWER: ", code: 05"}
    for word, kind in DO.items():
        rule = f"- {{do: {word}{extra.get(kind, '')}}}"
        expected = "" if kind in AT_THE_DOOR else kind.name
        assert struck(world, rule, *sales(world, 1)) == [expected]


def test_parameters_reach_the_fault(world: World) -> None:
    text = """rules:
      - {do: delay, ms: 45_000, times: 1}
      - {do: answer, code: 05, times: 1}
      - {do: truncate, size: 12, times: 1}
      - {do: flip reply, bit: 77, times: 1}
      - {do: restart, ms: 300}"""
    faults = Faults(read(text, "test.yaml"))
    found = [fault for frame in sales(world, 1, 2, 3, 4, 5) if (fault := faults.take(frame, NOON))]
    assert (found[0].ms, found[1].code, found[2].size, found[3].bit, found[4].ms) == (45_000, "05", 12, 77, 300)


MISTAKES = {
    "": (1, "the file is empty"),
    "rules:\n  - {do: close": (2, "expected ',' or '}'"),
    "\t- a": (1, "cannot start any token"),
    "- do: close": (1, "names and values are expected here: name, rules"),
    "name: x": (1, "rules are missing"),
    "rules: close": (1, "a list is expected here"),
    "rules:\n- when: {}": (2, "a rule says what to do"),
    "rules:\n- do: close\n- do: explode": (3, "'explode' is none of: delay, drop request"),
    "rules:\n- do: close\n  wenn: {}": (3, "'wenn' is none of: when, do"),
    "rules:\n- do: close\n  do: close": (3, "'do' stands here twice"),
    "rules:\n- do: [close]": (2, "a single word"),
    "rules:\n- do: delay": (2, "'delay' needs ms"),
    "rules:\n- do: answer": (2, "'answer' needs code"),
    "rules:\n- do: close\n  ms: 5": (3, "'close' takes no ms"),
    "rules:\n- do: delay\n  ms: soon": (3, "a whole number"),
    "rules:\n- do: delay\n  ms: -5": (3, "a whole number"),
    "rules:\n- do: answer\n  code: 5": (3, "a code is two digits or capitals"),
    "rules:\n- do: answer\n  code: ending": (3, "wants a rule about an amount"),
    "rules:\n- do: truncate\n  size: 0": (2, "a size of at least 1"),
    "rules:\n- do: close\n  every: 0": (3, "every is at least 1"),
    "rules:\n- do: close\n  times: 0": (3, "times is at least 1"),
    "rules:\n- do: close\n  when: {colour: red}": (3, "'colour' is none of: message"),
    "rules:\n- do: close\n  when:\n    message: sail": (4, "'sail' is neither a message type nor one of"),
    "rules:\n- do: close\n  when:\n    amount: []": (4, "an empty list"),
    "rules:\n- do: close\n  when:\n    amount: {}": (4, "from, to or ending is missing"),
    "rules:\n- do: close\n  when:\n    amount: {from: 2, to: 1}": (4, "from is more than to"),
    "rules:\n- do: close\n  when:\n    amount: 1.50": (4, "a whole number"),
    "rules:\n- do: close\n  when:\n    amount: {ending: x}": (4, "an ending is digits"),
    "rules:\n- do: close\n  when:\n    card: plain": (4, "a card is digits, * and ?"),
    "rules:\n- do: close\n  when:\n    terminal: 终端": (4, "a terminal is ASCII"),
    "rules:\n- do: close\n  when:\n    network: 1": (4, "a network code is 3 digits"),
    "rules:\n- do: close\n  when:\n    hours: 9-17": (4, "hours are two times of day"),
    "rules:\n- do: close\n  when:\n    hours: 25:00-26:00": (4, "hours are two times of day"),
    "rules:\n- do: refuse\n  when:\n    message: sale": (4, "only hours can tell it"),
    "rules:\n- do: !!python/object:os.system close\n  ms: 1": (3, "'close' takes no ms"),
}


@pytest.mark.parametrize("text", MISTAKES, ids=lambda text: repr(text[-30:]))
def test_a_mistake_is_told_with_its_line(text: str) -> None:
    line, reason = MISTAKES[text]
    with pytest.raises(ScenarioError) as caught:
        read(text, "mine.yaml")
    assert caught.value.line == line
    assert str(caught.value).startswith(f"mine.yaml:{line}: ") and reason in str(caught.value)


WORDS = st.sampled_from(
    [*DO, *NAMES, "when", "do", "rules", "name", "ms", "code", "amount", "ending", "from", "05", "9", ""]
)
TREES = st.recursive(
    WORDS | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@given(text=TREES.map(yaml.safe_dump) | st.text(max_size=60))
def test_a_file_is_a_scenario_or_a_mistake(text: str) -> None:
    try:
        found = read(text, "any.yaml")
    except ScenarioError:
        return
    assert all(rule.fault.kind in Kind for rule in found.rules)


def test_where_a_scenario_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load("magic-amounts").name == "magic amounts"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "magic-amounts").write_text("rules: [{do: close}]")
    assert len(load("magic-amounts").rules) == 1  # a file of one's own goes first
    for name in ("none", "../scenarios/magic-amounts"):
        with pytest.raises(ScenarioError, match=r"cannot be read.*bad-line, bad-night, magic-amounts"):
            load(name)


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_scenarios_are_good(path: Path) -> None:
    assert load(path.stem).rules
    assert scenario_file.read(path.read_text("utf-8"), path.name).name


def test_magic_amounts(world: World) -> None:
    connection = Connection(world.acquirer, Faults(load("magic-amounts")))
    card = world.card("plain")

    def sell(amount: int) -> str:
        frame = world.till.sale_frame(card, amount)
        actions = connection.feed(len(frame).to_bytes(2, "big") + frame)
        return "".join(spec.decode(one.data[2:]).fields[39] if isinstance(one, Send) else str(one) for one in actions)

    assert [sell(amount) for amount in (1200, 1251, 99, 1234, 400096)] == ["00", "51", "99", "00", "96"]
    assert sell(1298) == ""
    assert sell(1290) == str(Close(80))
    booked = 1200 + 1234 + 1298 + 1290
    assert world.acquirer.bank.balance(card.pan) == card.balance - booked
    assert world.acquirer.ledger.check() == []


def test_a_bench_script_s_words(tmp_path: Path) -> None:
    """`host scenario NAME`: from then on by its rules."""
    with pytest.raises(WrongWords, match="cannot be read"):
        VERBS["host"].parse("scenario none")
    stage = SimpleNamespace(faults=Faults())
    asyncio.run(VERBS["host"].parse("scenario magic-amounts")(stage))  # type: ignore[arg-type]
    assert stage.faults.scenario.name == "magic amounts"
