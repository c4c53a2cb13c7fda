"""Every fault of the host's meets every type of message: people are told the truth, and both sides' books agree.

Whether a transaction is good is what the terminal has printed of it, or says; the host's books must say the same, and
so must what cardholders have. On no line is anything asked before the last question has had an answer. The day of each
type ends in a settlement that is balanced. The faults come out of a scenario, one rule each. Two of them are tried for
each type that moves money, one for the others, each fault with some type; FAULT_MATRIX=all tries all with all.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from host_tools.acquirer.faults import Kind
from host_tools.acquirer.scenario_file import DO, read
from host_tools.bench.shop import OPENING, PlainExchange, Shop
from host_tools.cards.minting import Mint
from host_tools.keys.authority import Authority
from tests.plugins.matrix import Matrix
from tests.system.books import set_parameters, settle
from tests.system.test_chip_offline import lenient_shop
from tests.system.test_link import Watched
from tests.system.transactions import GROUPS, IDLE, OF_CHIPS, SALE, TYPES, Type, prepare, walk

DOWN_S = 2  # after a restart

HOW = {
    Kind.LATE: ", ms: 31_000",
    Kind.ANSWER: ", code: 05",
    Kind.RESTART: f", ms: {DOWN_S}000",
    Kind.RESTART_AFTER: f", ms: {DOWN_S}000",
}
# TLS is not what this shop speaks (test_link.py); a refusal to sign in is only somebody's who has asked.
PLAIN = [word for word, kind in DO.items() if kind is not Kind.REFUSED_TLS]


def paid(shop: Shop) -> int:
    """What cardholders have paid until now, by the host."""
    return sum(card.balance - shop.acquirer.bank.balance(card.pan) for card in shop.cards.values())


def held(shop: Shop) -> int:
    """What the host keeps of the card's account for authorisations."""
    record = shop.acquirer.bank.find(shop.cards["plain"].pan)
    assert record
    return shop.acquirer.holds.on(record.account, shop.bench.now())


CAPTURED = Path(__file__).parents[1] / "vectors" / "iso8583_day.json"


def few(of: Type) -> int:
    """How many faults are tried where not all are."""
    return 2 if of.moves or of.holds else 1


def some(of: Type) -> list[str]:
    """The faults that are tried: others for each type."""
    if os.environ.get("FAULT_MATRIX") == "all":
        return PLAIN
    start = sum(few(one) for one in TYPES[: TYPES.index(of)])
    return [PLAIN[(start + number) % len(PLAIN)] for number in range(few(of))]


def tried(shop: Shop, of: Type, word: str, matrix: Matrix) -> list[str]:
    """One type of message meets one fault: what is wrong afterwards."""
    shop.faults.play(None)
    prepare(shop, of)
    of.before(shop)
    # A connection does not say what it is for.
    when = f", after: {of.calls}" if DO[word] is Kind.REFUSED else f", when: {{{of.rule}}}"
    rules = [f"{{do: {word}{when}{HOW.get(DO[word], '')}, times: 1}}", *([of.given] if of.given else [])]
    scenario = read(f"rules: [{', '.join(rules)}]", "matrix.yaml")
    shop.faults.play(scenario)
    before, holding = paid(shop), held(shop)
    good = walk(shop, of) and not (of.advice and DO[word] is Kind.ANSWER)  # which comes long after the slip
    trouble = shop.acquirer.ledger.check()
    if paid(shop) - before != (of.moves if good else 0):
        trouble.append(f"paid {paid(shop) - before}, good: {good}")
    if held(shop) - holding != (of.holds if good else 0):
        trouble.append(f"held {held(shop) - holding}, good: {good}")
    trouble += of.after(shop, good)
    if not all(rule.struck for rule in scenario.rules):
        trouble.append("the fault never struck")
    matrix.cell(of.name, word, "✗" if trouble else "●" if good else "○")
    shop.bench.run(DOWN_S)
    return [f"{of.name}, {word}: {what}" for what in trouble]


def a_day(shop: Shop, group: str, matrix: Matrix) -> list[str]:
    """All of a group's types, and a settlement."""
    shop.exchange = lambda connection: Watched(PlainExchange(connection), [])
    wrong = [trouble for of in GROUPS[group] for word in some(of) for trouble in tried(shop, of, word, matrix)]
    shop.faults.play(None)
    walk(shop, SALE)
    assert "对账平" in settle(shop)
    shop.bench.expect(IDLE)
    captured = {message["what"] for message in json.loads(CAPTURED.read_text("utf-8"))["messages"]}
    assert {record.name for record in shop.trace if record.direction == "in"} - {""} <= captured  # or it is made anew
    return wrong


@pytest.mark.parametrize("group", [group for group in GROUPS if group not in OF_CHIPS])
def test_every_fault(group: str, tmp_path: Path, matrix: Matrix) -> None:
    with Shop(tmp_path, moto=True) as shop:
        set_parameters(shop, moto=1)
        shop.open()
        shop.bench.expect(IDLE)
        assert a_day(shop, group, matrix) == []


def test_every_fault_of_chips(tmp_path: Path, matrix: Matrix) -> None:
    mint = Mint(Authority(tmp_path / "authority").make(OPENING.date()))
    with lenient_shop(tmp_path, mint) as shop:
        assert [trouble for group in OF_CHIPS for trouble in a_day(shop, group, matrix)] == []


def test_a_handshake_that_the_host_breaks_off(tmp_path: Path) -> None:
    """Nothing is charged, people are told, and the next one is good."""
    with Shop(tmp_path, tls=True, scenario=read("rules: [{do: refuse TLS, after: 1, times: 1}]", "tls.yaml")) as shop:
        shop.open()
        shop.bench.expect(IDLE)
        shop.ask_for(100, shop.cards["plain"])
        shop.bench.expect("失败 未扣款")
        shop.bench.press("enter")
        shop.bench.expect(IDLE)
        assert paid(shop) == 0
        walk(shop, SALE)
        assert paid(shop) == 100
