"""A sale by a tap, end to end: the card's keys, the kernel, lights and tones, the message, the issuer, paper, books."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import yaml

from host_tools.acquirer.chip_tables import APPLICATIONS, chip_tables
from host_tools.acquirer.faults import Kind
from host_tools.bench.parts.field import Card as FieldCard
from host_tools.bench.parts.field_cards import FeliCa, IsoA, MifareClassic
from host_tools.bench.shop import OPENING, Shop
from host_tools.cards.cryptograms import MasterKeys
from host_tools.cards.entries import Population, load
from host_tools.cards.minting import Mint
from host_tools.cards.plastic import Antenna
from host_tools.flash.emv_tables import build
from host_tools.keys.authority import Authority
from tests.system.books import agree, edit_files, sell, sent

FEN = 12_34
LARGE = 1000_01  # from here on the cardholder is verified

DARK, READY, MAY_GO = (False,) * 4, (True, False, False, False), (True,) * 4
SUCCESS, ALERT = [1500], [750, 750]


def population() -> Population:
    """With cards that sign, and that wait for their issuer's word on a telephone."""
    found = load()
    card = found.cards["up-credit"]
    signing = replace(card, applications=(replace(card.applications[0], taps_with=("signature",)),))
    return replace(found, cards=found.cards | {"up-credit": signing})


@pytest.fixture(scope="module")
def mint(tmp_path_factory: pytest.TempPathFactory) -> Mint:
    return Mint(Authority(tmp_path_factory.mktemp("authority")).make(OPENING.date()), population())


class Counter:
    """One shop for many sales: what it has sold so far."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.bench = shop.bench
        self.field = shop.bench.parts.field
        self.count = self.fen = 0

    def ask(self, fen: int = FEN) -> None:
        """Key an amount, up to where any card will do."""
        self.mark()
        self.bench.type(str(fen))
        self.bench.press("enter")
        self.bench.expect("请刷卡", "挥卡 插卡 刷卡")

    def mark(self) -> None:
        parts = self.bench.parts
        self._said = len(self.shop.trace)
        self._lights, self._tones, self._slips = (
            len(parts.lights.history),
            len(parts.buzzer.tones),
            len(parts.printer.slips),
        )

    def key_pin(self, pin: str = "123456") -> None:
        self.bench.expect("请输入密码")
        self.bench.type(pin)
        self.bench.press("enter")

    def finish(self, fen: int = FEN) -> str:
        """To its slip, which is returned."""
        self.bench.expect("交易成功")
        self.field.take()
        self.shop.take_slips()
        self.count += 1
        self.fen += fen
        return self.bench.parts.printer.slips[self._slips].text

    def refused(self, *words: str) -> None:
        self.bench.expect("失败 未扣款", *words)
        self.field.take()
        self.bench.press("enter")
        self.bench.expect("请输入金额")

    def cancel(self) -> None:
        self.field.take()
        self.bench.press("cancel")
        self.bench.expect("请输入金额")

    @property
    def said(self) -> list[str]:
        """The messages since the amount was keyed."""
        return [record.mti for record in self.shop.trace[self._said :] if record.direction == "in"]

    @property
    def lights(self) -> list[tuple[int, tuple[bool, ...]]]:
        return self.bench.parts.lights.history[self._lights :]

    @property
    def tones(self) -> list[int]:
        """Those that are not keys."""
        tones = [tone.frequency for tone in self.bench.parts.buzzer.tones[self._tones :]]
        return [frequency for frequency in tones if frequency != 2000]


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory, mint: Mint) -> Iterator[Counter]:
    with Shop(tmp_path_factory.mktemp("shop"), mint=mint) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        counter = Counter(shop)
        yield counter
        agree(shop, counter.count, counter.fen)


def tags(shop: Shop, mti: str) -> dict[str, str]:
    """F55 of the newest such message that reached the host."""
    return dict(part.split("=") for part in sent(shop, mti)[-1][55].split())


def test_a_sale_by_a_tap(counter: Counter) -> None:
    shop, bench = counter.shop, counter.bench
    counter.ask()
    assert counter.lights[-1][1] == READY
    shop.tap("up-debit")
    bench.expect("读卡成功", "请移开")
    slip = counter.finish()
    request, asked = sent(shop, "0200")[-1], tags(shop, "0200")
    assert (request[22], request[23], request[60]) == ("072", "000", "2200000100060")
    assert 52 not in request
    assert (asked["9F02"], asked["9F27"], asked["84"]) == ("000000001234", "80", "A000000333010101")
    assert "620999******0016 /C" in slip
    for row in (f"ARQC: {asked['9F26']}", "AID: A000000333010101", "ATC: 0001 CSN: 000", "免密免签"):
        assert row in slip
    assert "\nTC:" not in slip
    lights = counter.lights
    (at,) = (at for at, (_, lit) in enumerate(lights) if lit == MAY_GO)
    assert 750_000 <= lights[at + 1][0] - lights[at][0] < 800_000
    assert DARK in (lit for _, lit in lights[at:])
    assert counter.tones[:1] == SUCCESS
    assert not counter.field.on
    assert bench.parts.contactless_reader.chip.asleep


@pytest.mark.parametrize("card", ["up-heavy", "up-long", "up-slow", "visa-10", "visa-18", "mc-16", "mc-20", "three"])
def test_every_scheme(counter: Counter, card: str) -> None:
    """Below the limit nobody is asked for anything; the host believes each cryptogram."""
    counter.ask()
    counter.shop.tap(card)
    assert "免密免签" in counter.finish()
    assert sent(counter.shop, "0200")[-1][22] == "072"


@pytest.mark.parametrize(
    ("card", "row"),
    [("up-credit", ""), ("up-phone", "设备已验证"), ("mc-phone", "设备已验证")],
    ids=lambda value: value,
)
def test_above_the_limit_without_a_pin(counter: Counter, card: str, row: str) -> None:
    """A signature, for which the slip has a place, or the customer's own device."""
    counter.ask(LARGE)
    counter.shop.tap(card)
    slip = counter.finish(LARGE)
    assert row in slip
    assert "免密免签" not in slip
    assert (sent(counter.shop, "0200")[-1][22], "持卡人签名" in slip) == ("072", not row)


