"""What both sides must agree on after whatever happened, by their own word."""

from __future__ import annotations

import json

from littlefs import LittleFS

from host_tools.audit.image import FlashImage
from host_tools.audit.verify import judge
from host_tools.bench.shop import Shop
from host_tools.demo.audit import Books, host_books, terminal_books
from host_tools.flash.factory import SECTOR, partitions


def set_parameters(shop: Shop, **values: object) -> None:
    """Other parameters than the workshop's, before the terminal is switched on."""
    data = partitions()["data"]
    image = bytearray(shop.flash_image.read_bytes())
    fs = LittleFS(block_size=SECTOR, block_count=data.size // SECTOR, mount=False)
    fs.context.buffer = image[data.offset : data.offset + data.size]
    fs.mount()
    with fs.open("params.json", "r") as file:
        parameters = json.load(file)
    with fs.open("params.json", "w") as file:
        json.dump(parameters | values, file)
    image[data.offset : data.offset + data.size] = fs.context.buffer
    shop.flash_image.write_bytes(bytes(image))


def edit_files(shop: Shop, **files: bytes | None) -> None:
    """Other files than the workshop's, or none of that name, before the terminal is switched on."""
    data = partitions()["data"]
    image = bytearray(shop.flash_image.read_bytes())
    fs = LittleFS(block_size=SECTOR, block_count=data.size // SECTOR, mount=False)
    fs.context.buffer = image[data.offset : data.offset + data.size]
    fs.mount()
    for name, content in files.items():
        if content is None:
            fs.remove(name)
        else:
            with fs.open(name, "wb") as file:
                file.write(content)
    image[data.offset : data.offset + data.size] = fs.context.buffer
    shop.flash_image.write_bytes(bytes(image))


def print_totals(shop: Shop) -> Books:
    """The terminal's totals, from the slip it prints."""
    bench = shop.bench
    slips = len(bench.parts.printer.slips)
    bench.press("menu", "6", "4")
    bench.until(lambda: len(bench.parts.printer.slips) > slips, "slip with the totals")
    bench.expect("请输入金额")
    return terminal_books(bench.parts.printer.slips[-1].text)


def agree(shop: Shop, count: int, amount: int) -> None:
    """The terminal's and the host's totals are both these, the books balance, and nothing waits to be reversed."""
    assert print_totals(shop) == Books(count, amount)
    assert host_books(shop) == Books(count, amount)
    assert shop.acquirer.ledger.check() == []


def settled_sums(shop: Shop, batch: int = 1) -> dict[tuple[str, str], tuple[int, int]]:
    """The host's books of a batch: count and fen by kind and card organisation."""
    return {key: (sums.count, sums.amount) for key, sums in shop.acquirer.ledger.sums(shop.terminal.tid, batch).items()}


def messages(shop: Shop) -> list[str]:
    """The MTIs that reached the host and its answers, in order."""
    return [record.mti for record in shop.trace if record.direction in ("in", "out")]


def sell(shop: Shop, fen: int, card: str = "plain") -> None:
    """An ordinary sale, to its second slip."""
    shop.ask_for(fen, shop.cards[card])
    shop.take_slips()


def sell_offline(shop: Shop, fen: int, card: str = "plain", code: str = "654321") -> None:
    """A sale that the bank has agreed to over the telephone, to its second slip."""
    bench = shop.bench
    bench.press("menu", "5")
    bench.expect("离线结算")
    bench.type(str(fen))
    bench.press("enter")
    bench.expect("请刷卡")
    shop.swipe(shop.cards[card])
    bench.expect("电话授权码")
    bench.type(code)
    bench.press("enter")
    shop.take_slips()


def pre_authorise(shop: Shop, fen: int, card: str = "plain") -> str:
    """Hold money on a card, to the second slip; the authorisation's code."""
    bench = shop.bench
    bench.press("menu", "4", "1")
    bench.expect("预授权", "0.00")
    bench.type(str(fen))
    bench.press("enter")
    bench.expect("请刷卡")
    shop.swipe(shop.cards[card])
    bench.expect("请输入密码")
    bench.type(shop.cards[card].pin)
    bench.press("enter")
    shop.take_slips()
    return sent(shop, "0110", "out")[-1][38]


def name_hold(shop: Shop, code: str, day: str = "1123") -> None:
    """Key in what an authorisation's slip has."""
    for prompt, digits in (("原授权码", code), ("日期", day)):
        shop.bench.expect(prompt)
        shop.bench.type(digits)
        shop.bench.press("enter")


def ask_to_complete(shop: Shop, fen: int, code: str, card: str = "plain", *, advice: bool = False) -> None:
    """Take some of what is held: up to where the host is asked, or told."""
    bench = shop.bench
    bench.press("menu", "4", "3" if advice else "2")
    name_hold(shop, code)
    bench.expect("完成", "0.00")
    bench.type(str(fen))
    bench.press("enter")
    bench.expect("请刷卡")
    shop.swipe(shop.cards[card])
    if not advice:
        bench.expect("请输入密码")
        bench.type(shop.cards[card].pin)
        bench.press("enter")


def add_tip(shop: Shop, fen: int, voucher: str) -> None:
    """Add to what was paid: to where the host is told."""
    bench = shop.bench
    bench.press("menu", "8", "2")
    bench.expect("原凭证号")
    bench.type(voucher)
    bench.press("enter")
    bench.expect("调整这笔")
    bench.press("enter")
    bench.expect("结算调整", "0.00")
    bench.type(str(fen))
    bench.press("enter")
    bench.expect("调整后总计")
    bench.press("enter")


def settle(shop: Shop) -> str:
    """Settle, and give the slip."""
    bench = shop.bench
    slips = len(bench.parts.printer.slips)
    bench.press("menu", "7", "5")
    bench.expect("结算 请核对")
    bench.press("enter")
    bench.until(lambda: len(bench.parts.printer.slips) > slips, "slip of the settlement")
    return bench.parts.printer.slips[-1].text


def requests(shop: Shop) -> list[str]:
    """The MTIs that reached the host, in order."""
    return [record.mti for record in shop.trace if record.direction == "in"]


def authorise(shop: Shop) -> None:
    """The supervisor's password."""
    shop.bench.expect("主管密码")
    shop.bench.type("123456")
    shop.bench.press("enter")


def ask_to_void(shop: Shop, card: str = "plain", voucher: str = "") -> None:
    """Up to where the host is asked."""
    bench = shop.bench
    bench.press("menu", "2")
    authorise(shop)
    bench.expect("原凭证号")
    bench.type(voucher)
    bench.press("enter")
    bench.expect("撤销这笔")
    bench.press("enter")
    bench.expect("请刷卡")
    shop.swipe(shop.cards[card])
    bench.expect("请输入密码")
    bench.type(shop.cards[card].pin)
    bench.press("enter")


def ask_to_refund(shop: Shop, fen: int, voucher: str, card: str = "plain") -> None:
    """Up to where the host is asked, for a sale that the terminal knows."""
    bench = shop.bench
    bench.press("menu", "3")
    authorise(shop)
    bench.expect("原凭证号")
    bench.type(voucher)
    bench.press("enter")
    bench.expect("退这笔")
    bench.press("enter")
    bench.expect("退货", "0.00")
    bench.type(str(fen))
    bench.press("enter")
    bench.expect("请刷卡")
    shop.swipe(shop.cards[card])


def audited(shop: Shop) -> bool:
    """Whether the journal is whole, and its sums are those of its transactions, by the auditor's word."""
    report = judge(FlashImage(shop.bench.flash.image()).reading(shop.secrets.journal_key))
    return report.good and all(line.agrees for line in report.lines)


def vouchers(shop: Shop, mti: str = "0200") -> list[str]:
    """F11 of each such message that reached the host."""
    return [fields[11] for fields in sent(shop, mti)]


def sent(shop: Shop, mti: str, direction: str = "in") -> list[dict[int, str]]:
    """The fields of each such message that reached the host, or that it sent ("out")."""
    return [
        {field.number: field.value for field in record.fields}
        for record in shop.trace
        if record.mti == mti and record.direction == direction
    ]
