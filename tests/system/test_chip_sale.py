"""A sale by the chip, end to end: the card's keys, the kernel, the message, the issuer, the paper, the books."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from host_tools.acquirer.chips import results
from host_tools.acquirer.faults import Kind
from host_tools.bench.parts.chip_slot_card import ChipCard
from host_tools.bench.shop import OPENING, Shop
from host_tools.cards.cryptograms import MasterKeys
from host_tools.cards.issuer import unblock_pin
from host_tools.cards.minting import Mint
from host_tools.cards.plastic import Chip
from host_tools.keys.authority import Authority
from tests.system.books import agree, ask_to_void, messages, sell, sent
from tests.system.software import software

FEN = 12_34
FALLBACK = "2200000100052"  # F60


@pytest.fixture(scope="module")
def mint(tmp_path_factory: pytest.TempPathFactory) -> Mint:
    return Mint(Authority(tmp_path_factory.mktemp("authority")).make(OPENING.date()))


@pytest.fixture
def shop(tmp_path: Path, mint: Mint) -> Iterator[Shop]:
    with Shop(tmp_path, mint=mint) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        yield shop


def ask(shop: Shop, card: str, fen: int = FEN) -> None:
    """Key an amount and put the card in."""
    bench = shop.bench
    bench.type(str(fen))
    bench.press("enter")
    bench.expect("请刷卡")
    shop.insert(card)


def key_pin(shop: Shop, pin: str = "123456") -> None:
    shop.bench.expect("请输入密码")
    shop.bench.type(pin)
    shop.bench.press("enter")


def take_card(shop: Shop) -> None:
    shop.bench.expect("请拔卡")
    shop.bench.parts.chip_slot.pull()


def finish(shop: Shop) -> None:
    shop.bench.expect("交易成功", "12.34")
    take_card(shop)
    shop.take_slips()


def tags(shop: Shop, mti: str) -> dict[str, str]:
    """F55 of the newest such message that reached the host."""
    return dict(part.split("=") for part in sent(shop, mti)[-1][55].split())


def nothing_was_sold(shop: Shop, card: str) -> None:
    agree(shop, 0, 0)
    assert shop.acquirer.bank.balance(shop.cards[card].pan) == shop.cards[card].balance


@pytest.mark.parametrize("slot", [False, True], ids=["from files", "from a slot"])
def test_keys_of_1984_bits_need_no_more_than_256_kb_of_heap(tmp_path: Path, mint: Mint, slot: bool) -> None:
    # 32 KB are for the virtual board, and two for its chip, which has what is in flash run.
    with Shop(tmp_path, mint=mint, heap="290k" if slot else "288k", software=software() if slot else b"") as shop:
        shop.open()
        for _ in range(3):
            shop.bench.expect("请输入金额")
            ask(shop, "up-heavy")
            key_pin(shop)
            finish(shop)


def test_a_sale_by_the_chip(shop: Shop) -> None:
    ask(shop, "up-debit")
    key_pin(shop)
    finish(shop)
    request, asked = sent(shop, "0200")[0], tags(shop, "0200")
    assert (request[22], request[23], request[60]) == ("051", "000", "2200000100050")
    assert (asked["9F02"], asked["9F27"], asked["9F34"]) == ("000000001234", "80", "420300")
    slip = shop.bench.parts.printer.slips[0].text
    assert "620999******0016 /I" in slip
    for row in (f"ARQC: {asked['9F26']}", "AID: A000000333010101", "ATC: 0001 CSN: 000", "APPLAB: UnionPay Debit"):
        assert row in slip
    assert f"TVR: {asked['95']} TSI: F800" in slip
    agree(shop, 1, FEN)


WAYS = {
    "up-credit": "signature",
    "up-quasi": "online PIN",
    "up-heavy-dda": "online PIN",
    "up-plain-pin": "offline PIN",
    "up-enciphered-pin": "offline PIN",
    "up-no-cvm": "none",
    "visa-10": "online PIN",
    "mc-16": "online PIN",
}


def test_every_way_to_prove_card_and_person(shop: Shop) -> None:
    """SDA, DDA, CDA with the longest keys; other schemes; an offline PIN goes into no message. One after the other, in
    the memory that there is."""
    for card, cvm in WAYS.items():
        ask(shop, card)
        if "PIN" in cvm:
            key_pin(shop)
        finish(shop)
        request = sent(shop, "0200")[-1]
        assert request[22] == ("051" if cvm == "online PIN" else "052"), card
        assert (52 in request) == (cvm == "online PIN"), card
    agree(shop, len(WAYS), len(WAYS) * FEN)


def test_a_wrong_offline_pin_is_asked_for_again(shop: Shop) -> None:
    ask(shop, "up-plain-pin")
    key_pin(shop, "000000")
    shop.bench.expect("密码错")
    shop.bench.press("enter")
    key_pin(shop)
    finish(shop)
    agree(shop, 1, FEN)


def test_a_wrong_online_pin_is_the_issuers_to_refuse(shop: Shop) -> None:
    """Its scripts for the card are run and reported all the same."""
    shop.chips.orders[shop.cards["up-online-pin"].pan].append(unblock_pin())
    ask(shop, "up-online-pin")
    key_pin(shop, "000000")
    shop.bench.expect("失败 未扣款", "[55]")
    shop.bench.press("enter")
    take_card(shop)
    shop.bench.expect("请输入金额")
    shop.bench.until(lambda: "0630" in messages(shop), "report of the script", 60)
    assert tags(shop, "0620")["DF31"] == "2000000001"
    nothing_was_sold(shop, "up-online-pin")


def test_two_applications_to_choose_from(shop: Shop) -> None:
    ask(shop, "two")
    shop.bench.expect("请选择应用", "UnionPay Debit")
    shop.bench.press("2")
    key_pin(shop)
    finish(shop)
    assert tags(shop, "0200")["84"] == "A000000333010102"
    agree(shop, 1, FEN)


def test_a_card_that_declines_everything(shop: Shop) -> None:
    ask(shop, "up-declines")
    key_pin(shop)
    shop.bench.expect("失败 未扣款", "卡片拒绝交易")
    shop.bench.press("enter")
    take_card(shop)
    shop.bench.expect("请输入金额")
    assert "0200" not in messages(shop)
    nothing_was_sold(shop, "up-declines")


def test_an_answer_that_is_not_the_issuers_is_reversed(shop: Shop) -> None:
    """The host has approved; the card finds the ARPC wrong and declines. What became of a script is in the reversal."""
    shop.chips.spoil = True
    shop.chips.orders[shop.cards["up-strict"].pan].append(unblock_pin())
    ask(shop, "up-strict")
    key_pin(shop)
    shop.bench.expect("失败 未扣款", "已冲正")
    shop.bench.press("enter")
    take_card(shop)
    shop.bench.expect("请输入金额")
    assert messages(shop)[-4:] == ["0200", "0210", "0400", "0410"]
    reversal, told = sent(shop, "0400")[0], tags(shop, "0400")
    assert (reversal[22], reversal[23], reversal[39], reversal[60]) == ("051", "000", "06", "2200000100050")
    assert set(told) == {"95", "9F1E", "9F10", "9F36", "DF31"}
    assert int(told["95"][8:], 16) & 0x40  # issuer authentication failed
    nothing_was_sold(shop, "up-strict")


def test_a_script_is_run(shop: Shop) -> None:
    ask(shop, "up-plain-pin")
    shop.chips.orders[shop.cards["up-plain-pin"].pan].append(unblock_pin())
    key_pin(shop)
    finish(shop)
    assert "TSI: FC00" in shop.bench.parts.printer.slips[0].text
    sale = sent(shop, "0200")[0]
    shop.bench.until(lambda: "0630" in messages(shop), "report of the script", 60)
    (report,) = sent(shop, "0620")
    assert report.keys() == {2, 3, 11, 14, 22, 23, 25, 41, 42, 49, 55, 60, 61, 64, 37}
    assert (report[60], report[61]) == ("00000001951", "000001" + sale[11])
    told = tags(shop, "0620")
    assert (told["DF31"], told["9F36"], set(told)) == (
        "2000000001",
        "0001",
        {"95", "9F10", "9F26", "9F36", "82", "DF31", "9F1A", "9A"},
    )
    ((original, kept),) = shop.acquirer.register.script_reports(shop.terminal.tid).items()
    assert (original.stan, results(kept).hex()) == (sale[11], "2000000001")
    agree(shop, 1, FEN)


def test_a_card_with_another_key_is_declined(shop: Shop, mint: Mint) -> None:
    """All that the terminal can check is right; its cryptogram is not what the issuer's key makes."""
    other = MasterKeys(bytes(range(16)), bytes(16), bytes(16))
    forger = Mint(mint.ca_keys, replace(mint.population, issuers=dict.fromkeys(mint.population.issuers, other)))
    shop.bench.type(str(FEN))
    shop.bench.press("enter")
    shop.bench.expect("请刷卡")
    shop.bench.parts.chip_slot.insert(Chip(forger.card("up-debit")))
    key_pin(shop)
    shop.bench.expect("失败 未扣款", "[05]")
    shop.bench.press("enter")
    take_card(shop)
    shop.bench.expect("请输入金额")
    nothing_was_sold(shop, "up-debit")