@pytest.mark.parametrize("card", ["up-debit", "visa-18", "mc-16"])
def test_above_the_limit_with_a_pin(counter: Counter, card: str) -> None:
    counter.ask(LARGE)
    counter.shop.tap(card)
    counter.key_pin()
    assert "免密免签" not in counter.finish(LARGE)
    request = sent(counter.shop, "0200")[-1]
    assert (request[22], 52 in request, 53 in request) == ("071", True, True)


def test_a_pin_that_is_given_up(counter: Counter) -> None:
    counter.ask(LARGE)
    counter.shop.tap("up-debit")
    counter.bench.expect("请输入密码")
    counter.cancel()
    assert counter.said == []


def test_a_wrong_pin_is_the_issuers_to_refuse(counter: Counter) -> None:
    counter.ask(LARGE)
    counter.shop.tap("up-debit")
    counter.key_pin("000000")
    counter.refused("[55]")


def test_a_card_with_another_key_is_declined(counter: Counter, mint: Mint) -> None:
    other = MasterKeys(bytes(range(16)), bytes(16), bytes(16))
    forger = Mint(mint.ca_keys, replace(mint.population, issuers=dict.fromkeys(mint.population.issuers, other)))
    counter.ask()
    counter.field.put(Antenna(forger.card("up-debit")))
    counter.refused("[05]")


def test_a_card_that_declines(counter: Counter) -> None:
    counter.ask()
    counter.shop.tap("up-declines")
    counter.refused("卡片拒绝交易")
    assert counter.said == []


def test_a_card_that_wants_to_be_inserted(counter: Counter) -> None:
    counter.ask()
    counter.shop.tap("up-insert")
    counter.bench.expect("芯片卡请插卡")
    counter.bench.run(1)
    assert counter.tones == ALERT
    assert not counter.field.on
    counter.field.take()
    counter.shop.insert("up-insert")
    counter.key_pin()
    counter.bench.expect("交易成功", "请拔卡")
    counter.bench.parts.chip_slot.pull()
    counter.finish()
    assert sent(counter.shop, "0200")[-1][22] == "051"


