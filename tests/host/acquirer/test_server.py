"""On a real socket, and from the command line."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING
from unittest.mock import Mock, call

import pytest
from typer.testing import CliRunner

from host_tools.acquirer import cli, server, spec
from host_tools.acquirer.connection import Connection
from host_tools.acquirer.faults import Fault, Faults, Kind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.host.acquirer.conftest import World

    Session = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def over_tcp(world: World, faults: Faults, session: Session) -> None:
    async def run() -> None:
        async with await server.listen(world.acquirer, faults, delay_ms=0) as listening:
            host, port = listening.sockets[0].getsockname()
            assert host == "127.0.0.1"
            reader, writer = await asyncio.open_connection(host, port)
            await asyncio.wait_for(session(reader, writer), 10)
            writer.close()
            await writer.wait_closed()

    asyncio.run(run())


async def receive(reader: asyncio.StreamReader) -> spec.Message:
    length = int.from_bytes(await reader.readexactly(2), "big")
    return spec.decode(await reader.readexactly(length))


def framed(frame: bytes) -> bytes:
    return len(frame).to_bytes(2, "big") + frame


def test_a_sale_over_tcp(world: World) -> None:
    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sales = [world.till.sale_frame(world.card("plain"), amount) for amount in (100, 200)]
        writer.write(b"".join(map(framed, sales)))
        for amount in ("000000000100", "000000000200"):
            reply = await receive(reader)
            assert (reply.fields[4], reply.fields[39]) == (amount, "00")

    over_tcp(world, Faults(), session)


def test_half_a_reply_then_closed(world: World) -> None:
    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(framed(world.till.sale_frame(world.card("plain"))))
        rest = await reader.read()
        assert 2 < len(rest) < 2 + int.from_bytes(rest[:2], "big")

    faults = Faults()
    faults.arm(Fault(Kind.CLOSE_HALF_WAY))
    over_tcp(world, faults, session)


def test_noise_is_hung_up_on(world: World) -> None:
    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        assert await reader.read() == b""

    over_tcp(world, Faults(), session)


def test_a_terminal_that_leaves_before_its_answer(world: World) -> None:
    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(framed(world.till.sale_frame(world.card("plain"))))
        await writer.drain()
        writer.transport.abort()

    over_tcp(world, Faults(), session)


def test_a_door_that_nobody_answers(world: World) -> None:
    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(framed(world.till.sale_frame(world.card("plain"))))
        assert (await receive(reader)).fields[39] == "00"

    async def refused(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            assert await reader.read() == b""

    faults = Faults()
    faults.arm(Fault(Kind.REFUSED))
    over_tcp(world, faults, refused)
    over_tcp(world, faults, session)


def test_what_cannot_be_kept_is_not_answered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two messages that come together: the commit of both fails, and the books are as before."""

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sales = [framed(world.till.sale_frame(world.card("plain"), amount)) for amount in (100, 200)]
        monkeypatch.setattr(world.store, "keep_group", fail)
        writer.write(b"".join(sales))
        with suppress(ConnectionError):
            assert await reader.read() == b""

    def fail() -> None:
        world.store._grouped = False
        world.store.db.execute("ROLLBACK")
        raise sqlite3.OperationalError("disk full")

    over_tcp(world, Faults(), session)
    assert world.balances()["plain"] == world.card("plain").balance
    assert world.records[-1].note == "database: disk full"
    assert world.acquirer.ledger.check() == []


def test_messages_that_come_together_are_kept_by_one_commit(world: World) -> None:
    commits: list[str] = []

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        world.store.db.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
        writer.write(b"".join(framed(world.till.sale_frame(world.card("plain"), amount)) for amount in range(1, 9)))
        for _ in range(8):
            assert (await receive(reader)).fields[39] == "00"
            assert commits == ["COMMIT"]  # which comes before the first answer

    over_tcp(world, Faults(), session)
    assert world.balances()["plain"] == world.card("plain").balance - 36


def test_a_restart_ends_every_connection(world: World) -> None:
    async def run() -> None:
        faults = Faults()
        async with await server.listen(world.acquirer, faults, delay_ms=0) as listening:
            address = listening.sockets[0].getsockname()
            (others, other), (reader, writer) = [await asyncio.open_connection(*address) for _ in range(2)]
            sale = framed(world.till.sale_frame(world.card("plain")))
            other.write(sale)
            assert (await receive(others)).fields[39] == "00"
            faults.arm(Fault(Kind.RESTART))
            writer.write(framed(world.till.sale_frame(world.card("plain"))))
            for ended in (others, reader):
                with suppress(ConnectionError):
                    assert await asyncio.wait_for(ended.read(), 10) == b""
            again, back = await asyncio.open_connection(*address)
            back.write(sale)
            assert (await receive(again)).fields[39] == "94"
            for line in (writer, other, back):
                line.close()

    asyncio.run(run())
    card = world.card("plain")
    assert world.acquirer.bank.balance(card.pan) == card.balance - 100


def test_who_does_not_read_is_not_read_from(world: World) -> None:
    transport = Mock(spec=asyncio.Transport)
    peer = server._Peer(Connection(world.acquirer, Faults()), server._Group(world.acquirer))
    peer.connection_made(transport)
    peer.pause_writing()
    assert transport.method_calls == [call.pause_reading()]
    peer.resume_writing()
    assert transport.method_calls == [call.pause_reading(), call.resume_reading()]


def test_help_teaches() -> None:
    result = CliRunner().invoke(cli.app, ["--help"])
    assert result.exit_code == 0
    for option in ("--host", "--port", "--fixture", "--database", "--watch", "--scenario"):
        assert option in result.output


def test_a_missing_fixture_is_said_plainly(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.app, ["--fixture", str(tmp_path / "none.yaml")])
    assert result.exit_code == 1
    assert "acquirer: none.yaml" in result.output


def test_a_mistake_in_a_scenario_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("rules:\n- do: explode\n")
    result = CliRunner().invoke(cli.app, ["--scenario", str(tmp_path / "mine.yaml")])
    assert result.exit_code == 1
    assert "acquirer: mine.yaml:2: 'explode' is none of" in result.output.replace("\n", "")


def test_a_file_that_is_no_database_is_said_plainly(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    path.write_text("not a database, " * 100)
    result = CliRunner().invoke(cli.app, ["--db", str(path)])
    assert result.exit_code == 1
    assert "bank.db: file is not a database" in " ".join(result.output.split())


def test_it_listens_watches_and_stops(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command up to the interrupt: a server bound to a free port, its trace printed."""

    async def until_interrupted(listening: asyncio.Server) -> None:
        host, port = listening.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(framed(world.till.sign_in_frame()))
        assert (await receive(reader)).fields[39] == "00"
        writer.close()
        raise KeyboardInterrupt

    monkeypatch.setattr(asyncio.Server, "serve_forever", until_interrupted)
    result = CliRunner().invoke(cli.app, ["--port", "0", "--watch", "--web", "0"])
    assert result.exit_code == 0, result.output
    assert "acquirer: http://127.0.0.1:" in result.output
    assert "listening on 127.0.0.1:" in result.output
    assert "签到 sign-in reply" in result.output