def test_a_host_that_is_down(shop: Shop) -> None:
    shop.host_up = False
    ask(shop, "up-debit")
    key_pin(shop)
    shop.bench.expect("失败 未扣款", "主机连不上")
    shop.bench.press("enter")
    take_card(shop)
    shop.host_up = True
    shop.bench.expect("请输入金额")
    nothing_was_sold(shop, "up-debit")


def test_a_host_that_is_silent(shop: Shop) -> None:
    shop.disturb(Kind.SILENT, "0200")
    ask(shop, "up-debit")
    key_pin(shop)
    shop.bench.expect("失败 未扣款", "已冲正")
    shop.bench.press("enter")
    take_card(shop)
    shop.bench.expect("请输入金额")
    assert sent(shop, "0400")[0][39] == "98"
    assert tags(shop, "0400")["9F36"] == "0001"
    nothing_was_sold(shop, "up-debit")


def test_a_power_cut_while_the_host_is_asked(shop: Shop) -> None:
    shop.disturb(Kind.SILENT, "0200")
    ask(shop, "up-debit")
    key_pin(shop)
    shop.bench.until(lambda: "0200" in messages(shop), "request")
    shop.bench.power_off()
    shop.bench.parts.chip_slot.pull()
    shop.bench.power_on()
    shop.bench.expect("已冲正")
    assert tags(shop, "0400")["9F36"] == "0001"
    shop.log_in()
    shop.bench.expect("请输入金额")
    nothing_was_sold(shop, "up-debit")