def test_a_card_that_cannot_be_tapped(counter: Counter) -> None:
    """It is told so once, however long it is held there; and another one serves."""
    counter.ask()
    bad = counter.shop.tap("mc-stripe")
    counter.bench.expect("此卡不能挥")
    counter.bench.run(3)
    assert counter.tones == ALERT
    counter.field.take(bad)
    counter.bench.run(0.3)
    counter.shop.tap("up-debit")
    counter.finish()


@pytest.mark.parametrize(
    ("words", "cards"),
    [
        (
            "多张卡",
            lambda mint: [Antenna(mint.card("up-debit")), IsoA(lambda _: b"\x6a\x82", bytes.fromhex("08998877"))],
        ),
        ("存储卡", lambda mint: [MifareClassic()]),
        ("FeliCa", lambda mint: [FeliCa()]),
    ],
    ids=["two", "MIFARE", "FeliCa"],
)
def test_what_is_before_the_reader_and_cannot_pay(
    counter: Counter, mint: Mint, words: str, cards: Callable[[Mint], list[FieldCard]]
) -> None:
    """Named once; what is left there when the others are gone pays."""
    counter.ask()
    held = cards(mint)
    counter.field.put(*held)
    counter.bench.expect(words)
    counter.bench.run(2)
    assert counter.tones == ALERT
    assert counter.said == []
    counter.field.take(held[-1])
    if len(held) == 1:
        counter.shop.tap("up-debit")
    counter.finish()


def test_a_card_that_is_taken_away_too_early(counter: Counter) -> None:
    """Nothing is charged, nothing is to be reversed, and it may come again."""
    counter.ask()
    card = counter.shop.tap("up-torn")
    counter.bench.expect("请重新挥卡")
    counter.field.take(card)
    counter.bench.run(1)
    assert counter.tones == ALERT
    assert counter.said == []
    counter.field.put(card)
    counter.finish()
    assert counter.said == ["0200"]


@pytest.mark.parametrize("wait", [0, 310], ids=["at once", "too late"])
def test_a_torn_transaction(counter: Counter, wait: int) -> None:
    """Mastercard: what the card said when it left, it says again in the next sale of that amount; for five minutes."""
    counter.ask(20_00)
    card = counter.shop.tap("mc-torn")
    counter.bench.expect("请重新挥卡")
    counter.field.take(card)
    counter.bench.press("cancel")
    counter.bench.expect("请输入金额")
    counter.bench.run(wait)
    counter.ask(20_00)
    counter.field.put(card)
    counter.finish(20_00)
    assert tags(counter.shop, "0200")["9F36"] == ("0002" if wait else "0001")


def test_a_telephone_that_wants_its_owner(counter: Counter, mint: Mint) -> None:
    card = mint.card("up-phone")
    exchange, asked = card.exchange, []

    def unlocks(command: bytes) -> bytes:
        if command[1] == 0xA8:
            asked.append(command)
            if len(asked) == 1:
                return b"\x69\x86"
        return exchange(command)

    card.exchange = unlocks  # type: ignore[method-assign]
    counter.ask()
    phone = Antenna(card)
    counter.field.put(phone)
    counter.bench.expect("请看手机")
    counter.field.take(phone)
    counter.bench.run(3)
    counter.field.put(phone)
    counter.finish()
    assert len(asked) == 2


def test_a_host_that_is_down(counter: Counter) -> None:
    counter.shop.host_up = False
    counter.ask()
    counter.shop.tap("up-debit")
    counter.refused("主机连不上")
    counter.shop.host_up = True


def test_a_host_that_is_silent(counter: Counter) -> None:
    counter.shop.disturb(Kind.SILENT, "0200")
    counter.ask()
    counter.shop.tap("up-debit")
    counter.bench.expect("待确认")
    counter.refused("已冲正")
    reversal, told = sent(counter.shop, "0400")[-1], tags(counter.shop, "0400")
    assert (reversal[22], reversal[23], reversal[39], reversal[60]) == ("072", "000", "98", "2200000100060")
    assert set(told) == {"95", "9F1E", "9F10", "9F36"}


def test_the_other_ways_stay_open(counter: Counter) -> None:
    sell(counter.shop, FEN)
    counter.ask()
    counter.shop.insert("up-debit")
    counter.key_pin()
    counter.bench.expect("请拔卡")
    counter.bench.parts.chip_slot.pull()
    counter.finish()
    counter.count += 1
    counter.fen += FEN


