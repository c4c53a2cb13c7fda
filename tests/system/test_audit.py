"""A shop's day, audited from its flash image (R4, R19, S17): terminal, host and audit come to the same."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from host_tools.audit.image import FlashImage
from host_tools.audit.verify import judge
from host_tools.bench.shop import TERMINAL, Shop
from host_tools.cli import app
from host_tools.demo.audit import host_books
from host_tools.demo.day import APPROVED, DAY
from tests.system.books import agree, sell


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Sales, a wrong PIN, no funds, a silent host, a power cut, another sign-in."""
    with Shop(tmp_path_factory.mktemp("day")) as shop:
        for step in DAY:
            step.act(shop)
        shop.bench.press("menu", "7", "1")
        shop.bench.expect("签到成功")
        shop.bench.expect("请输入金额")
        sell(shop, 5_00)
        agree(shop, len(APPROVED) + 1, sum(APPROVED.values()) + 5_00)
        yield shop


@pytest.fixture
def image(day: Shop, tmp_path: Path) -> Path:
    path = tmp_path / "flash.bin"
    path.write_bytes(day.bench.flash.image())
    return path


@pytest.fixture
def database(day: Shop, tmp_path: Path) -> Path:
    """A copy of the acquirer's books."""
    path = tmp_path / "acquirer.db"
    with closing(sqlite3.connect(path)) as copy:
        day.acquirer.ledger._store.db.backup(copy)
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["audit", *(str(each) for each in arguments)], env={"COLUMNS": "200"})


def test_the_day_is_whole_and_its_sums_are_the_hosts(day: Shop, image: Path, database: Path) -> None:
    done = run("verify", image, "--against", database)
    assert done.exit_code == 0, done.output
    assert "whole: records 1 to " in done.output
    books = judge(FlashImage(image.read_bytes()).reading(day.secrets.journal_key)).books
    assert books
    sales = [entry.amount for entry in books.entries if entry.counted]
    host = host_books(day)
    assert (len(sales), sum(sales)) == (host.count, host.amount)
    assert [entry.status for entry in books.entries] == [
        "approved", "approved", "declined", "declined", "reversed", "reversed", "approved", "approved",
    ]  # fmt: skip


def test_the_export_is_the_day(day: Shop, image: Path, tmp_path: Path) -> None:
    done = run("export", image, tmp_path / "day.json")
    assert done.exit_code == 0, done.output
    text = (tmp_path / "day.json").read_text("utf-8")
    document = json.loads(text)
    (line,) = document["totals"]
    host = host_books(day)
    assert (line["count"], line["amount"], line["whole"]) == (host.count, host.amount, True)
    counted = [row["amount"] for row in document["transactions"] if row["counted"]]
    assert (len(counted), sum(counted)) == (host.count, host.amount)
    for card in day.cards.values():
        assert card.pan not in text


def test_an_end_that_was_cut_off_shows_in_the_hosts_books(day: Shop, image: Path, database: Path) -> None:
    """The newest sale is taken out of the chip: the journal is whole, and the host knows better."""
    frames = judge(FlashImage(image.read_bytes()).reading(day.secrets.journal_key)).books
    assert frames
    newest = frames.entries[-1].number
    content = bytearray(image.read_bytes())
    base = FlashImage(bytes(content)).base
    for record in frames.records:
        if record.number >= newest and record.place:
            at = base + record.place.sector * 4096 + record.place.offset
            content[at : base + (record.place.sector + 1) * 4096] = b"\xff" * (
                base + (record.place.sector + 1) * 4096 - at
            )
    image.write_bytes(content)
    done = run("verify", image)
    assert done.exit_code == 0, done.output
    done = run("verify", image, "--against", database, "--terminal", TERMINAL)
    assert done.exit_code == 1
    assert "-5.00" in done.output


def test_a_database_of_somebody_else(image: Path, tmp_path: Path) -> None:
    (tmp_path / "other.db").write_bytes(b"no database at all")
    done = run("verify", image, "--against", tmp_path / "other.db")
    assert done.exit_code == 1
    assert "is no acquirer's database" in done.output


def test_a_secure_element_keeps_the_key(tmp_path: Path) -> None:
    """The image does not have it; the journal's key is given."""
    from tests.system.test_zeroise import _with_element

    with Shop(tmp_path, pins=_with_element(tmp_path)) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        sell(shop, 10_00)
        key, path = shop.secrets.journal_key.hex(), tmp_path / "image.bin"
        path.write_bytes(shop.bench.flash.image())
    assert "give the journal's key" in run("verify", path).output
    assert run("verify", path, "--key", key).exit_code == 0


def test_zeroised_and_torn_open_the_journal_can_still_be_audited(shop: Shop, tmp_path: Path) -> None:
    sell(shop, 10_00)
    shop.bench.parts.tamper_switch.open_case()
    shop.bench.expect("终端故障")
    shop.bench.power_off()
    path = tmp_path / "image.bin"
    path.write_bytes(shop.bench.flash.image())
    assert run("verify", path).exit_code == 0
