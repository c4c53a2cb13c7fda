"""Sales that a chip card approves by itself: good at once, told in idle time with the card's proof, booked once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from host_tools.acquirer.chip_tables import APPLICATIONS, chip_tables
from host_tools.acquirer.faults import Kind
from host_tools.audit.image import FlashImage
from host_tools.audit.verify import judge
from host_tools.bench.shop import OPENING, Shop
from host_tools.cards.cryptograms import MasterKeys
from host_tools.cards.issuer import unblock_pin
from host_tools.cards.minting import Mint
from host_tools.cards.plastic import Chip
from host_tools.flash.emv_tables import build
from host_tools.keys.authority import Authority
from tests.system.books import (
    ask_to_refund,
    edit_files,
    messages,
    requests,
    sell,
    sent,
    set_parameters,
    settle,
    settled_sums,
    vouchers,
)
from tests.system.test_chip_sale import ask, key_pin, take_card
from tests.system.test_power_cuts import _reopen as reopen

OFFLINE = ("offline_chip", "CUP")
CARD = "up-offline"
SCRIPTED = "up-plain-pin"


@pytest.fixture(scope="module")
def mint(tmp_path_factory: pytest.TempPathFactory) -> Mint:
    return Mint(Authority(tmp_path_factory.mktemp("authority")).make(OPENING.date()))


@contextmanager
def lenient_shop(directory: Path, mint: Mint) -> Iterator[Shop]:
    """Sales under 50 yuan may be the card's to decide; one without the host may come to 30."""
    lenient = directory / "emv.yaml"
    text = APPLICATIONS.read_text("utf-8").replace("floor_limit: 0", "floor_limit: 5000", 1)
    lenient.write_text(
        text.replace("{default: FFFFFFFFFF, online: FFFFFFFFFF", "{default: F850848000, online: F870A49800")
    )
    with Shop(directory, mint=mint) as shop:
        edit_files(shop, **{"emv.bin": build(chip_tables(mint.ca_keys, mint.population.revoked, lenient))})
        set_parameters(shop, offline_amount=30_00)
        shop.open()
        shop.bench.expect("请输入金额")
        yield shop


@pytest.fixture
def shop(tmp_path: Path, mint: Mint) -> Iterator[Shop]:
    with lenient_shop(tmp_path, mint) as shop:
        yield shop


def sell_by_card(shop: Shop, fen: int = 12_34, card: str = CARD) -> None:
    """A sale that the card approves by itself, to its second slip."""
    ask(shop, card, fen)
    shop.bench.expect("已受理 待上送")
    take_card(shop)
    shop.take_slips()


def paid(shop: Shop, card: str = CARD) -> int:
    return shop.cards[card].balance - shop.acquirer.bank.balance(shop.cards[card].pan)


def told(shop: Shop, count: int = 1) -> None:
    shop.bench.until(lambda: messages(shop).count("0210") == count, "uploads", 120)
    shop.bench.expect("按菜单键")


def proof(shop: Shop) -> dict[str, str]:
    """F55 of the newest upload."""
    return dict(part.split("=") for part in sent(shop, "0200")[-1][55].split())


def test_good_at_once_and_told_with_its_proof(shop: Shop) -> None:
    shop.bench.network(False)
    sell_by_card(shop)
    slip = shop.bench.parts.printer.slips[0].text
    assert "脱机消费" in slip and "RMB 12.34" in slip and "ARQC" not in slip and "参考号" not in slip
    shop.bench.expect("未上送1")
    assert paid(shop) == 0
    shop.bench.network(True)
    told(shop)
    (upload,) = sent(shop, "0200")
    assert upload.keys() == {2, 3, 4, 11, 12, 13, 14, 22, 23, 25, 41, 42, 49, 55, 60, 63, 64}
    assert (upload[3], upload[22], upload[23], upload[60]) == ("000000", "052", "000", "3600000100050")
    told_with = proof(shop)
    assert (told_with["9F27"], told_with["8A"], told_with["9F02"]) == ("40", "5931", "000000001234")
    assert f"TC: {told_with['9F26']}" in slip
    assert paid(shop) == 12_34
    assert settled_sums(shop) == {OFFLINE: (1, 12_34)}
    assert "对账平" in settle(shop)


def test_an_issuer_that_cannot_be_reached(shop: Shop) -> None:
    """The card asks; nobody answers; by the rules for that the two agree all the same (Y3). Not so on more than may be
    at risk here (Z3)."""
    shop.host_up = False
    ask(shop, "up-no-scripts", 20_00)
    shop.bench.expect("已受理 待上送")
    take_card(shop)
    shop.take_slips()
    slip = shop.bench.parts.printer.slips[0].text
    assert "ARQC: " in slip and "TC: " in slip
    ask(shop, "up-no-scripts", 30_01)
    shop.bench.expect("失败 未扣款", "主机连不上")
    shop.bench.press("enter")
    take_card(shop)
    assert len(shop.bench.parts.printer.slips) == 2
    shop.host_up = True
    told(shop)
    assert proof(shop)["8A"] == "5933"
    assert paid(shop, "up-no-scripts") == 20_00
    assert settled_sums(shop) == {OFFLINE: (1, 20_00)}


