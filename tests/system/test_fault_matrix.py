"""Every fault of the host's meets every type of transaction: people are told the truth, and both sides' books agree.

Whether a transaction is good is what the terminal has printed of it; the host's books must say the same, and so must
what cardholders have. The day of each type ends in a settlement that is balanced. The faults come out of a scenario,
one rule each. A few of them are tried for each type, each fault with some type; FAULT_MATRIX=all tries all with all.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from host_tools.acquirer.faults import Kind
from host_tools.acquirer.scenario_file import DO, read
from host_tools.bench.shop import OPENING, Shop
from host_tools.cards.issuer import Order, unblock_pin
from host_tools.cards.minting import Mint
from host_tools.keys.authority import Authority
from tests.plugins.matrix import Matrix
from tests.system.books import settle
from tests.system.test_chip_offline import lenient_shop

IDLE = "请输入金额"
UNSENT = "未上送"
BUSY = ("正在", "请稍候")
PATIENCE_S = 1800
FEW = 2
DOWN_S = 2  # after a restart

Keys = dict[str, Callable[[Shop], None]]

HOW = {
    Kind.LATE: ", ms: 31_000",
    Kind.ANSWER: ", code: 05",
    Kind.RESTART: f", ms: {DOWN_S}000",
    Kind.RESTART_AFTER: f", ms: {DOWN_S}000",
}
# TLS is not what this shop speaks (test_link.py); a refusal to sign in is only somebody's who has asked.
PLAIN = [word for word, kind in DO.items() if kind is not Kind.REFUSED_TLS]


def press(*keys: str) -> Callable[[Shop], None]:
    return lambda shop: shop.bench.press(*keys)


def keyed(digits: str) -> Callable[[Shop], None]:
    return press(*digits, "enter")


CARD: Keys = {
    "请刷卡": lambda shop: shop.swipe(shop.cards["plain"]),
    "请输入密码": lambda shop: keyed(shop.cards["plain"].pin)(shop),
}


def chip(name: str) -> Keys:
    """A card that is put into the slot, and taken out when that is asked for."""

    def insert(shop: Shop) -> None:
        with suppress(AssertionError):  # there is one in it
            shop.insert(name)

    return {"请拔卡": lambda shop: shop.bench.parts.chip_slot.pull(), "请刷卡": insert, "请输入密码": keyed("123456")}


SUPERVISOR: Keys = {"主管密码": keyed("123456")}


@dataclass(frozen=True)
class Type:
    """`begin` is pressed at the idle screen, `keys` what is answered to which text; `needs` is done before, unharmed.

    `rule` is what the faulty message is, in the words of a scenario; `moves` fen go to the merchant if it is good, the
    host `holds` more, and `slips` are printed. `given` is another rule that makes the type what it is, `order` what the
    issuer wants of its chip.
    """

    name: str
    rule: str
    begin: tuple[str, ...]
    keys: Keys = field(default_factory=dict)
    moves: int = 0
    holds: int = 0
    slips: int = 2
    needs: Type | None = None
    given: str = ""
    order: Callable[[], Order] | None = None
    advice: bool = False


SALE = Type("消费 sale", "message: sale", ("1", "0", "0", "enter"), CARD, moves=100)
VOID = Type(
    "撤销 void",
    "message: void",
    ("menu", "2"),
    CARD | SUPERVISOR | {"原凭证号": press("enter"), "撤销这笔": press("enter")},
    moves=-100,
    needs=SALE,
)
PRE_AUTH = Type("预授权 pre-auth", "message: pre_auth", ("menu", "4", "1"), CARD | {"预授权": keyed("100")}, holds=100)
HELD: Keys = {"原授权码": lambda shop: keyed(last_code(shop))(shop), "日期": keyed("1123")}
COMPLETING: Keys = CARD | HELD | {"0.00": keyed("90")}
COMPLETION = Type(
    "完成请求 completion",
    "message: completion",
    ("menu", "4", "2"),
    COMPLETING,
    moves=90,
    holds=-100,
    needs=PRE_AUTH,
)
PRE_AUTH_VOID = Type(
    "预授权撤销 void of a pre-auth",
    "message: pre_auth_void",
    ("menu", "4", "4"),
    CARD | SUPERVISOR | HELD | {"撤销这笔": press("enter")},
    holds=-100,
    needs=PRE_AUTH,
)
COMPLETION_VOID = Type(
    "完成撤销 void of a completion",
    "message: completion_void",
    ("menu", "4", "5"),
    VOID.keys,
    moves=-90,
    holds=100,
    needs=COMPLETION,
)
OFFLINE = Type(
    "离线结算 offline sale",
    "message: offline_sale",
    ("menu", "5"),
    CARD | {"电话授权码": keyed("654321"), "离线结算": keyed("300")},
    moves=300,
    advice=True,
)
TIP = Type(
    "小费 tip",
    "message: tip",
    ("menu", "8", "2"),
    {
        "原凭证号": lambda shop: keyed(last_voucher(shop))(shop),
        "调整这笔": press("enter"),
        "0.00": keyed("10"),
        "调整后总计": press("enter"),
    },
    moves=10,
    needs=SALE,
    advice=True,
)


def reversal(of: Type) -> Type:
    """What has had no answer is taken back."""
    kind = of.rule.removeprefix("message: ")
    chinese, _, english = of.name.partition(" ")
    return replace(
        of,
        name=f"{chinese}冲正 reversal of a {english}",
        rule=f"message: {'reversal' if of is SALE else f'{kind}_reversal'}",
        given=f"{{do: drop reply, when: {{{of.rule}}}, times: 1}}",
    )


REFUND = Type(
    "退货 refund",
    "message: refund",
    ("menu", "3"),
    CARD
    | SUPERVISOR
    | {"原凭证号": lambda shop: keyed(last_voucher(shop))(shop), "退这笔": press("enter"), "0.00": keyed("40")},
    moves=-40,
    needs=SALE,
    advice=True,
)
COMPLETION_ADVICE = Type(
    "完成通知 completion advice",
    "message: completion_advice",
    ("menu", "4", "3"),
    COMPLETING,
    moves=90,
    holds=-100,
    needs=PRE_AUTH,
    advice=True,
)
SETTLEMENT = Type(
    "结算 settlement",
    "message: settlement",
    ("menu", "7", "5"),
    {"结算 请核对": press("enter")},
    slips=1,
    needs=SALE,
)
CHIP_SALE = Type(
    "芯片消费 sale by chip", "message: sale", ("5", "6", "7", "8", "enter"), chip("up-plain-pin"), moves=56_78
)
OFFLINE_CHIP = Type(
    "脱机消费 sale approved by its chip",
    "message: offline_chip",
    ("1", "2", "3", "4", "enter"),
    chip("up-offline"),
    moves=12_34,
    advice=True,
)
SCRIPT_RESULT = replace(
    CHIP_SALE, name="脚本结果通知 result of a script", rule="message: script_result", order=unblock_pin
)
GROUPS = {
    "sales": (SALE, VOID, REFUND, reversal(SALE), reversal(VOID)),
    "advices": (OFFLINE, TIP, replace(TIP, name="结算调整 adjustment", rule="message: adjustment", needs=OFFLINE)),
    "pre-authorisations": (PRE_AUTH, PRE_AUTH_VOID, COMPLETION, COMPLETION_VOID, COMPLETION_ADVICE),
    "their reversals": tuple(reversal(of) for of in (PRE_AUTH, PRE_AUTH_VOID, COMPLETION, COMPLETION_VOID)),
    "others": (
        Type("签到 sign-in", "message: sign_in", ("menu", "7", "1"), slips=0),
        Type("余额查询 balance", "message: balance", ("menu", "8", "1"), CARD, slips=0),
        Type("回响测试 echo", "message: echo", ("menu", "8", "3"), slips=0),
        SETTLEMENT,
    ),
    "chips": (CHIP_SALE, OFFLINE_CHIP, SCRIPT_RESULT),
}
TYPES = [of for group in GROUPS.values() for of in group]


def last_voucher(shop: Shop) -> str:
    """Of the last sale that the host has seen, with it or without."""
    names = ("消费 sale", "离线结算 offline sale")
    sales = [record for record in shop.trace if record.name in names and record.direction == "in"]
    return next(one.value for one in sales[-1].fields if one.number == 11)


def last_code(shop: Shop) -> str:
    """Of the last authorisation."""
    answers = [record for record in shop.trace if record.mti == "0110" and record.direction == "out"]
    return next(one.value for one in answers[-1].fields if one.number == 38)


def walk(shop: Shop, of: Type) -> None:
    """What people do from one idle screen to the next: they answer what is asked, and confirm what is told."""
    bench = shop.bench
    bench.press(*of.begin)
    for _ in range(PATIENCE_S):
        asked = next((text for text in of.keys if bench.shows(text)), None)
        if asked:
            of.keys[asked](shop)
            bench.run(0.5)  # a card's way through the reader
        elif bench.shows(IDLE) and not bench.shows(UNSENT):
            return
        elif bench.shows(IDLE) or any(bench.shows(text) for text in BUSY):
            bench.run(1)
        elif bench.shows("柜员"):
            shop.log_in()
        else:
            bench.press("enter")
    pytest.fail(f"{of.name} never ends:\n" + "\n".join(bench.screen()))


def prepare(shop: Shop, of: Type) -> None:
    """What there must be before it."""
    if of.needs:
        prepare(shop, of.needs)
        walk(shop, of.needs)


def paid(shop: Shop) -> int:
    """What cardholders have paid until now, by the host."""
    return sum(card.balance - shop.acquirer.bank.balance(card.pan) for card in shop.cards.values())


def held(shop: Shop) -> int:
    """What the host keeps of the card's account for authorisations."""
    record = shop.acquirer.bank.find(shop.cards["plain"].pan)
    assert record
    return shop.acquirer.holds.on(record.account, shop.bench.now())


