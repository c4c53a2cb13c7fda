"""Every type of message that a terminal sends, as what people do for it, and what must have come of it.

`walk` plays them from one idle screen to the next, whatever the host does. Used where every type meets something: each
fault (test_fault_matrix.py), another reader of the messages (tests/vectors/mint_iso8583_day.py).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from host_tools.acquirer.chip_tables import ChipTables
from host_tools.acquirer.downloads import Downloads
from host_tools.bench.shop import TERMINAL, Shop
from host_tools.cards.issuer import unblock_pin
from host_tools.flash.emv_tables import build
from tests.system.books import sent
from tests.system.test_downloads import files, items

IDLE = "请输入金额"
UNSENT = "未上送"
BUSY = ("正在", "请稍候")
PATIENCE_S = 1800

Keys = dict[str, Callable[[Shop], None]]


def press(*keys: str) -> Callable[[Shop], None]:
    return lambda shop: shop.bench.press(*keys)


def keyed(digits: str) -> Callable[[Shop], None]:
    return press(*digits, "enter")


def _as_it_is(_: Shop) -> None: ...


def _nothing_more(_: Shop, good: bool) -> list[str]:
    return []


@dataclass(frozen=True)
class Type:
    """`begin` is pressed at the idle screen, `keys` what is answered to which text; `needs` is done before, unharmed.

    `rule` is what the message is, in the words of a scenario, and so many `calls` go before the one with it; `moves`
    fen go to the merchant if it is good, the host `holds` more, `slips` are printed, and `says` stands on the screen
    where none are. `given` is another rule that makes the type what it is, `before` what is done to the bank just
    before. `after` says what is wrong when all is over, of what was good or not.
    """

    name: str
    rule: str
    begin: tuple[str, ...]
    keys: Keys = field(default_factory=dict)
    moves: int = 0
    holds: int = 0
    slips: int = 2
    says: str = ""
    calls: int = 0
    needs: Type | None = None
    given: str = ""
    before: Callable[[Shop], None] = _as_it_is
    after: Callable[[Shop, bool], list[str]] = _nothing_more
    advice: bool = False


def walk(shop: Shop, of: Type) -> bool:
    """What people do from one idle screen to the next: they answer what is asked, and confirm what is told.

    Whether it was good, by what people have in their hands or were told. Fails where it never ends.
    """
    bench = shop.bench
    slips, said = len(bench.parts.printer.slips), False
    bench.press(*of.begin)
    for _ in range(PATIENCE_S):
        said = said or (of.says != "" and bench.shows(of.says))
        asked = next((text for text in of.keys if bench.shows(text)), None)
        if asked:
            of.keys[asked](shop)
            bench.run(0.5)  # a card's way through the reader
        elif bench.shows(IDLE) and not bench.shows(UNSENT):
            return said or len(bench.parts.printer.slips) - slips >= of.slips > 0
        elif bench.shows(IDLE) or any(bench.shows(text) for text in BUSY):
            bench.run(1)
        elif bench.shows("柜员"):
            shop.log_in()
        else:
            bench.press("enter")
    raise AssertionError(f"{of.name} never ends:\n" + "\n".join(bench.screen()))


def prepare(shop: Shop, of: Type) -> None:
    """What there must be before it, in a batch that is open; paper too."""
    shop.bench.parts.printer.load_paper()
    if of.needs:
        prepare(shop, of.needs)
        assert walk(shop, of.needs) or walk(shop, of.needs)  # the first may be what brings on a sign-in


def last_voucher(shop: Shop) -> str:
    """Of the last sale that the host has seen, with it or without."""
    names = ("消费 sale", "离线结算 offline sale")
    sales = [record for record in shop.trace if record.name in names and record.direction == "in"]
    return next(one.value for one in sales[-1].fields if one.number == 11)


def last_code(shop: Shop) -> str:
    """Of the last authorisation."""
    answers = [record for record in shop.trace if record.mti == "0110" and record.direction == "out"]
    return next(one.value for one in answers[-1].fields if one.number == 38)


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
SALE = Type("消费 sale", "message: sale", ("1", "0", "0", "enter"), CARD, moves=100)
VOID = Type(
    "撤销 void",
    "message: void",
    ("menu", "2"),
    CARD | SUPERVISOR | {"原凭证号": press("enter"), "撤销这笔": press("enter")},
    moves=-100,
    needs=SALE,
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
ORDER = Type(
    "邮购电话订购 order by mail",
    "message: moto",
    ("menu", "8", "5"),
    {
        "0.00": keyed("100"),
        "卡号": lambda shop: keyed(shop.cards["plain"].pan)(shop),
        "有效期": lambda shop: keyed(shop.cards["plain"].expiry[2:] + shop.cards["plain"].expiry[:2])(shop),
    },
    moves=100,
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
COMPLETION_ADVICE = replace(
    COMPLETION,
    name="完成通知 completion advice",
    rule="message: completion_advice",
    begin=("menu", "4", "3"),
    advice=True,
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
ADJUSTMENT = replace(TIP, name="结算调整 adjustment", rule="message: adjustment", needs=OFFLINE)


def reversal(of: Type) -> Type:
    """What has had no answer is taken back."""
    kind = of.rule.removeprefix("message: ")
    chinese, _, english = of.name.partition(" ")
    return replace(
        of,
        name=f"{chinese}冲正 reversal of a {english}",
        rule=f"message: {'reversal' if of is SALE else f'{kind}_reversal'}",
        given=f"{{do: drop reply, when: {{{of.rule}}}, times: 1}}",
        calls=1,
    )


# -- the day: sessions, questions, the end of a batch --


def host(name: str, rule: str, *digits: str, says: str, keys: Keys | None = None) -> Type:
    """What moves no money and prints nothing, by its digits in the menu."""
    return Type(name, rule, ("menu", *digits), keys or {}, slips=0, says=says)


SIGN_IN = host("签到 sign-in", "message: sign_in", "7", "1", says="签到成功")
SIGN_OFF = host("签退 sign-off", "message: sign_off", "7", "2", says="签退成功")
BALANCE = host("余额查询 balance", "message: balance", "8", "1", says="顾客看", keys=CARD)
ECHO = host("回响测试 echo", "message: echo", "9", "1", says="主机应答正常")
STATUS = host("状态上送 status report", "network: 362", "9", "3", says="主机应答正常")
SETTLEMENT = Type(
    "结算 settlement",
    "message: settlement",
    ("menu", "7", "5"),
    {"结算 请核对": press("enter")},
    slips=1,
    needs=SALE,
)


class _Disagreement:
    """The host takes the last sale for a foreign card's; what it has been told of that batch in the end."""

    _batch = _stan = ""

    def begin(self, shop: Shop) -> None:
        self._batch, self._stan = sent(shop, "0200")[-1][60][2:8], last_voucher(shop)
        with shop.acquirer._store.transaction():
            shop.acquirer._store.db.execute(
                f"UPDATE txn SET organisation = 'VIS' WHERE batch = '{self._batch}' AND stan = '{self._stan}'"
            )

    def found(self, shop: Shop, good: bool) -> list[str]:
        """What was begun is finished by what comes next; what never was begins now."""
        walk(shop, SALE)
        if not any(fields.get(60, "")[2:8] == self._batch for fields in sent(shop, "0500")):
            walk(shop, SETTLEMENT)
        found = shop.acquirer.settlement.differences(TERMINAL, self._batch)
        return [] if found == [f"{self._stan}: domestic to one, foreign to the other"] else [f"differences: {found}"]