def test_what_may_not_be_at_risk_goes_online(shop: Shop) -> None:
    """Too much for one sale, or of one card: its issuer is asked, whom the card itself would not ask."""
    shop.bench.network(False)
    for fen in (29_00, 1_00):
        sell_by_card(shop, fen)
    shop.bench.network(True)
    for fen in (30_01, 20_00):  # the second with the first two comes to the floor limit
        ask(shop, CARD, fen)
        shop.bench.expect("交易成功")
        take_card(shop)
        shop.take_slips()
    told(shop, 4)
    assert sorted((fields[60][:2], int(fields[4])) for fields in sent(shop, "0200")) == [
        ("22", 20_00),
        ("22", 30_01),
        ("36", 1_00),
        ("36", 29_00),
    ]
    assert settled_sums(shop) == {OFFLINE: (2, 30_00), ("sale", "CUP"): (2, 50_01)}


def test_an_upload_without_an_answer_is_told_again_and_counts_once(shop: Shop) -> None:
    shop.disturb(Kind.SILENT, "0200")
    sell_by_card(shop)
    shop.bench.expect("主机无应答", timeout=120)
    told(shop)
    assert requests(shop).count("0200") == 2
    assert paid(shop) == 12_34 and settled_sums(shop) == {OFFLINE: (1, 12_34)}
    sell(shop, 1_00)
    ask_to_refund(shop, 2_34, vouchers(shop)[0], CARD)
    shop.take_slips()
    assert paid(shop) == 10_00
    assert "对账平" in settle(shop)


def test_a_proof_that_is_not_the_cards_is_refused(shop: Shop, mint: Mint) -> None:
    other = MasterKeys(bytes(range(16)), bytes(16), bytes(16))
    forger = Mint(mint.ca_keys, replace(mint.population, issuers=dict.fromkeys(mint.population.issuers, other)))
    bench = shop.bench
    bench.type("1234")
    bench.press("enter")
    bench.expect("请刷卡")
    bench.parts.chip_slot.insert(Chip(forger.card(CARD)))
    bench.expect("已受理 待上送")
    take_card(shop)
    shop.take_slips()
    bench.expect("[05]", timeout=60)
    bench.press("enter")
    assert paid(shop) == 0 and settled_sums(shop) == {}
    assert shop.acquirer.ledger.check() == []


# -- the plug is pulled: afterwards a sale is good once, undone, or never happened --


def cut(shop: Shop) -> None:
    """Power off, the card out, power on, and all that is offered then."""
    bench = shop.bench
    bench.power_off()
    bench.parts.chip_slot.pull()
    bench.run(5)
    reopen(shop)
    bench.run(20)  # what waits is told
    bench.expect("按菜单键")


def balanced(shop: Shop) -> None:
    """Settle: by the terminal's sums and the host's, by the host's books, and by the journal read by other means."""
    assert "对账平" in settle(shop)
    assert shop.acquirer.ledger.check() == []
    report = judge(FlashImage(shop.bench.flash.image()).reading(shop.secrets.journal_key))
    assert report.good and not report.notes, (report.finding, report.notes)
    assert report.lines and all(line.agrees for line in report.lines)


def slips(shop: Shop) -> int:
    """Whole ones with the amount."""
    return sum("RMB 1.00" in slip.text for slip in shop.bench.parts.printer.slips)


def test_cut_at_any_moment_of_a_sale_by_the_card_alone(shop: Shop) -> None:
    """Before the record there was no sale, whatever the card has said; from it on there is one, on paper and at the
    host."""
    bench = shop.bench
    ask(shop, CARD, 1_00)
    began = bench.clock.now_us
    bench.expect("请拔卡")
    end_ms = (bench.clock.now_us - began) // 1000
    cut(shop)
    moments = [end_ms - before for before in (1000, 60, 40, 30, 20, 10, 0, -100)]
    good = 0
    for moment in moments:
        before, printed = paid(shop), slips(shop)
        ask(shop, CARD, 1_00)
        bench.run(moment / 1000)
        cut(shop)
        sold = paid(shop) - before
        assert sold in (0, 1_00)
        assert slips(shop) - printed >= 2 if sold else slips(shop) == printed
        good += sold > 0
    assert 0 < good < len(moments)
    balanced(shop)


def test_cut_while_it_is_printed_and_while_it_is_told(shop: Shop) -> None:
    moments = (50, 1500, 15_000, 15_100)
    for moment in moments:
        ask(shop, CARD, 1_00)
        take_card(shop)
        shop.bench.run(moment / 1000)
        cut(shop)
    assert paid(shop) == 1_00 * len(moments)
    balanced(shop)


def test_cut_between_the_hosts_word_and_the_cards_last(shop: Shop) -> None:
    """It is recorded when the card has approved; until then it is reversed. What became of the script is told if it was
    recorded, and that comes before the sale's own record."""
    bench = shop.bench
    good = end_ms = 0
    befores = (None, 400, 60, 40, 20, 0)
    for before_ms in befores:
        before, answers = paid(shop, SCRIPTED), messages(shop).count("0210")
        shop.chips.orders[shop.cards[SCRIPTED].pan].append(unblock_pin())
        ask(shop, SCRIPTED, 60_00)
        key_pin(shop)
        bench.until(lambda: messages(shop).count("0210") > answers, "answer")  # noqa: B023
        if before_ms is None:
            began = bench.clock.now_us
            bench.expect("请拔卡")
            end_ms = (bench.clock.now_us - began) // 1000
        else:
            bench.run((end_ms - before_ms) / 1000)
        cut(shop)
        assert paid(shop, SCRIPTED) - before in (0, 60_00)
        good += paid(shop, SCRIPTED) > before
    assert 1 < good < len(befores)
    reports = [fields[61] for fields in sent(shop, "0620")]
    assert good <= len(reports) <= good + 1 and len(set(reports)) == len(reports)
    balanced(shop)
