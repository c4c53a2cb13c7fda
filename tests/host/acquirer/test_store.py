"""The database file: it outlives the process, it belongs to its bank, and it gives nothing away."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from host_tools.acquirer import fixture
from host_tools.acquirer.ledger import Totals
from host_tools.acquirer.store import StoreError
from tests.host.acquirer.conftest import TID, World
from tests.host.acquirer.till import Sold

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def kept(path: str) -> Iterator[World]:
    """A world whose bank is in a file."""
    with World(database=path) as world:
        yield world


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "bank.db")


def test_the_books_and_the_session_outlive_the_process(path: str, kept: World) -> None:
    kept.till.sign_in()
    sale = kept.till.sale_frame(kept.card("plain"), 500)
    assert kept.till.exchange(sale).fields[39] == "00"
    kept.store.close()

    with World(database=path) as again:
        again.till.pik, again.till.mak = kept.till.pik, kept.till.mak
        assert again.till.exchange(sale).fields[39] == "94"
        assert again.till.reverse(sale).fields[39] == "00"
        assert again.balances()["plain"] == again.card("plain").balance
        assert again.acquirer.ledger.check() == []


def test_a_store_that_nobody_closes_is_told_of(path: str) -> None:
    bank = fixture.open_bank(fixture.load(), path)
    with pytest.warns(ResourceWarning, match="unclosed"):
        bank.__del__()
    bank.close()
    bank.__del__()


def test_a_commit_is_in_wal_mode_and_synced(kept: World) -> None:
    assert kept.store.db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert kept.store.db.execute("PRAGMA synchronous").fetchone() == (2,)


@pytest.mark.parametrize("change", [{"master_key": bytes(32)}, {"pvk": bytes(16)}], ids=["master key", "PVK"])
def test_another_bank_s_file_is_not_opened(path: str, kept: World, change: dict[str, bytes]) -> None:
    with pytest.raises(StoreError):
        fixture.open_bank(replace(kept.bank, **change), path)  # type: ignore[arg-type]


@pytest.mark.parametrize("version", [1, 99])
def test_a_file_of_another_version_is_not_opened(path: str, version: int) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(StoreError, match=f"version {version}, not 4"):
        World(database=path)


@pytest.fixture
def of_version_2(path: str) -> str:
    with closing(sqlite3.connect(path)) as db:
        db.executescript((Path(__file__).parent / "store_v2.sql").read_text(encoding="utf-8"))
    return path


def test_a_file_of_version_2_is_brought_up_to_date(of_version_2: str) -> None:
    with World(database=of_version_2) as world:
        assert world.store.db.execute("PRAGMA user_version").fetchone() == (4,)
        assert world.store.db.execute("PRAGMA foreign_keys").fetchone() == (1,)
        ledger, till = world.acquirer.ledger, world.till
        assert ledger.check() == []
        assert ledger.sums(TID, 1) == {("sale", "CUP"): Totals(1, 500), ("sale", "VIS"): Totals(1, 700)}
        till.pik, till.mak = (bytes.fromhex(key) for key in ("628f79ce7949cd1ca157cee6621a3446", "eaae5dcd6e37291c"))
        sale = till.sale_frame(world.card("plain"), 500, changes={11: "000002"})
        assert till.exchange(sale).fields[39] == "94"  # the session and what was done in it are known
        card = world.card("foreign")
        sold = Sold(card, 700, "000001", "000003", "632710000003", "000000", "1123")  # its code was never kept
        assert till.void(sold, changes={11: "000777"}).fields[39] == "00"
        assert till.offline(world.card("empty"), 1, {11: "000778"}).fields[39] == "00"
        assert till.reverse(sale).fields[39] == "00"
        assert ledger.check() == []
        before = world.balances()
    with World(database=of_version_2) as again:
        assert again.balances() == before


def test_a_file_that_cannot_be_brought_up_to_date_stays_as_it_is(of_version_2: str) -> None:
    with closing(sqlite3.connect(of_version_2)) as db:
        db.execute("UPDATE card SET account = 99 WHERE pan = '6200000000000013'")
        db.commit()
        before = list(db.iterdump())
    with pytest.raises(StoreError, match="refers to nothing"):
        World(database=of_version_2)
    with closing(sqlite3.connect(of_version_2)) as db:
        assert list(db.iterdump()) == before
        assert db.execute("PRAGMA user_version").fetchone() == (2,)


def test_the_file_holds_no_pin_no_track_and_no_clear_key(tmp_path: Path, kept: World) -> None:
    kept.till.sign_in()
    kept.till.sale(kept.card("plain"))
    keys = [kept.till.pik, kept.till.mak, kept.bank.pvk, kept.bank.master_key]
    keys += [terminal.tmk for terminal in kept.bank.terminals.values()]
    files = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for key in keys:
        assert key not in files
        assert key.hex().encode() not in files.lower()
    for card in kept.bank.cards.values():
        assert card.pan.encode() in files  # the search does find things
        assert card.discretionary.encode() not in files
    offsets = {row[0] for row in kept.store.db.execute("SELECT pin_offset FROM card")}
    assert not offsets & {card.pin for card in kept.bank.cards.values()}


def test_an_exception_leaves_nothing(world: World) -> None:
    with pytest.raises(ZeroDivisionError), world.store.transaction():
        _ = world.store.next_sequence() // 0
    with world.store.transaction():
        assert world.store.next_sequence() == 2  # the sign-in was the first