def some(of: Type) -> list[str]:
    """The faults that are tried: others for each type."""
    if os.environ.get("FAULT_MATRIX") == "all":
        return PLAIN
    return [PLAIN[(TYPES.index(of) * FEW + number) % len(PLAIN)] for number in range(FEW)]


def tried(shop: Shop, of: Type, word: str, matrix: Matrix) -> list[str]:
    """One type of transaction meets one fault: what is wrong afterwards."""
    shop.faults.play(None)
    prepare(shop, of)
    if of.order:
        shop.chips.orders[shop.cards["up-plain-pin"].pan] = [of.order()]
    # A connection does not say what it is for: where another message goes before, it is the one after.
    door = ", after: 1" if of.given or of.order else ""
    when = door if DO[word] is Kind.REFUSED else f", when: {{{of.rule}}}"
    rules = [f"{{do: {word}{when}{HOW.get(DO[word], '')}, times: 1}}", *([of.given] if of.given else [])]
    scenario = read(f"rules: [{', '.join(rules)}]", "matrix.yaml")
    shop.faults.play(scenario)
    before, holding, slips = paid(shop), held(shop), len(shop.bench.parts.printer.slips)
    walk(shop, of)
    printed = len(shop.bench.parts.printer.slips) - slips >= of.slips > 0
    good = printed and not (of.advice and DO[word] is Kind.ANSWER)  # which comes long after the slip
    trouble = shop.acquirer.ledger.check()
    if paid(shop) - before != (of.moves if good else 0):
        trouble.append(f"paid {paid(shop) - before}, good: {good}")
    if held(shop) - holding != (of.holds if good else 0):
        trouble.append(f"held {held(shop) - holding}, good: {good}")
    if not all(rule.struck for rule in scenario.rules):
        trouble.append("the fault never struck")
    matrix.cell(of.name, word, "✗" if trouble else "●" if good else "○")
    shop.bench.run(DOWN_S)
    return [f"{of.name}, {word}: {what}" for what in trouble]


def a_day(shop: Shop, group: str, matrix: Matrix) -> list[str]:
    """All of a group's types, and a settlement."""
    wrong = [trouble for of in GROUPS[group] for word in some(of) for trouble in tried(shop, of, word, matrix)]
    shop.faults.play(None)
    walk(shop, SALE)
    assert "对账平" in settle(shop)
    shop.bench.expect(IDLE)
    return wrong


@pytest.mark.parametrize("group", [group for group in GROUPS if group != "chips"])
def test_every_fault(group: str, tmp_path: Path, matrix: Matrix) -> None:
    with Shop(tmp_path) as shop:
        shop.open()
        shop.bench.expect(IDLE)
        assert a_day(shop, group, matrix) == []


def test_every_fault_of_chips(tmp_path: Path, matrix: Matrix) -> None:
    mint = Mint(Authority(tmp_path / "authority").make(OPENING.date()))
    with lenient_shop(tmp_path, mint) as shop:
        assert a_day(shop, "chips", matrix) == []


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
