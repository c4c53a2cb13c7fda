"""What is recorded at the contacts and at the antenna while the terminal sells, and the story of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from host_tools.bench.shop import OPENING, Shop
from host_tools.cards.issuer import unblock_pin
from host_tools.cards.minting import Mint
from host_tools.emv.tale import status, tell
from host_tools.emv.trace import load
from host_tools.emv.transaction import transactions
from host_tools.keys.authority import Authority


@pytest.fixture(scope="module")
def mint(tmp_path_factory: pytest.TempPathFactory) -> Mint:
    return Mint(Authority(tmp_path_factory.mktemp("authority")).make(OPENING.date()))


def test_a_sale_by_the_chip(tmp_path: Path, mint: Mint) -> None:
    """The host's messages are in it, and what it says of TVR and TSI is what the slip has. Again after a power cut."""
    trace = tmp_path / "apdus.jsonl"
    with Shop(tmp_path, mint=mint, heap="512k") as shop, trace.open("w", encoding="utf-8") as file:
        shop.record_apdus(file)
        bench = shop.bench
        shop.open()
        shop.chips.orders[shop.cards["up-plain-pin"].pan].append(unblock_pin())
        for card in ("up-plain-pin", "up-not-yet"):
            bench.expect("请输入金额")
            bench.type("1234")
            bench.press("enter")
            bench.expect("请刷卡")
            shop.insert(card)
            bench.expect("请输入密码")
            bench.type("123456")
            bench.press("enter")
            bench.expect("请拔卡")
            bench.parts.chip_slot.pull()
            shop.take_slips()
            bench.power_off()
            bench.power_on()
            shop.log_in()
        slips = [slip.text for slip in bench.parts.printer.slips[::2]]
    found = transactions(load(trace))
    assert [len(each.messages) for each in found] == [2, 2]
    for transaction, slip in zip(found, slips, strict=True):
        tvr, tsi = re.findall("TVR: ([0-9A-F]+) TSI: ([0-9A-F]+)", slip)[0]
        assert (transaction.terminal[0x95], status(transaction).hex().upper()) == (tvr, tsi)
    names = [step.name for step in found[1].steps]
    assert names[:4] == ["SELECT", "READ RECORD", "READ RECORD", "SELECT"]  # what T=0 says twice is there once
    assert names.count("READ RECORD") == 8
    first, second = (tell(each) for each in found)
    assert first.outcome == "approved online, F39 00"
    lines = [words for tale in (first, second) for phase in tale.phases for _, words in phase.lines]
    assert "0200 消费 sale" in lines
    assert "0210 消费 sale reply, F39 00 with issuer authentication data and scripts" in lines
    assert "PIN CHANGE/UNBLOCK: 9000 done" in lines
    assert "Application not yet effective: the card is good from 2030-01-01, today is 2026-11-23" in lines
    assert "card 620999******0172 number 00, good to 2035-12-31" in lines
