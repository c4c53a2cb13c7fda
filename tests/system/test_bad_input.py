"""Bad cards, keys, paper and hosts: each ends in a plain screen and in books that agree on both sides."""

from __future__ import annotations

import pytest

from host_tools.acquirer.cards import tracks
from host_tools.acquirer.faults import Kind
from host_tools.bench.shop import Shop
from tests.system.books import agree, messages, sell


def _present(shop: Shop, fen: int = 10_00) -> None:
    shop.bench.type(str(fen))
    shop.bench.press("enter")
    shop.bench.expect("请刷卡")


def _still_sells(shop: Shop, count: int = 0, amount: int = 0) -> None:
    """The terminal is none the worse: the next sale is good and the books agree."""
    sell(shop, 3_00, "long")
    agree(shop, count + 1, amount + 3_00)


# -- the person at the keypad --


def test_amount_of_zero_is_not_asked_for(shop: Shop) -> None:
    shop.bench.type("0")
    shop.bench.press("enter")
    shop.bench.expect("金额不能为零")
    shop.bench.press("cancel")
    shop.bench.expect("请输入金额")
    assert messages(shop) == ["0800", "0810"]


def test_thirteenth_digit_is_refused(shop: Shop) -> None:
    shop.bench.type("1234567890123")
    shop.bench.expect("1234567890.12")
    shop.bench.press("clear")
    shop.bench.expect("123456789.01")


@pytest.mark.parametrize("key", ["up", "down", "menu", "clear"])
def test_a_key_without_meaning_changes_nothing(shop: Shop, key: str) -> None:
    _present(shop)
    shop.bench.press(key)
    shop.bench.expect("请刷卡", "10.00")


def test_short_pin_is_not_taken(shop: Shop) -> None:
    _present(shop)
    shop.swipe(shop.cards["plain"])
    shop.bench.expect("请输入密码")
    shop.bench.type("123")
    shop.bench.press("enter")
    shop.bench.expect("请输入密码", "***")
    shop.bench.type("456")
    shop.bench.press("enter")
    shop.bench.expect("交易成功")


def test_a_thirteenth_pin_digit_is_not_taken(shop: Shop) -> None:
    _present(shop)
    shop.swipe(shop.cards["plain"])
    shop.bench.expect("请输入密码")
    shop.bench.type("1234567890123")
    shop.bench.expect("*" * 12)
    assert not shop.bench.shows("*" * 13)


def test_wrong_password_does_not_open_the_terminal(shop: Shop) -> None:
    shop.bench.power_off()
    shop.bench.power_on()
    shop.log_in(password="1111")
    shop.bench.expect("柜员号或密码错误")
    shop.bench.press("enter")
    shop.log_in(operator="09")
    shop.bench.expect("柜员号或密码错误")
    shop.bench.press("enter")
    shop.log_in()
    shop.bench.expect("请输入金额")


def _to_amount(shop: Shop) -> None:
    shop.bench.type("1")
    shop.bench.expect("消费", "0.01")


def _to_card(shop: Shop) -> None:
    _present(shop)


def _to_pin(shop: Shop) -> None:
    _present(shop)
    shop.swipe(shop.cards["plain"])
    shop.bench.expect("请输入密码")
    shop.bench.type("12")


def _to_menu(shop: Shop) -> None:
    shop.bench.press("menu")
    shop.bench.expect("功能")


PROMPTS = [_to_amount, _to_card, _to_pin, _to_menu]


@pytest.mark.parametrize("reach", PROMPTS)
def test_cancel_at_each_prompt_leads_back(shop: Shop, reach) -> None:  # type: ignore[no-untyped-def]
    reach(shop)
    shop.bench.press("cancel")
    shop.bench.expect("请输入金额", timeout=1)
    assert messages(shop) == ["0800", "0810"]
    _still_sells(shop)


@pytest.mark.parametrize("reach", PROMPTS)
def test_timeout_at_each_prompt_leads_back(shop: Shop, reach) -> None:  # type: ignore[no-untyped-def]
    reach(shop)
    shop.bench.run(58)
    assert not shop.bench.shows("请输入金额")
    shop.bench.run(3)
    assert shop.bench.shows("请输入金额")
    _still_sells(shop)


