"""On a real socket, and from the command line."""

from __future__ import annotations

import asyncio
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


def test_who_does_not_read_is_not_read_from(world: World) -> None:
    transport = Mock(spec=asyncio.Transport)
    peer = server._Peer(Connection(world.acquirer, Faults()))
    peer.connection_made(transport)
    peer.pause_writing()
    assert transport.method_calls == [call.pause_reading()]
    peer.resume_writing()
    assert transport.method_calls == [call.pause_reading(), call.resume_reading()]


def test_help_teaches() -> None:
    result = CliRunner().invoke(cli.app, ["--help"])
    assert result.exit_code == 0
    for option in ("--host", "--port", "--fixture", "--db", "--watch"):
        assert option in result.output


def test_a_missing_fixture_is_said_plainly(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.app, ["--fixture", str(tmp_path / "none.yaml")])
    assert result.exit_code == 1
    assert "acquirer: none.yaml" in result.output


def test_a_file_that_is_no_database_is_said_plainly(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    path.write_text("not a database, " * 100)
    result = CliRunner().invoke(cli.app, ["--db", str(path)])
    assert result.exit_code == 1
    assert "acquirer: file is not a database" in result.output


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
    result = CliRunner().invoke(cli.app, ["--port", "0", "--watch"])
    assert result.exit_code == 0, result.output
    assert "listening on 127.0.0.1:" in result.output
    assert "签到 sign-in reply" in result.output
