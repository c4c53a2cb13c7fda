"""扫码消费 (被扫): a customer's code is scanned or keyed in, waited for, asked about, taken back."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest
import zxingcpp

from host_tools.acquirer.faults import Kind
from host_tools.acquirer.wallets import EXPIRY
from host_tools.bench.process import BOARD
from host_tools.bench.shop import OPENING, Shop
from host_tools.cards.minting import Mint
from host_tools.keys.authority import Authority
from tests.system.books import audited, authorise, sent, settle, settled_sums


@pytest.fixture(scope="module")
def mint(tmp_path_factory: pytest.TempPathFactory) -> Mint:
    return Mint(Authority(tmp_path_factory.mktemp("authority")).make(OPENING.date()))


CODES = (f"13000000000000{number:04}" for number in range(1, 1000))


def show(shop: Shop, *, asks: bool = False, balance: int = 1000_00) -> tuple[str, int]:
    """A code of a new wallet's, and the wallet's account."""
    code = next(CODES)
    account = shop.acquirer.wallets.open(code, balance)
    shop.acquirer.wallets.show(account, code, asks=asks)
    return code, account


def ask(shop: Shop, fen: int, code: str) -> None:
    """A sale, up to the code's last digit."""
    bench = shop.bench
    bench.press("menu", "8", "3")
    bench.expect("扫码消费")
    bench.type(str(fen))
    bench.press("enter")
    bench.expect("付款码")
    bench.type(code)
    bench.press("enter")


def ended(shop: Shop, *words: str) -> None:
    shop.bench.expect(*words, timeout=120)
    shop.bench.press("enter")
    shop.bench.expect("请输入金额")


def paid(shop: Shop, amount: str) -> None:
    shop.bench.expect("交易成功", amount, timeout=120)
    shop.take_slips()
    shop.bench.expect("请输入金额")


def void(shop: Shop, amount: str) -> None:
    """The last sale by a code."""
    shop.bench.press("menu", "8", "4")
    authorise(shop)
    shop.bench.expect("原凭证号")
    shop.bench.press("enter")
    shop.bench.expect("撤销这笔", amount)
    shop.bench.press("enter")
    paid(shop, amount)


def look(shop: Shop, voucher: str, *words: str) -> None:
    """What terminal and host have to say of a sale by a code."""
    bench = shop.bench
    bench.press("menu", "8", "8")
    bench.expect("扫码查询", "原凭证号")
    bench.type(voucher)
    bench.press("enter")
    bench.expect("扫码查询", *words)
    bench.press("enter")
    bench.expect("请输入金额")


def ask_for_refund(shop: Shop, voucher: str) -> None:
    shop.bench.press("menu", "8", "7")
    authorise(shop)
    shop.bench.expect("原凭证号")
    shop.bench.type(voucher)
    shop.bench.press("enter")


def test_a_code_pays_once(shop: Shop) -> None:
    bench, host = shop.bench, shop.acquirer
    code, account = show(shop)
    ask(shop, 12_34, code)
    paid(shop, "12.34")
    assert host.ledger.balance(account) == 987_66
    assert f"{code[:6]}********{code[-4:]} /Q" in bench.parts.printer.slips[-1].text
    (asked,) = sent(shop, "0200")
    assert asked.keys() == {2, 3, 4, 11, 14, 22, 25, 41, 42, 49, 59, 60, 64}
    assert (asked[3], asked[14], asked[22], asked[60][:2]) == ("000000", EXPIRY, "032", "22")
    look(shop, asked[11], "12.34 成功", "主机: 已付款")
    (_, query) = sent(shop, "0200")
    assert (query[3], query[61], 59 in query) == ("330000", "000001" + asked[11], True)
    look(shop, "999999", "没有这笔消费")
    shop.trace.clear()
    ask(shop, 1_00, code)
    ended(shop, "失败", "[05]")
    ask(shop, 1_00, "139999999999999999")
    ended(shop, "失败", "[14]")
    for no_code in ("1300000000000001", "990000000000000001"):
        ask(shop, 1_00, no_code)
        bench.expect("扫码失败")
        bench.press("enter")
        bench.expect("付款码")
        bench.press("cancel")
        bench.expect("请输入金额")
    assert len(sent(shop, "0200")) == 2

    void(shop, "12.34")
    look(shop, asked[11], "12.34 已撤销")
    assert host.ledger.balance(account) == 1000_00

    code, account = show(shop)
    ask(shop, 30_00, code)
    paid(shop, "30.00")
    for left, given in (("30.00", "1000"), ("20.00", "2000")):
        ask_for_refund(shop, sent(shop, "0200")[-1][11])
        bench.expect("退这笔", left)
        bench.press("enter")
        bench.expect("扫码退货")
        bench.type(given)
        bench.press("enter")
        paid(shop, f"{int(given) // 100}.00")
    ask_for_refund(shop, sent(shop, "0200")[-1][11])
    ended(shop, "扫码退货", "没有可退的金额")
    assert host.ledger.balance(account) == 1000_00
    assert {(told[22], 59 in told) for told in sent(shop, "0220")} == {("032", True)}
    assert "0400" not in [record.mti for record in shop.trace]
    assert settled_sums(shop) == {
        ("sale", "CUP"): (2, 42_34),
        ("void", "CUP"): (1, 12_34),
        ("refund", "CUP"): (2, 30_00),
    }
    assert "对账平" in settle(shop)
    assert host.ledger.check() == []
    assert audited(shop)