@pytest.mark.parametrize("moment", ["正在读卡", "请输入密码"])
def test_a_card_that_is_pulled_before_the_host_is_asked(shop: Shop, moment: str) -> None:
    """Nothing is recorded, and it may be put in again."""
    ask(shop, "up-debit")
    shop.bench.expect(moment)
    shop.bench.run(0.3)
    shop.bench.parts.chip_slot.pull()
    shop.bench.expect("卡已拔出")
    shop.bench.press("enter")
    shop.bench.expect("请刷卡")
    shop.insert("up-debit")
    key_pin(shop)
    finish(shop)
    assert messages(shop).count("0200") == 1 and "0400" not in messages(shop)
    agree(shop, 1, FEN)


def test_a_card_that_is_pulled_while_the_host_is_asked(shop: Shop) -> None:
    shop.disturb(Kind.LATE, "0200", ms=5_000)
    ask(shop, "up-debit")
    key_pin(shop)
    shop.bench.until(lambda: "0200" in messages(shop), "request")
    shop.bench.parts.chip_slot.pull()
    shop.bench.expect("失败 未扣款", "已冲正")
    shop.bench.press("enter")
    shop.bench.expect("请输入金额")
    assert sent(shop, "0400")[0][39] == "06"
    nothing_was_sold(shop, "up-debit")


