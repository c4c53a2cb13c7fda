"""What both sides must agree on after whatever happened, by their own word; and what people do (bench/counter.py)."""

from __future__ import annotations

import json

from littlefs import LittleFS

from host_tools.audit.image import FlashImage
from host_tools.audit.verify import judge
from host_tools.bench.counter import (
    add_tip,
    ask_to_complete,
    ask_to_refund,
    ask_to_void,
    authorise,
    messages,
    name_hold,
    pre_authorise,
    requests,
    sell,
    sell_offline,
    sent,
    settle,
    vouchers,
)
from host_tools.bench.shop import Shop
from host_tools.demo.audit import Books, host_books, terminal_books
from host_tools.flash.factory import SECTOR, partitions

__all__ = [
    "add_tip",
    "agree",
    "ask_to_complete",
    "ask_to_refund",
    "ask_to_void",
    "audited",
    "authorise",
    "edit_files",
    "messages",
    "name_hold",
    "pre_authorise",
    "print_totals",
    "requests",
    "sell",
    "sell_offline",
    "sent",
    "set_parameters",
    "settle",
    "settled_sums",
    "vouchers",
]


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


def audited(shop: Shop) -> bool:
    """Whether the journal is whole, and its sums are those of its transactions, by the auditor's word."""
    report = judge(FlashImage(shop.bench.flash.image()).reading(shop.secrets.journal_key))
    return report.good and all(line.agrees for line in report.lines)