def test_what_is_not_known_is_asked_and_never_guessed(shop: Shop) -> None:
    bench, host = shop.bench, shop.acquirer
    code, account = show(shop, asks=True)  # a PIN on the telephone
    ask(shop, 20_00, code)
    bench.expect("20.00", "手机")
    bench.run(8)
    first, *queries = sent(shop, "0200")
    assert len(queries) >= 2
    assert {(query[3], query[61]) for query in queries} == {("330000", "000001" + first[11])}
    assert host.ledger.balance(account) == 1000_00
    assert host.wallets.confirm(code, bench.now())
    paid(shop, "20.00")

    code, account = show(shop, asks=True)  # who does not want to pay
    ask(shop, 5_00, code)
    bench.expect("手机")
    host.wallets.refuse(code)
    ended(shop, "失败", "[05]")
    assert not sent(shop, "0400")

    code, account = show(shop, asks=True)  # who is not waited for cannot pay afterwards
    ask(shop, 6_00, code)
    bench.expect("手机")
    bench.press("cancel")
    ended(shop, "失败 未扣款", "已冲正")
    assert not host.wallets.confirm(code, bench.now())
    assert host.ledger.balance(account) == 1000_00

    code, account = show(shop, asks=True)  # who is not waited for, and has just paid
    ask(shop, 4_00, code)
    bench.expect("手机")
    assert host.wallets.confirm(code, bench.now())
    bench.press("cancel")
    paid(shop, "4.00")

    code, account = show(shop)  # paid, and the answer lost
    shop.disturb(Kind.SILENT, "0200")
    ask(shop, 7_00, code)
    paid(shop, "7.00")
    assert host.ledger.balance(account) == 993_00
    assert len(sent(shop, "0400")) == 1

    code, account = show(shop)  # never asked for
    shop.disturb(Kind.LOST, "0200")
    ask(shop, 8_00, code)
    ended(shop, "失败 未扣款", "已冲正")
    assert host.ledger.balance(account) == 1000_00
    look(shop, sent(shop, "0400")[-1][11], "8.00 已冲正", "查不到")

    code, account = show(shop, asks=True)  # the power goes
    ask(shop, 9_00, code)
    bench.expect("手机")
    bench.power_off()
    assert host.wallets.confirm(code, bench.now())  # in that very moment
    assert host.ledger.balance(account) == 991_00
    bench.power_on()
    bench.expect("柜员号", timeout=120)
    assert host.ledger.balance(account) == 1000_00
    assert settled_sums(shop) == {("sale", "CUP"): (3, 31_00)}
    assert host.ledger.check() == []
    assert audited(shop)