# -- the card --


def test_unreadable_swipe(shop: Shop) -> None:
    _present(shop)
    shop.swipe(shop.cards["plain"], bad=(1, 2))
    shop.bench.expect("请重新刷卡")
    shop.bench.press("enter")
    shop.bench.expect("请刷卡")
    shop.swipe(shop.cards["plain"])
    shop.bench.expect("请输入密码")


def test_wrong_lrc(shop: Shop) -> None:
    _present(shop)
    shop.swipe(shop.cards["plain"], corrupt_lrc=True)
    shop.bench.expect("请重新刷卡")


def test_swipe_that_stops_half_way(shop: Shop) -> None:
    _present(shop)
    track1, track2 = tracks(shop.cards["plain"])
    line = shop.bench.parts.swipe_reader._line
    assert line
    line.send(f"{track1}{track2}"[:30].encode())
    shop.bench.expect("请重新刷卡", timeout=5)


def test_expired_card(shop: Shop) -> None:
    _present(shop)
    shop.swipe(shop.cards["expired"])
    shop.bench.expect("卡已过期")
    shop.bench.press("enter", "cancel")
    assert messages(shop) == ["0800", "0810"]
    _still_sells(shop)


@pytest.mark.parametrize("track2", ["1234567890", "6200000000000014=3512120", "0000000000=0000", "=3512"])
def test_not_a_bank_card(shop: Shop, track2: str) -> None:
    _present(shop)
    shop.bench.parts.swipe_reader.swipe(None, track2)
    shop.bench.until(lambda: shop.bench.shows("不是银行卡") or shop.bench.shows("请重新刷卡"), "word about the card")
    shop.bench.press("enter", "cancel")
    _still_sells(shop)


def test_a_swipe_before_the_question_is_no_answer(shop: Shop) -> None:
    shop.swipe(shop.cards["plain"])
    shop.bench.run(1)
    _present(shop)
    shop.bench.run(5)
    assert shop.bench.shows("请刷卡")


def test_lost_card_is_named(shop: Shop) -> None:
    shop.ask_for(10_00, shop.cards["lost"])
    shop.bench.expect("失败 未扣款", "挂失卡")
    shop.bench.press("enter")
    _still_sells(shop)


# -- the printer --


def test_printer_without_paper_keeps_the_sale(shop: Shop) -> None:
    printer = shop.bench.parts.printer
    printer.paper_out()
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("打印机缺纸", "交易已成功")
    printer.load_paper()
    shop.bench.press("enter")
    shop.take_slips()
    assert len(printer.slips) == 2
    assert printer.slips[0].text.count("参考号") == 1
    agree(shop, 1, 10_00)


def test_paper_that_runs_out_in_mid_slip_resumes_on_it(shop: Shop) -> None:
    sell(shop, 10_00)
    whole = shop.bench.parts.printer.slips[0].text
    printer = shop.bench.parts.printer
    printer.load_paper(30)  # mm
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("打印机缺纸")
    printer.load_paper()
    shop.bench.press("enter")
    shop.take_slips()
    resumed = printer.slips[2].text
    assert _labels(resumed) == _labels(whole)
    agree(shop, 2, 20_00)


def _labels(slip: str) -> list[str]:
    """What stands on every slip, row by row, whatever the values are."""
    return [line.partition(":")[0] for line in slip.splitlines()]


def test_slips_given_up_are_reprinted_from_the_menu(shop: Shop) -> None:
    printer = shop.bench.parts.printer
    printer.paper_out()
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("打印机缺纸")
    shop.bench.press("cancel")
    shop.bench.expect("请输入金额")
    printer.load_paper()
    shop.bench.press("menu", "6", "1")
    shop.take_slips()
    assert "RMB 10.00" in printer.slips[-1].text
    agree(shop, 1, 10_00)


# -- the host and the way to it --