def test_a_reader_that_does_not_answer(counter: Counter) -> None:
    chip = counter.bench.parts.contactless_reader.chip
    chip.outgoing = lambda frame: b""
    counter.ask()
    counter.bench.expect("感应器无应答")
    chip.outgoing = lambda frame: frame
    counter.shop.swipe(counter.shop.cards["plain"])
    counter.key_pin(counter.shop.cards["plain"].pin)
    counter.finish()


def test_nobody_comes(counter: Counter) -> None:
    """After ten seconds the reader sleeps between two looks; after sixty there is no sale."""
    reader = counter.bench.parts.contactless_reader.chip
    counter.ask()
    counter.bench.run(9)
    before = reader.asleep_us
    counter.bench.run(20)
    assert reader.asleep_us - before > 10_000_000
    counter.bench.expect("请输入金额")
    assert not counter.field.on


def test_a_power_cut_while_the_host_is_asked(counter: Counter) -> None:
    shop = counter.shop
    shop.disturb(Kind.SILENT, "0200")
    counter.ask()
    shop.tap("up-debit")
    shop.bench.until(lambda: counter.said == ["0200"], "request")
    counter.field.take()
    shop.bench.power_off()
    shop.bench.power_on()
    shop.bench.expect("已冲正")
    assert tags(shop, "0400")["9F36"] == "0001"
    shop.log_in()
    shop.bench.expect("请输入金额")


@pytest.fixture(scope="module")
def laxer(tmp_path_factory: pytest.TempPathFactory, mint: Mint) -> Iterator[Counter]:
    """Tables by which a card may approve up to 300.00 by itself, and nothing from 2000.00 on is tapped."""
    directory = tmp_path_factory.mktemp("laxer")
    tree = yaml.safe_load(APPLICATIONS.read_text("utf-8"))
    none = {"default": "0000000000", "online": "0000000000", "denial": "0000000000"}
    tree["defaults"] |= {"tap_floor_limit": 300_00, "tap_limit": 2000_00, "tac": none}
    laws = directory / "emv.yaml"
    laws.write_text(yaml.safe_dump(tree), "utf-8")
    with Shop(directory, mint=mint) as shop:
        edit_files(shop, **{"emv.bin": build(chip_tables(mint.ca_keys, path=laws))})
        shop.open()
        shop.bench.expect("请输入金额")
        yield Counter(shop)


@pytest.mark.parametrize("card", ["up-offline", "up-offline-old", "visa-offline", "mc-offline"])
def test_approved_by_the_card(laxer: Counter, card: str) -> None:
    """fDDA of both generations, CDA; the host is told later, and believes the TC."""
    laxer.shop.host_up = False
    laxer.ask()
    laxer.shop.tap(card)
    laxer.bench.expect("待上送", "12.34")
    laxer.shop.host_up = True
    laxer.field.take()
    laxer.shop.take_slips()
    assert laxer.said == []
    slip = laxer.bench.parts.printer.slips[-1].text
    laxer.bench.until(lambda: "0200" in laxer.said, "upload")
    upload, told = sent(laxer.shop, "0200")[-1], tags(laxer.shop, "0200")
    assert (upload[22], upload[60]) == ("072", "3600000100060")
    assert (told["9F27"], told["8A"]) == ("40", "5931")
    assert f"TC: {told['9F26']}" in slip
    assert "ARQC" not in slip
    laxer.bench.run(1)
    assert laxer.shop.trace[-1].mti == "0210"


def test_too_much_for_the_card_alone(laxer: Counter) -> None:
    laxer.ask(300_01)
    laxer.shop.tap("up-offline")
    laxer.bench.expect("交易成功")
    laxer.field.take()
    laxer.shop.take_slips()
    assert sent(laxer.shop, "0200")[-1][60] == "2200000100060"


def test_too_much_for_a_tap(laxer: Counter) -> None:
    laxer.bench.type("200000")
    laxer.bench.press("enter")
    laxer.bench.expect("请刷卡", "插卡或刷卡")
    laxer.shop.tap("up-debit")
    laxer.bench.run(2)
    assert not laxer.field.on
    laxer.cancel()
