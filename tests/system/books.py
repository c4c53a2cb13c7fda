"""What both sides must agree on after whatever happened, by their own word."""

from __future__ import annotations

from host_tools.bench.shop import Shop
from host_tools.demo.audit import Books, host_books, terminal_books


def print_totals(shop: Shop) -> Books:
    """The terminal's totals, from the slip it prints."""
    bench = shop.bench
    slips = len(bench.parts.printer.slips)
    bench.press("menu")
    bench.expect("打印汇总")
    bench.press("3")
    bench.until(lambda: len(bench.parts.printer.slips) > slips, "slip with the totals")
    bench.expect("请输入金额")
    return terminal_books(bench.parts.printer.slips[-1].text)


def agree(shop: Shop, count: int, amount: int) -> None:
    """The terminal's and the host's totals are both these, the books balance, and nothing waits to be reversed."""
    assert print_totals(shop) == Books(count, amount)
    assert host_books(shop) == Books(count, amount)
    assert shop.acquirer.ledger.check() == []


def messages(shop: Shop) -> list[str]:
    """The MTIs that reached the host and its answers, in order."""
    return [record.mti for record in shop.trace if record.direction in ("in", "out")]


def sell(shop: Shop, fen: int, card: str = "plain") -> None:
    """An ordinary sale, to its second slip."""
    shop.ask_for(fen, shop.cards[card])
    shop.take_slips()
