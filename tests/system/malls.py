"""Two merchants at one cash desk, and what people do there."""

from __future__ import annotations

from pathlib import Path

from littlefs import LittleFS

from host_tools.acquirer.fixture import Enrolment
from host_tools.audit.image import FlashImage
from host_tools.audit.verify import judge
from host_tools.bench.counter import authorise, identify_administrator
from host_tools.bench.mall_counter import IDLE, LIST, ask, choose, enter, sell, settle, take_slips
from host_tools.bench.shop import Shop
from host_tools.bench.tenants import tenants
from host_tools.demo.audit import Books, terminal_books
from host_tools.flash.factory import SECTOR, partitions

__all__ = [
    "BOOKS",
    "IDLE",
    "LIST",
    "TEA",
    "administer",
    "agree",
    "ask",
    "ask_to_void",
    "audited",
    "books_of",
    "choose",
    "enter",
    "file_of",
    "mall",
    "neighbour",
    "open_mall",
    "print_totals",
    "reopen",
    "sell",
    "sell_offline",
    "settle",
    "take_slips",
]

TEA, BOOKS = "10000001", "10000102"
TEA_NAME, BOOKS_NAME = "算盘茶馆", "珠算书店"
CREDIT = ("void", "refund")


def neighbour() -> Enrolment:
    return tenants(1)[0]


def mall(directory: Path, **how: object) -> Shop:
    return Shop(directory, others=(neighbour(),), **how)  # type: ignore[arg-type]


def open_mall(directory: Path, **how: object) -> Shop:
    shop = mall(directory, **how)
    shop.open()
    shop.bench.expect(IDLE)
    return shop


def ask_to_void(shop: Shop, merchant: int, voucher: str, card: str = "plain") -> None:
    """Up to where the host is asked."""
    bench = shop.bench
    enter(shop, merchant, "2")
    authorise(shop)
    bench.expect("原凭证号")
    bench.type(voucher)
    bench.press("enter")
    bench.expect("撤销这笔")
    bench.press("enter")
    bench.expect("请刷卡")
    shop.swipe(shop.cards[card])


def print_totals(shop: Shop, merchant: int) -> Books:
    bench = shop.bench
    slips = len(bench.parts.printer.slips)
    enter(shop, merchant, "6", "4")
    bench.until(lambda: len(bench.parts.printer.slips) > slips, "slip with the totals")
    bench.expect(IDLE)
    return terminal_books(bench.parts.printer.slips[-1].text)


def books_of(shop: Shop, terminal: str, batch: int) -> Books:
    """The host's sums of a terminal's batch."""
    sums = shop.acquirer.ledger.sums(terminal, batch)
    net = sum(-of.amount if kind in CREDIT else of.amount for (kind, _), of in sums.items())
    return Books(sum(of.count for of in sums.values()), net)


def agree(shop: Shop, merchant: int, count: int, amount: int, batch: int = 1) -> None:
    """The terminal's and the host's totals of a merchant are both these; the books balance."""
    assert print_totals(shop, merchant) == Books(count, amount)
    assert books_of(shop, (TEA, BOOKS)[merchant - 1], batch) == Books(count, amount)
    assert shop.acquirer.ledger.check() == []


def audited(shop: Shop) -> bool:
    """Whether every merchant's journal is whole, and its sums are those of its transactions, by the auditor's word."""
    image = shop.bench.flash.image()
    for number in (1, 2):
        report = judge(FlashImage(image, merchant=number).reading(shop.secrets.journal_key_of(number)))
        if not (report.good and all(line.agrees for line in report.lines)):
            return False
    return True


def reopen(shop: Shop, *, power: bool = True) -> None:
    """Power on again, log in, and see everything through that is offered on the way."""
    bench = shop.bench
    if power:
        bench.power_on()
    shop.log_in()
    while not bench.shows(IDLE):
        bench.until(
            lambda: bench.shows(IDLE) or bench.shows("未打完") or bench.shows("撕单"), "idle or a slip", timeout=30
        )
        if not bench.shows(IDLE):
            bench.press("enter")
            bench.run(1)


def sell_offline(shop: Shop, fen: int, card: str = "plain") -> None:
    """Behind the entry of the menu: a sale that the bank has agreed to over the telephone, to its second slip."""
    bench = shop.bench
    bench.expect("离线结算", "0.00")
    bench.type(str(fen))
    bench.press("enter")
    bench.expect("请刷卡")
    shop.swipe(shop.cards[card])
    bench.expect("电话授权码")
    bench.type("654321")
    bench.press("enter")
    take_slips(shop)


def file_of(shop: Shop, name: str) -> bytes:
    """A file as the terminal has it, which is off."""
    data = partitions()["data"]
    fs = LittleFS(block_size=SECTOR, block_count=data.size // SECTOR, mount=False)
    fs.context.buffer = bytearray(shop.flash_image.read_bytes()[data.offset : data.offset + data.size])
    fs.mount()
    with fs.open(name, "rb") as file:
        content: bytes = file.read()
    return content


def administer(shop: Shop, merchant: int) -> None:
    """From the log-in to the administrator's menu, for a merchant."""
    bench = shop.bench
    identify_administrator(shop)
    choose(shop, merchant)
    bench.expect("管理员", "1 终端参数")
