"""The demo's checks: each can fail, and when one does the command does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from host_tools.bench.shop import Shop
from host_tools.cli import app
from host_tools.demo import cli
from host_tools.demo.audit import UnreadableSlip, audit, found_in, pins, secrets, terminal_books
from host_tools.demo.day import DAY, Step
from host_tools.demo.profiles import PROFILES, Outcome


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with Shop(tmp_path_factory.mktemp("day")) as shop:
        for step in DAY:
            step.act(shop)
        yield shop


def test_the_command_leaves_what_it_says(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["demo", "--no-cards", "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "0.00" in result.output
    assert result.output.count("✓") == 7 + len(PROFILES)
    assert "000003:" in result.output  # what the upload of the unbalanced batch has shown
    summary = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert summary["good"]
    assert summary["sales"]["terminal"] == summary["sales"]["host"] == {"count": 3, "amount": 200_34}
    assert len(list((tmp_path / "screens").glob("*.png"))) == summary["screens"] > 100
    assert len(list((tmp_path / "slips").glob("*.png"))) == len(list((tmp_path / "slips").glob("*.txt"))) == 7
    assert "冲正 reversal" in (tmp_path / "trace.txt").read_text("utf-8")
    assert len(json.loads((tmp_path / "trace.json").read_text("utf-8"))) == summary["messages"]


def _failed(shop: Shop, image: bytes) -> list[str]:
    return [check.what for check in audit(shop, image) if not check.good]


def test_a_good_day_passes_every_check(day: Shop) -> None:
    assert _failed(day, day.bench.flash.image()) == []


def test_every_planted_secret_is_found(day: Shop) -> None:
    """S1: what the search would have to find, it finds, wherever it lies."""
    cards = list(day.cards.values())
    image = day.bench.flash.image()
    for name, secret in (secrets(cards) | pins(cards)).items():
        for at in (0, len(image) // 3 + 1, len(image) - len(secret)):
            planted = image[:at] + secret + image[at + len(secret) :]
            assert name in found_in(planted, {name: secret}), name
    planted = cards[0].pan.encode() + image[len(cards[0].pan) :]
    assert _failed(day, planted) == ["no PAN, track or PIN in flash"]


def test_a_terminal_that_says_too_much_is_found_out(day: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    printer = day.bench.parts.printer
    forged = SimpleNamespace(text=printer.slips[-1].text.replace("200.34", "200.35"))
    monkeypatch.setattr(printer, "slips", [*printer.slips[:-1], forged])
    assert _failed(day, day.bench.flash.image()) == ["the terminal's totals are the day's", "difference is 0.00"]


def test_books_that_are_tampered_with_are_found_out(day: Shop) -> None:
    books = day.acquirer.ledger._store.db
    books.execute("SAVEPOINT forgery")
    books.execute(
        "INSERT INTO posting SELECT MAX(entry), (SELECT MAX(id) FROM account), 1 FROM posting WHERE entry = 1"
    )
    failed = _failed(day, day.bench.flash.image())
    books.execute("ROLLBACK TO forgery")
    books.execute("RELEASE forgery")
    assert "the host's books balance" in failed
    assert _failed(day, day.bench.flash.image()) == []


def test_a_missing_slip_is_found_out(day: Shop) -> None:
    slips = day.bench.parts.printer.slips
    lost = slips.pop(0)
    try:
        assert _failed(day, day.bench.flash.image()) == ["two copies of each slip, and the totals"]
    finally:
        slips.insert(0, lost)


def test_a_slip_without_totals_is_no_answer() -> None:
    with pytest.raises(UnreadableSlip):
        terminal_books("商户名称: 算盘茶馆")


def test_a_day_of_a_shop_is_good_if_everybody_says_the_same() -> None:
    moves = PROFILES[0].moves
    good = Outcome(PROFILES[0], moves, moves, moves, balanced=True, differences=[], trouble=[])
    assert good.good
    for wrong in (
        replace(good, terminal=1),
        replace(good, paid=1),
        replace(good, balanced=False),
        replace(good, differences=["x"]),
        replace(good, trouble=["x"]),
    ):
        assert not wrong.good
    unbalanced = replace(good, profile=replace(PROFILES[0], differs=1), balanced=False, differences=["x"])
    assert unbalanced.good
    assert not replace(unbalanced, balanced=True).good


def test_a_day_that_goes_otherwise_turns_the_command_red(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sale more than the day has: money and slips no longer come out."""

    def sell_again(shop: Shop) -> None:
        shop.ask_for(1, shop.cards["plain"])
        shop.take_slips()

    monkeypatch.setattr(cli, "DAY", (*DAY[:-1], Step("one more", sell_again), DAY[-1]))
    result = CliRunner().invoke(app, ["demo", "--no-cards", "--no-shops", "--out", str(tmp_path)])
    assert result.exit_code == 1
    assert not json.loads((tmp_path / "summary.json").read_text("utf-8"))["good"]


def test_a_step_that_does_not_happen_turns_the_command_red(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def wait_in_vain(shop: Shop) -> None:
        shop.bench.expect("没有这样的屏幕", timeout=1)

    monkeypatch.setattr(cli, "DAY", (DAY[0], Step("in vain", wait_in_vain)))
    result = CliRunner().invoke(app, ["demo", "--no-cards", "--no-shops", "--out", str(tmp_path)])
    assert result.exit_code == 1
    assert "stopped" in result.output