def test_a_scanned_code_of_each_kind(tmp_path: Path) -> None:
    with Shop(tmp_path, heap="320k", pins=BOARD / "pins_other_parts.py") as shop:
        other = shop.bench.parts.other
        assert other.calendar
        assert other.scanner
        other.calendar.workshop_time = OPENING
        shop.open()
        bench = shop.bench
        bench.expect("请输入金额")
        # EMVCo, Consumer-Presented Mode: payload format, application template with AID and account.
        account = "6200000000000005553"
        application = bytes.fromhex("4F08A0000003330101015A0A" + account + "F")
        emvco = b64encode(b"\x85\x05CPV01\x61" + bytes([len(application)]) + application).decode()
        for code, number in (("281234567890123456",) * 2, (emvco, account)):
            wallet = shop.acquirer.wallets.open(number, 100_00)
            shop.acquirer.wallets.show(wallet, number)
            bench.press("menu", "8", "3")
            bench.expect("扫码消费")
            bench.type("300")
            bench.press("enter")
            bench.expect("请出示付款码", "3.00")
            other.scanner.show(b"http://example.org/")
            bench.expect("扫码失败")
            bench.press("enter")
            bench.expect("请出示付款码")
            other.scanner.show(code.encode())
            bench.expect("交易成功", "3.00")
            other.scanner.show(None)
            shop.take_slips()
            bench.expect("请输入金额")
            assert shop.acquirer.ledger.balance(wallet) == 97_00


def test_a_code_where_a_card_is_asked_for(tmp_path: Path, mint: Mint, monkeypatch: pytest.MonkeyPatch) -> None:
    with Shop(tmp_path, mint=mint, heap="384k", pins=BOARD / "pins_other_parts.py") as shop:
        other = shop.bench.parts.other
        assert other
        assert other.calendar
        assert other.scanner
        other.calendar.workshop_time = OPENING
        shop.open()
        bench, host = shop.bench, shop.acquirer
        bench.expect("请输入金额")
        code, account = show(shop)
        bench.press("5", "0", "0", "enter")
        bench.expect("请刷卡", "5.00", "扫码")
        other.scanner.show(b"http://example.org/")
        bench.expect("扫码失败")
        bench.press("enter")
        bench.expect("请刷卡", "扫码")
        other.scanner.show(code.encode())
        paid(shop, "5.00")
        other.scanner.show(None)
        assert host.ledger.balance(account) == 995_00
        (asked,) = sent(shop, "0200")
        assert (asked[22], asked[60][:2]) == ("032", "22")

        for card in ("up-debit", "up-debit"):  # every other way as before
            bench.press("5", "0", "0", "enter")
            bench.expect("请刷卡", "扫码")
            shop.insert(card)
            bench.expect("请输入密码")
            bench.type("123456")
            bench.press("enter")
            bench.expect("交易成功", "5.00")
            bench.expect("请拔卡")
            bench.parts.chip_slot.pull()
            shop.take_slips()
        monkeypatch.setattr(other.scanner, "receive", lambda _: None)  # out of order
        bench.press("5", "0", "0", "enter")
        bench.expect("扫码器无应答", timeout=30)
        bench.press("enter")
        bench.expect("请刷卡")
        assert not bench.shows("扫码")
        bench.press("cancel")
        bench.expect("请输入金额")
        assert settled_sums(shop) == {("sale", "CUP"): (3, 15_00)}
        assert audited(shop)


def test_the_customer_scans_what_the_terminal_shows(shop: Shop) -> None:
    bench, host = shop.bench, shop.acquirer
    wallet = host.wallets.open("scanning", 100_00)
    for stays in (True, False):
        bench.press("menu", "8", "6")
        bench.expect("二维码收款")
        bench.type("2050")
        bench.press("enter")
        bench.expect("收款", "20.50", timeout=10)
        bench.run(1)
        (found,) = zxingcpp.read_barcodes(bench.parts.display.to_image().convert("L"))
        text = found.text
        assert "5303156540520.50" in text and shop.terminal.tid in text
        with pytest.raises(ValueError, match="not a merchant's code"):
            host.wallets.pay(text[:-1] + ("0" if text[-1] != "0" else "1"), wallet, bench.now())
        if stays:
            assert host.wallets.pay(text, wallet, bench.now())
            paid(shop, "20.50")
        else:
            bench.press("cancel")
            ended(shop, "失败 未扣款", "已冲正")
        assert not host.wallets.pay(text, wallet, bench.now())
        assert host.ledger.balance(wallet) == 79_50
    void(shop, "20.50")
    assert host.ledger.balance(wallet) == 100_00
    assert settled_sums(shop) == {("sale", "CUP"): (1, 20_50), ("void", "CUP"): (1, 20_50)}
    assert host.ledger.check() == []
    assert audited(shop)
