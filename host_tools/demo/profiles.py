"""A day of each kind of shop, from the first log-in to the settlement, and one that ends unbalanced.

Each has a terminal and an acquirer of its own; in the mall three merchants share one, and settle one by one. What the
terminal has printed at its settlement, what the host has in its books and what cardholders have paid must be the
same; also where the two do not agree on which cards are domestic, which the upload of the batch shows transaction by
transaction.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from host_tools.acquirer.faults import Kind
from host_tools.acquirer.fixture import Enrolment
from host_tools.bench import mall_counter
from host_tools.bench.counter import (
    add_tip,
    ask_to_complete,
    ask_to_refund,
    ask_to_void,
    pre_authorise,
    sell,
    sell_offline,
    settle,
    vouchers,
)
from host_tools.bench.shop import TERMINAL, Shop
from host_tools.bench.tenants import tenants

_BATCH = "000001"


@dataclass(frozen=True)
class Profile:
    """`moves` is what the day is worth to the merchant, in fen; `differs` how many transactions the two sides have
    differently."""

    title: str
    act: Callable[[Shop], None]
    moves: int
    differs: int = 0
    others: tuple[Enrolment, ...] = ()  # merchants who share the terminal with the first


@dataclass(frozen=True)
class Outcome:
    """`terminal` by its settlement slip, `host` by its books, `paid` by cardholders' accounts; `differences` by the
    host, of an uploaded batch."""

    profile: Profile
    terminal: int
    host: int
    paid: int
    balanced: bool
    differences: list[str]
    trouble: list[str]

    @property
    def good(self) -> bool:
        sums = {self.terminal, self.host, self.paid}
        expected = sums == {self.profile.moves} and not self.trouble
        differs = self.profile.differs
        return expected and self.balanced == (not differs) and len(self.differences) == differs


def _retail(shop: Shop) -> None:
    sell(shop, 128_00)
    sell(shop, 35_50, "long")
    sell(shop, 99_90, "foreign")
    ask_to_void(shop, "long", vouchers(shop)[1])
    shop.take_slips()
    ask_to_refund(shop, 28_00, vouchers(shop)[0])
    shop.take_slips()
    shop.bench.network(False)
    sell_offline(shop, 56_00, "long")
    shop.bench.network(True)


def _restaurant(shop: Shop) -> None:
    sell(shop, 268_00)
    add_tip(shop, 20_00, vouchers(shop)[0])
    shop.take_slips()
    sell(shop, 188_00, "long")
    shop.bench.network(False)
    sell_offline(shop, 320_00, "named")
    add_tip(shop, 30_00, f"{int(vouchers(shop)[-1]) + 1:06}")
    shop.take_slips()
    shop.bench.network(True)


def _hotel(shop: Shop) -> None:
    """Three rooms: one guest stays as long as planned, one eats and drinks as well, one never comes."""
    rooms = {card: pre_authorise(shop, 1_000_00, card) for card in ("plain", "long", "named")}
    ask_to_complete(shop, 880_00, rooms["plain"])
    shop.take_slips()
    ask_to_complete(shop, 1_150_00, rooms["long"], "long", advice=True)
    shop.take_slips()
    add_tip(shop, 50_00, vouchers(shop)[0])
    shop.take_slips()


def _unbalanced(shop: Shop) -> None:
    """The bank has taken a card of another organisation for one of its own: the terminal goes by the card's number."""
    shop.acquirer.bank.rebrand(shop.cards["foreign"].pan, "CUP")
    sell(shop, 45_00)
    sell_offline(shop, 12_00, "foreign")
    sell_offline(shop, 15_00, "long")


def _mall(shop: Shop) -> None:
    """Three merchants at one cash desk. The host of one does not answer: it is told the sale is off before the end."""
    mall_counter.sell(shop, 1, 88_00)
    mall_counter.sell(shop, 2, 59_80, "long")
    shop.disturb(Kind.SILENT, "0200")
    mall_counter.ask(shop, 3, 45_00, "named")
    shop.bench.expect("已冲正", timeout=90)
    shop.bench.press("enter")
    mall_counter.sell(shop, 1, 32_00, "long")
    mall_counter.sell(shop, 3, 120_00, "named")


PROFILES = (
    Profile("零售 retail", _retail, 128_00 + 99_90 - 28_00 + 56_00),
    Profile("餐饮 restaurant", _restaurant, 288_00 + 188_00 + 350_00),
    Profile("酒店 hotel", _hotel, 930_00 + 1_150_00),
    Profile("商场 mall", _mall, 88_00 + 59_80 + 32_00 + 120_00, others=tenants(2)),
    Profile("不平 unbalanced", _unbalanced, 72_00, differs=1),
)


def play(seed: int) -> Iterator[Outcome]:
    """One after the other. Raises BenchError where a day does not go as it should."""
    for profile in PROFILES:
        with tempfile.TemporaryDirectory() as scratch, Shop(Path(scratch), seed=seed, others=profile.others) as shop:
            shop.open()
            shop.bench.expect(mall_counter.IDLE if profile.others else "请输入金额")
            profile.act(shop)
            yield _end(profile, shop)


def _end(profile: Profile, shop: Shop) -> Outcome:
    terminals = [TERMINAL, *(other.tid for other in profile.others)]
    numbers = range(1, len(terminals) + 1)
    slips = [mall_counter.settle(shop, number) for number in numbers] if profile.others else [settle(shop)]
    totals = [re.search(r"RMB (-?\d+)\.(\d\d)", slip) for slip in slips]
    sides = [side for terminal in terminals for side in shop.acquirer.ledger.sides(terminal, int(_BATCH))]
    return Outcome(
        profile,
        terminal=sum(int(total[1] + total[2]) for total in totals if total),
        host=sum(side.debit - side.credit for side in sides),
        paid=sum(card.balance - shop.acquirer.bank.balance(card.pan) for card in shop.cards.values()),
        balanced=all("对账平" in slip for slip in slips),
        differences=[
            found for terminal in terminals for found in shop.acquirer.settlement.differences(terminal, _BATCH) or []
        ],
        trouble=shop.acquirer.ledger.check(),
    )
