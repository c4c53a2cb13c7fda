"""The demo's second half: cards at the counter, and the table of what came of them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from host_tools.cli import app
from host_tools.demo import cli
from host_tools.demo.cards import Row, everybody
from host_tools.demo.cli import card_table
from host_tools.demo.day import DAY
from host_tools.emv.trace import CONTACT, CONTACTLESS, load
from host_tools.emv.transaction import transactions


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Row], Path]:
    trace = tmp_path_factory.mktemp("demo") / "apdus.jsonl"
    told: list[tuple[str, str]] = []
    rows = list(everybody(trace, lambda *who: told.append(who), ["up-plain-pin", "up-offline", "up-bare", "mc-stripe"]))
    assert [(row.card, row.interface) for row in rows] == told
    return rows, trace


def test_every_way_to_present_a_card(played: tuple[list[Row], Path]) -> None:
    """A card that cannot be tapped is not; what an issuer was not asked for it verifies when it is told."""
    rows, _ = played
    shown = [
        (row.card, row.interface, row.oda, row.cvm, row.outcome, row.f39, row.tvr, row.cryptogram, row.genuine)
        for row in rows
    ]
    zeros = "0000000000"
    assert shown == [
        ("up-plain-pin", CONTACT, "CDA", "PIN", "approved online", "00", "0000008000", "ARQC", True),
        ("up-plain-pin", CONTACTLESS, "", "online PIN", "approved online", "00", zeros, "ARQC", True),
        ("up-offline", CONTACT, "CDA", "none", "approved online", "00", "0000008000", "ARQC", True),
        ("up-offline", CONTACTLESS, "fDDA", "none", "approved offline", "00", zeros, "TC", True),
        ("up-bare", CONTACT, "", "online PIN", "approved online", "00", "8000048000", "ARQC", True),
        ("mc-stripe", CONTACT, "CDA", "online PIN", "approved online", "00", "0000040000", "ARQC", True),
        ("mc-stripe", CONTACTLESS, "", "", "not taken", "", "", "", None),
    ]
    assert all(1_500 < row.ms < 3_000 for row in rows if row.interface == CONTACT)
    assert all(10 < row.ms < 500 for row in rows if row.interface == CONTACTLESS)


def test_the_trace_has_them_all(played: tuple[list[Row], Path]) -> None:
    rows, trace = played
    assert [each.interface for each in transactions(load(trace))] == [row.interface for row in rows]


def test_the_table(played: tuple[list[Row], Path]) -> None:
    console = Console(file=io.StringIO(), width=120, color_system=None)
    console.print(card_table(played[0]))
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert any("up-offline" in line and "ARQC ✓" in line for line in lines)
    assert any("fDDA" in line and "approved offline" in line and "TC ✓" in line for line in lines)


def test_a_cryptogram_that_is_not_believed_turns_the_command_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, played: tuple[list[Row], Path]
) -> None:
    forged = replace(played[0][0], genuine=False)

    def one(*_: object) -> Iterator[Row]:
        yield forged

    monkeypatch.setattr(cli, "everybody", one)
    monkeypatch.setattr(cli, "DAY", (DAY[0], DAY[-1]))
    monkeypatch.setattr(cli, "audit", lambda *_: [])
    result = CliRunner().invoke(app, ["demo", "--no-shops", "--out", str(tmp_path)])
    assert result.exit_code == 1, result.output
    assert "has verified 0 of 1 cryptograms, of 1 sales" in result.output
    assert (tmp_path / "cards.json").exists()