def test_host_that_refuses_the_connection(shop: Shop) -> None:
    shop.host_up = False
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("失败 未扣款", "主机连不上")
    shop.host_up = True
    shop.bench.press("enter")
    assert messages(shop) == ["0800", "0810"]
    _still_sells(shop)


def test_network_down(shop: Shop) -> None:
    shop.bench.network(False)
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("失败 未扣款", "网络不通")
    shop.bench.network(True)
    shop.bench.press("enter")
    _still_sells(shop)


# The host has booked the sale, or not; in every case the terminal has no answer that it may believe.
UNBELIEVABLE = [
    Kind.LOST,
    Kind.SILENT,
    Kind.CLOSE,
    Kind.CLOSE_HALF_WAY,
    Kind.GARBAGE,
    Kind.WRONG_MAC,
    Kind.WRONG_STAN,
    Kind.WRONG_AMOUNT,
    Kind.WRONG_TID,
]


@pytest.mark.parametrize("kind", UNBELIEVABLE, ids=lambda kind: kind.name)
def test_unbelievable_answer_is_reversed(shop: Shop, kind: Kind) -> None:
    shop.disturb(kind, "0200")
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("待确认", "请勿重复收款", timeout=40)
    shop.bench.expect("已冲正", "未扣款")
    shop.bench.press("enter")
    assert [mti for mti in messages(shop) if mti in ("0400", "0410")] == ["0400", "0410"]
    assert shop.acquirer.bank.balance(shop.cards["plain"].pan) == shop.cards["plain"].balance
    _still_sells(shop)


@pytest.mark.parametrize("kind", UNBELIEVABLE, ids=lambda kind: kind.name)
def test_reversal_is_sent_until_it_is_answered(shop: Shop, kind: Kind) -> None:
    """The sale and its first reversal both go wrong: nothing new is sold before the reversal is answered."""
    shop.disturb(Kind.SILENT, "0200")
    shop.disturb(kind, "0400")
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("待确认", timeout=40)
    shop.bench.run(45)
    shop.bench.expect("请输入金额")
    sell(shop, 3_00, "long")
    sent = [mti for mti in messages(shop) if mti in ("0200", "0400")]
    assert sent == ["0200", "0400", "0400", "0200"] or (kind is Kind.LOST and sent == ["0200", "0400", "0200"])
    agree(shop, 1, 3_00)


def test_duplicate_answer(shop: Shop) -> None:
    shop.disturb(Kind.DUPLICATE, "0200")
    sell(shop, 10_00)
    _still_sells(shop, 1, 10_00)


def test_late_answer_within_the_time(shop: Shop) -> None:
    shop.disturb(Kind.LATE, "0200", ms=25_000)
    sell(shop, 10_00)
    agree(shop, 1, 10_00)


def test_answer_that_comes_too_late_is_not_taken(shop: Shop) -> None:
    shop.disturb(Kind.LATE, "0200", ms=31_000)
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("待确认", timeout=40)
    shop.bench.expect("已冲正", "未扣款")
    shop.bench.press("enter")
    _still_sells(shop)


@pytest.mark.parametrize(("code", "words"), [("96", "系统异常"), ("91", "发卡行不能操作"), ("A7", "交易被拒绝")])
def test_declines_are_in_plain_words(shop: Shop, code: str, words: str) -> None:
    shop.disturb(Kind.ANSWER, "0200", code=code)
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("失败 未扣款", words, code)
    shop.bench.press("enter")
    _still_sells(shop)


@pytest.mark.parametrize("kind", [Kind.SILENT, Kind.GARBAGE, Kind.CLOSE, Kind.CLOSE_HALF_WAY], ids=lambda k: k.name)
def test_sign_in_that_fails_can_be_repeated(shop: Shop, kind: Kind) -> None:
    shop.disturb(kind, "0800")
    shop.bench.press("menu", "7", "1")
    shop.bench.until(lambda: shop.bench.shows("主机"), "word about the host", 40)
    shop.bench.press("enter")
    shop.bench.expect("请输入金额")
    shop.bench.press("menu", "7", "1")
    shop.bench.expect("签到成功")
    shop.bench.expect("请输入金额")
    _still_sells(shop)