_disagreement = _Disagreement()
MISMATCH = replace(
    SETTLEMENT,
    name="对账不平 settlement that differs",
    before=_disagreement.begin,
    after=_disagreement.found,
)
UPLOAD = replace(MISMATCH, name="批上送 batch upload", rule="message: 0320, network: 201", calls=1)
UPLOAD_END = replace(UPLOAD, name="批上送结束 end of a batch upload", rule="message: 0320, network: 202")

# -- chips --

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


def _unblock(shop: Shop) -> None:
    """The issuer wants something done."""
    shop.chips.orders[shop.cards["up-plain-pin"].pan] = [unblock_pin()]


SCRIPT_RESULT = replace(
    CHIP_SALE, name="脚本结果通知 result of a script", rule="message: script_result", before=_unblock, calls=1
)


class _Tables:
    """Of an acquirer that has others than the terminal: now one of each, now two."""

    _before: list[bytes]

    def renew(self, shop: Shop) -> None:
        self._before = self._of(shop)
        self._new = self._few(shop, 1)
        if self._before == items(build(self._new)):
            self._new = self._few(shop, 2)
        shop.acquirer.downloads = Downloads(self._new)

    def in_force(self, shop: Shop, good: bool) -> list[str]:
        wanted = items(build(self._new)) if good else self._before
        return [] if self._of(shop) == wanted else [f"the {'old' if good else 'new'} tables are in force, or some"]

    def _few(self, shop: Shop, count: int) -> ChipTables:
        assert shop.tables
        return replace(shop.tables, keys=shop.tables.keys[:count], applications=shop.tables.applications[:count])

    def _of(self, shop: Shop) -> list[bytes]:
        return items(files(shop)["emv.bin"])


def _download(name: str, network: str) -> Type:
    tables = _Tables()
    fetched = host(name, f"network: {network}", "9", "2", says="下载完成")
    return replace(fetched, before=tables.renew, after=tables.in_force)


GROUPS = {
    "sales": (SALE, VOID, REFUND, ORDER, reversal(SALE), reversal(VOID), reversal(ORDER)),
    "advices": (OFFLINE, TIP, ADJUSTMENT),
    "pre-authorisations": (PRE_AUTH, PRE_AUTH_VOID, COMPLETION, COMPLETION_VOID, COMPLETION_ADVICE),
    "their reversals": tuple(reversal(of) for of in (PRE_AUTH, PRE_AUTH_VOID, COMPLETION, COMPLETION_VOID)),
    "others": (SIGN_IN, SIGN_OFF, BALANCE, ECHO, STATUS, SETTLEMENT, MISMATCH, UPLOAD, UPLOAD_END),
    "chips": (CHIP_SALE, OFFLINE_CHIP, SCRIPT_RESULT),
    "downloads": (
        _download("公钥查询 list of keys", "372"),
        _download("公钥下载 key", "370"),
        _download("公钥下载结束 end of keys", "371"),
        _download("参数查询 list of applications", "382"),
        _download("参数下载 application", "380"),
        _download("参数下载结束 end of applications", "381"),
        _download("黑名单下载 what is not taken", "390"),
        _download("黑名单下载结束 end of what is not taken", "391"),
    ),
}
TYPES = [of for group in GROUPS.values() for of in group]
OF_CHIPS = ("chips", "downloads")
