"""R25: help from afar is agreed to at the terminal, over after half an hour and told of in the journal; it cannot pay,
and reads no PIN."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from host_tools.audit.entries import Watch
from host_tools.audit.image import FlashImage
from host_tools.audit.verify import judge
from host_tools.bench.mall_counter import IDLE, choose
from host_tools.bench.shop import Shop
from host_tools.cli import app
from host_tools.keys.framing import FrameReader, frame
from tests.system.books import agree, messages, sell, settle, settled_sums
from tests.system.malls import audited, open_mall
from tests.system.test_replay import _mutant

_TRACE = 0x30  # the kind of frame that a trace is told in


def _ask(shop: Shop, *, mall: bool = False) -> None:
    """Up to the question whether to begin, or to end."""
    shop.bench.expect(IDLE if mall else "请输入金额")
    shop.bench.press("menu", "9", "5")
    shop.bench.expect("运行跟踪", "确认键")


def _traces(shop: Shop, merchant: int = 0) -> list[Watch]:
    key = shop.secrets.journal_key_of(merchant) if merchant else shop.secrets.journal_key
    report = judge(FlashImage(shop.bench.flash.image(), merchant=merchant).reading(key))
    assert report.good and report.books
    return report.books.watches


def _workshop() -> list[bytes]:
    """What somebody at the other end may try: keys, frames of everything that the line is ever used for, and noise."""
    kinds = (0x10, 0x12, 0x40, 0x01, 0x03, _TRACE, 0x7F)  # READ, WRITE, an update's, START, LOAD, a trace's own, none
    frames = [frame(kind, bytes(4) + b"1234" * size) for kind in kinds for size in (0, 3, 60)]
    typed = [b"123456\r", b"K123456", b"\x03\x04", b"\r\nimport machine; machine.reset()\r\n", b"\xa5" * 600]
    return [*frames, *typed, Random(5).randbytes(2000)]


def test_nothing_is_told_and_nothing_recorded_without_a_yes(shop: Shop) -> None:
    bench = shop.bench
    _ask(shop)
    bench.press("cancel")
    _ask(shop)
    bench.expect("请输入金额", timeout=70)  # nobody said anything
    sell(shop, 10_00)
    assert bytes(bench.parts.service.heard) == b""
    assert _traces(shop) == []


def test_the_audit_names_who_let_it_be_and_when(shop: Shop, tmp_path: Path) -> None:
    """One is ended by a person, the other by itself: after half an hour."""
    bench = shop.bench
    _ask(shop)
    bench.press("enter")
    sell(shop, 10_00)
    _ask(shop)
    bench.press("enter")
    _ask(shop)
    bench.press("enter")
    bench.expect("请输入金额")
    heard = len(bench.parts.service.heard)
    bench.run(1_780)
    bench.press("menu", "cancel")
    assert len(bench.parts.service.heard) > heard
    bench.run(30)
    bench.press("menu", "cancel")
    heard = len(bench.parts.service.heard)
    sell(shop, 5_00)
    assert len(bench.parts.service.heard) == heard
    agree(shop, 2, 15_00)
    settle(shop)
    bench.expect("请输入金额")
    assert settled_sums(shop) == {("sale", "CUP"): (2, 15_00)}
    traces = _traces(shop)
    assert [(trace.operator, trace.ended_by) for trace in traces] == [("01", "01"), ("01", "")]
    image = tmp_path / "flash.bin"
    image.write_bytes(bench.flash.image())
    done = CliRunner().invoke(app, ["audit", "verify", str(image)], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    rows = [line for line in done.output.splitlines() if "2026-11-23T09:" in line]
    assert len(rows) == 2 and "traces for the workshop" in done.output
    assert rows[0].count("│ 01") == 2 and "by itself" in rows[1]
    out = tmp_path / "day.csv"
    done = CliRunner().invoke(app, ["audit", "export", str(image), str(out)])
    assert done.exit_code == 0, done.output
    assert len(out.read_text().splitlines()) == 3  # two sales
    assert [row.split(",")[2] for row in (tmp_path / "day-traces.csv").read_text().splitlines()] == [
        "operator",
        "01",
        "01",
    ]


def test_whoever_listens_cannot_pay(shop: Shop) -> None:
    """Whatever comes in by the line: no key, no message, no record, no answer but the trace; at any prompt."""
    bench, tried = shop.bench, _workshop()
    _ask(shop)
    bench.press("enter")
    bench.expect("请输入金额")

    def try_all() -> None:
        before = bench.screen(), messages(shop), _records(shop), len(bench.parts.buzzer.tones)
        for said in tried:
            bench.parts.service.send(said)
            bench.run(0.3)
        assert (bench.screen(), messages(shop), _records(shop), len(bench.parts.buzzer.tones)) == before

    try_all()
    bench.type("1000")
    try_all()
    bench.press("enter")
    bench.expect("请刷卡")
    try_all()
    shop.swipe(shop.cards["plain"])
    bench.expect("请输入密码")
    try_all()
    bench.type(shop.cards["plain"].pin)
    bench.press("enter")
    shop.take_slips()
    agree(shop, 1, 10_00)
    reader = FrameReader()
    assert {kind for kind, _ in reader.feed(bytes(bench.parts.service.heard))} == {_TRACE}


def _records(shop: Shop) -> int:
    return len(FlashImage(shop.bench.flash.image()).reading(shop.secrets.journal_key).records)


def test_without_room_to_say_so_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal that takes no more, here one that wants more room than it has."""
    tree = _mutant(tmp_path, "suanpan/ledger/watched.py", r"_RESERVE = const\(2\)", "_RESERVE = const(9999)")
    monkeypatch.setenv("SUANPAN_FIRMWARE", str(tree))
    with Shop(tmp_path) as shop:
        shop.open()
        _ask(shop)
        shop.bench.press("enter")
        shop.bench.expect("存储已满")
        shop.bench.press("enter")
        sell(shop, 10_00)
        assert bytes(shop.bench.parts.service.heard) == b""
        assert _traces(shop) == []


def test_a_mall_says_it_in_its_first_merchants_journal(tmp_path: Path) -> None:
    """Whoever sold last: what is told is about all of them."""
    with open_mall(tmp_path) as shop:
        bench = shop.bench
        bench.press("menu", "7", "3")
        choose(shop, 2)
        bench.expect("交易查询")
        bench.press("cancel")
        _ask(shop, mall=True)
        bench.press("enter")
        bench.expect(IDLE)
        assert bench.parts.service.heard
        assert audited(shop)
        assert [(trace.operator, trace.ended) for trace in _traces(shop, 1)] == [("01", 0)]
        assert _traces(shop, 2) == []