def test_a_chip_card_that_is_swiped_is_asked_to_be_put_in(shop: Shop) -> None:
    bench = shop.bench
    bench.type(str(FEN))
    bench.press("enter")
    bench.expect("请刷卡")
    shop.swipe(shop.cards["up-debit"])
    bench.expect("芯片卡请插卡")
    shop.insert("up-debit")
    key_pin(shop)
    finish(shop)
    agree(shop, 1, FEN)


def test_the_stripe_serves_where_the_chip_is_dead(shop: Shop) -> None:
    bench = shop.bench
    bench.type(str(FEN))
    bench.press("enter")
    bench.expect("请刷卡")
    shop.insert("up-debit", wrong_way=True)
    bench.expect("读不到芯片")
    bench.press("enter")
    take_card(shop)
    bench.expect("请刷卡")
    shop.swipe(shop.cards["up-debit"])
    key_pin(shop)
    bench.expect("交易成功")
    shop.take_slips()
    request = sent(shop, "0200")[0]
    assert (request[22], request[60], 55 in request) == ("021", FALLBACK, False)
    agree(shop, 1, FEN)


def test_a_swiped_void_of_a_sale_by_the_chip(shop: Shop) -> None:
    ask(shop, "up-debit")
    key_pin(shop)
    finish(shop)
    ask_to_void(shop, "up-debit")
    shop.bench.expect("交易成功")
    shop.take_slips()
    assert shop.acquirer.bank.balance(shop.cards["up-debit"].pan) == shop.cards["up-debit"].balance
    assert shop.acquirer.ledger.check() == []


def test_a_chip_without_an_application_of_ours_opens_the_stripe(shop: Shop) -> None:
    bench = shop.bench
    bench.type(str(FEN))
    bench.press("enter")
    bench.expect("请刷卡")
    bench.parts.chip_slot.insert(ChipCard(lambda _: b"\x6a\x82"))
    bench.expect("没有可用应用")
    bench.press("enter")
    take_card(shop)
    bench.expect("请刷卡")
    shop.swipe(shop.cards["up-debit"])
    key_pin(shop)
    bench.expect("交易成功")
    shop.take_slips()
    assert sent(shop, "0200")[0][60] == FALLBACK
    agree(shop, 1, FEN)


def test_a_blocked_card_does_not_open_the_stripe(shop: Shop) -> None:
    ask(shop, "up-card-blocked")
    shop.bench.expect("失败 未扣款", "卡已锁定")
    shop.bench.press("enter")
    take_card(shop)
    shop.bench.expect("请输入金额")
    nothing_was_sold(shop, "up-card-blocked")


def test_a_card_that_stays_in_the_slot_is_asked_for(shop: Shop) -> None:
    """The next customer must not pay with it."""
    ask(shop, "up-debit")
    key_pin(shop)
    shop.bench.expect("交易成功", "请拔卡")
    shop.bench.run(120)
    shop.bench.press("1", "enter")
    assert shop.bench.shows("请拔卡")
    take_card(shop)
    shop.take_slips()
    agree(shop, 1, FEN)


def test_sales_by_chip_and_by_stripe_follow_each_other(shop: Shop) -> None:
    for _ in range(2):
        ask(shop, "up-debit")
        key_pin(shop)
        finish(shop)
        sell(shop, FEN)
    agree(shop, 4, 4 * FEN)
