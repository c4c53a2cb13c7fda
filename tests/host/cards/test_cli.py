"""`suanpan cards`."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from host_tools.bench.parts.chip_slot_card import T0_ATR
from host_tools.cards.cli import app
from host_tools.cards.entries import load
from host_tools.keys.authority import CaKey

GET_COUNTER = "80CA9F3600"
SELECT = "00A4040008A00000033301010100"
OPTIONS = "80A80000028300" + "00"


@pytest.fixture(autouse=True)
def quick_authority(monkeypatch: pytest.MonkeyPatch, ca_keys: list[CaKey]) -> None:
    monkeypatch.setattr("host_tools.cards.cli._authority", lambda keys: ca_keys)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_list() -> None:
    listed = run("list")
    assert all(name[:8] in listed for name in load().cards)


def test_send(tmp_path: Path) -> None:
    """The counter outlives the power where there is a place for it."""
    for count in ("01", "02"):
        said = run("send", "up-debit", SELECT, OPTIONS, GET_COUNTER, "--state", str(tmp_path / "cards"))
        assert said.split()[-1] == f"9F360200{count}9000"
    assert run("send", "up-debit", SELECT, GET_COUNTER).split()[-1] == "9F360200009000"
    assert run("send", "up-bare", SELECT, "--tap").split() == ["6A82"]


def test_wrong_words() -> None:
    for arguments in (["send", "nobody", SELECT], ["send", "up-debit", "hello"]):
        assert CliRunner().invoke(app, arguments).exit_code == 2


def test_serve() -> None:
    """A vpcd of three messages: power on, ATR?, and a command."""
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor() as pool:
        served = pool.submit(run, "serve", "up-debit", "--port", str(server.getsockname()[1]))
        connection, _ = server.accept()
        with connection:
            connection.settimeout(20)
            connection.sendall(b"\0\1\1" + b"\0\1\4")
            assert connection.recv(2) == bytes([0, len(T0_ATR)])
            assert connection.recv(64) == T0_ATR
            connection.sendall(b"\0\5" + bytes.fromhex("80CA9F3600"))
            assert connection.recv(64)[-2:] == b"\x69\x85"
        served.result()


def test_nobody_at_the_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    result = CliRunner().invoke(app, ["serve", "up-debit", "--port", str(port)])
    assert result.exit_code == 1 and "vpcd is not at" in result.output
