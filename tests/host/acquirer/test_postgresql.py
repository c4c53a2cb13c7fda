"""What is PostgreSQL's own: several programs at one store, versions, and what is in its tables."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest
from typer.testing import CliRunner

from host_tools.acquirer import cli, fixture
from host_tools.acquirer.store import Store, StoreError
from tests.host.acquirer.conftest import World

if TYPE_CHECKING:
    from tests.plugins.postgresql import Cluster

MASTER = fixture.load().master_key


@pytest.fixture
def url(postgresql: Cluster) -> str:
    return postgresql.database()


def test_the_books_and_the_session_outlive_the_process(url: str) -> None:
    with World(database=url) as world:
        world.till.sign_in()
        sale = world.till.sale_frame(world.card("plain"), 500)
        assert world.till.exchange(sale).fields[39] == "00"
    with World(database=url) as again:
        again.till.pik, again.till.mak = world.till.pik, world.till.mak
        assert again.till.exchange(sale).fields[39] == "94"
        assert again.till.reverse(sale).fields[39] == "00"
        assert again.balances()["plain"] == again.card("plain").balance
        assert again.acquirer.ledger.check() == []


def test_several_programs_at_one_store(url: str) -> None:
    """Each has its own terminal; all sell for the same merchant, to the same card, and count the same references."""
    tids = ["10000001", "10000002", "10000003", "10000004"]

    def sell(tid: str) -> list[str]:
        with World(database=url) as world:
            till = world.till_of(tid)
            till.sign_in()
            replies = [till.sale(world.card("plain"), 100) for _ in range(15)]
            assert {reply.fields[39] for reply in replies} == {"00"}
            return [reply.fields[37] for reply in replies]

    with ThreadPoolExecutor() as pool:
        references = [one for found in pool.map(sell, tids) for one in found]
    assert len(set(references)) == len(tids) * 15
    with World(database=url) as world:
        assert world.balances()["plain"] == world.card("plain").balance - 100 * len(references)
        assert world.acquirer.ledger.check() == []
        assert [world.acquirer.ledger.totals(tid, 1).count for tid in tids] == [15] * 4


@pytest.mark.parametrize("change", [{"master_key": bytes(32)}, {"pvk": bytes(16)}], ids=["master key", "PVK"])
def test_another_bank_s_store_is_not_opened(url: str, change: dict[str, bytes]) -> None:
    bank = fixture.load()
    fixture.open_bank(bank, url).close()
    with pytest.raises(StoreError):
        fixture.open_bank(replace(bank, **change), url)  # type: ignore[arg-type]


def test_a_store_of_another_version_is_not_opened(url: str) -> None:
    store = Store(url, MASTER)
    store.db.execute("UPDATE store_version SET version = 99")
    store.close()
    with pytest.raises(StoreError, match="version 99, not"):
        Store(url, MASTER)


def test_an_exception_leaves_nothing(url: str) -> None:
    with World(database=url) as world:
        world.till.sign_in()
        with pytest.raises(ZeroDivisionError), world.store.transaction():
            _ = world.store.next_sequence() // 0
        with pytest.raises(psycopg.Error), world.store.transaction():
            world.store.db.execute("SELECT nothing")
        with world.store.transaction():
            assert world.store.next_sequence() == 2  # the sign-in was the first


def test_a_server_that_has_gone_away_is_a_host_fault(url: str) -> None:
    with World(database=url) as world:
        world.till.sign_in()
        (process,) = world.store.db.execute("SELECT pg_backend_pid()").fetchone()
        with World(database=url) as other:
            other.store.db.execute(f"SELECT pg_terminate_backend({process})")
        raw = world.acquirer.answer(world.till.sale_frame(world.card("plain")))
        assert raw is not None and b"96" in raw
        assert world.records[-2].note.startswith("database: ")
        assert world.till.sale(world.card("plain"), 100).fields[39] == "00"  # it is found again
        with World(database=url) as other:
            assert other.balances()["plain"] == other.card("plain").balance - 100


def test_no_table_holds_a_pin_a_track_or_a_clear_key(url: str) -> None:
    with World(database=url) as world:
        world.till.sign_in()
        world.till.sale(world.card("plain"))
        tables = [
            name for (name,) in world.store.db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ]
        assert len(tables) == 12
        rows = " ".join(str(world.store.db.execute(f"SELECT t::text FROM {name} t").fetchall()) for name in tables)
        keys = [world.till.pik, world.till.mak, world.bank.pvk, world.bank.master_key]
        keys += [terminal.tmk for terminal in world.bank.terminals.values()]
        assert not [key for key in keys if key.hex() in rows.lower()]
        for card in world.bank.cards.values():
            assert card.pan in rows  # the search does find things
            assert card.discretionary not in rows


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("postgresql+psycopg://suanpan:secret@/none?host={socket}", 'database "none" does not exist'),
        ("postgresql+psycopg://suanpan:secret@/none?host=/nowhere", "connection is bad"),
        ("oracle+nothing://suanpan:secret@here/none", "oracle"),
        ("://", "Could not parse"),
    ],
)
def test_a_database_that_cannot_be_had_is_said_plainly(url: str, wrong: str, says: str) -> None:
    socket = url.partition("host=")[2]
    result = CliRunner().invoke(cli.app, ["--database", wrong.format(socket=socket)])
    assert result.exit_code == 1
    assert says in " ".join(result.output.split())
    assert "secret" not in result.output
