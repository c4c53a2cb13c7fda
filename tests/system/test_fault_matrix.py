"""Every fault of the host's meets every type of transaction: people are told the truth, and both sides' books agree.

Whether a transaction is good is what the terminal has printed of it; the host's books must say the same, and so must
what cardholders have. The day of each type ends in a settlement that is balanced. The faults come out of a scenario,
one rule each. A few of them are tried for each type, each fault with some type; FAULT_MATRIX=all tries all with all.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from host_tools.acquirer.faults import Kind
from host_tools.acquirer.scenario_file import DO, read
from host_tools.bench.shop import Shop
from tests.plugins.matrix import Matrix
from tests.system.books import settle

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
SUPERVISOR: Keys = {"主管密码": keyed("123456")}


@dataclass(frozen=True)
class Type:
    """`begin` is pressed at the idle screen, `keys` what is answered to which text; `needs` is done before, unharmed.

    `rule` is what the faulty message is, in the words of a scenario; `moves` fen go to the merchant if it is good, and
    `slips` are printed. `given` is another rule that makes the type what it is.
    """

    name: str
    rule: str
    begin: tuple[str, ...]
    keys: Keys = field(default_factory=dict)
    moves: int = 0
    slips: int = 2
    needs: Type | None = None
    given: str = ""
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
PRE_AUTH = Type("预授权 pre-auth", "message: pre_auth", ("menu", "4", "1"), CARD | {"预授权": keyed("100")})
HELD: Keys = {"原授权码": lambda shop: keyed(last_code(shop))(shop), "日期": keyed("1123")}
COMPLETING: Keys = CARD | HELD | {"0.00": keyed("90")}
COMPLETION = Type(
    "完成请求 completion", "message: completion", ("menu", "4", "2"), COMPLETING, moves=90, needs=PRE_AUTH
)
PRE_AUTH_VOID = Type(
    "预授权撤销 void of a pre-auth",
    "message: pre_auth_void",
    ("menu", "4", "4"),
    CARD | SUPERVISOR | HELD | {"撤销这笔": press("enter")},
    needs=PRE_AUTH,
)
COMPLETION_VOID = Type(
    "完成撤销 void of a completion",
    "message: completion_void",
    ("menu", "4", "5"),
    VOID.keys,
    moves=-90,
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


TYPES = [
    Type("签到 sign-in", "message: sign_in", ("menu", "7", "1"), slips=0),
    SALE,
    VOID,
    Type(
        "退货 refund",
        "message: refund",
        ("menu", "3"),
        CARD
        | SUPERVISOR
        | {"原凭证号": lambda shop: keyed(last_voucher(shop))(shop), "退这笔": press("enter"), "0.00": keyed("40")},
        moves=-40,
        needs=SALE,
        advice=True,
    ),
    OFFLINE,
    TIP,
    replace(TIP, name="结算调整 adjustment", rule="message: adjustment", needs=OFFLINE),
    PRE_AUTH,
    PRE_AUTH_VOID,
    COMPLETION,
    COMPLETION_VOID,
    Type(
        "完成通知 completion advice",
        "message: completion_advice",
        ("menu", "4", "3"),
        COMPLETING,
        moves=90,
        needs=PRE_AUTH,
        advice=True,
    ),
    *(reversal(of) for of in (SALE, VOID, PRE_AUTH, PRE_AUTH_VOID, COMPLETION, COMPLETION_VOID)),
    Type("余额查询 balance", "message: balance", ("menu", "8", "1"), CARD, slips=0),
    Type("回响测试 echo", "message: echo", ("menu", "8", "3"), slips=0),
    Type(
        "结算 settlement",
        "message: settlement",
        ("menu", "7", "5"),
        {"结算 请核对": press("enter")},
        slips=1,
        needs=SALE,
    ),
]


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


def some(of: Type) -> list[str]:
    """The faults that are tried: others for each type."""
    if os.environ.get("FAULT_MATRIX") == "all":
        return PLAIN
    return [PLAIN[(TYPES.index(of) * FEW + number) % len(PLAIN)] for number in range(FEW)]


@pytest.mark.parametrize("of", TYPES, ids=lambda of: of.rule.removeprefix("message: "))
def test_every_fault(of: Type, tmp_path: Path, matrix: Matrix) -> None:
    wrong: list[str] = []
    with Shop(tmp_path) as shop:
        shop.open()
        shop.bench.expect(IDLE)
        for word in some(of):
            shop.faults.play(None)
            prepare(shop, of)
            # A connection does not say what it is for: where another transaction goes before, it is the one after.
            door = ", after: 1" if of.given else ""
            when = door if DO[word] is Kind.REFUSED else f", when: {{{of.rule}}}"
            rules = [f"{{do: {word}{when}{HOW.get(DO[word], '')}, times: 1}}", *([of.given] if of.given else [])]
            shop.faults.play(read(f"rules: [{', '.join(rules)}]", "matrix.yaml"))
            before, slips = paid(shop), len(shop.bench.parts.printer.slips)
            walk(shop, of)
            printed = len(shop.bench.parts.printer.slips) - slips >= of.slips > 0
            good = printed and not (of.advice and DO[word] is Kind.ANSWER)  # which comes long after the slip
            trouble = shop.acquirer.ledger.check()
            if paid(shop) - before != (of.moves if good else 0):
                trouble.append(f"paid {paid(shop) - before}, good: {good}")
            struck = all(rule.struck for rule in shop.faults.scenario.rules) if shop.faults.scenario else False
            if not struck:
                trouble.append("the fault never struck")
            matrix.cell(of.name, word, "✗" if trouble else "●" if good else "○")
            shop.bench.run(DOWN_S)
            wrong += [f"{word}: {what}" for what in trouble]
        shop.faults.play(None)
        walk(shop, SALE)
        assert "对账平" in settle(shop)
        shop.bench.expect(IDLE)
    assert wrong == []


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
