"""`suanpan backup` and `suanpan audit` with an archive, as they are typed."""

from __future__ import annotations

import socket
from queue import Queue
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from host_tools.backup.line import Kind
from host_tools.cli import app
from host_tools.keys.framing import frame
from tests.host.backup.boards import KEY, LIFE, TERMINAL

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

    from tests.host.backup.boards import Boards, Cable
    from tests.host.backup.conftest import Saved


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments], env={"COLUMNS": "200"})


@pytest.fixture
def file(saved: Saved, tmp_path: Path) -> Path:
    path = tmp_path / "terminal.spb"
    path.write_bytes(saved.content)
    return path


def plug_in(cable: Cable, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the port /dev/ttyUSB0."""

    class Serial:
        def __enter__(self) -> Cable:
            return cable

        def __exit__(self, *_: object) -> None: ...

    def opened(port: str, baudrate: int, timeout: float) -> Serial:
        assert (port, baudrate) == ("/dev/ttyUSB0", 115_200)
        assert timeout > 0
        return Serial()

    monkeypatch.setattr("serial.serial_for_url", opened)


def test_from_one_board_to_another(boards: Boards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "terminal.spb"
    old, new = boards.fresh("cli old", 1, LIFE), boards.fresh("cli new", 2)
    plug_in(old, monkeypatch)
    done = run("backup", "save", path, "--port", "/dev/ttyUSB0", "--key", KEY.hex())
    assert done.exit_code == 0, done.output
    assert f"{path.stat().st_size} bytes" in done.output
    assert path.stat().st_mode & 0o77 == 0
    plug_in(new, monkeypatch)
    done = run("backup", "restore", path, "--port", "/dev/ttyUSB0", "--key", KEY.hex())
    assert done.exit_code == 0, done.output
    assert TERMINAL in done.output
    new.on()
    assert new.told()["entries"] == old.told()["entries"]


def test_a_terminal_that_calls(boards: Boards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a real connection, to the port that --listen opens."""
    old = boards.fresh("cli calls", 1, LIFE)
    listening: Queue[int] = Queue()
    create_server = socket.create_server

    def listen(address: tuple[str, int]) -> socket.socket:
        assert address == ("", 9100)
        server = create_server(("127.0.0.1", 0))
        listening.put(server.getsockname()[1])
        return server

    def call() -> None:
        with socket.create_connection(("127.0.0.1", listening.get(timeout=10))) as line:
            line.sendall(frame(Kind.HERE, TERMINAL.encode()))
            while data := line.recv(4096):
                old.write(data)
                line.sendall(old.read(4096))

    monkeypatch.setattr(socket, "create_server", listen)
    terminal = Thread(target=call)
    terminal.start()
    done = run("backup", "save", tmp_path / "called.spb", "--listen", "--key", KEY.hex())
    terminal.join()
    assert done.exit_code == 0, done.output
    assert (tmp_path / "called.spb").stat().st_size > 5000


def test_no_archive_takes_anothers_place(file: Path, saved: Saved) -> None:
    done = run("backup", "save", file, "--port", "/dev/ttyUSB0")
    assert done.exit_code == 1
    assert "already" in done.output
    assert file.read_bytes() == saved.content


def test_nothing_is_written_of_what_is_not_whole(
    boards: Boards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plug_in(boards.fresh("cli other key", 1, LIFE), monkeypatch)
    done = run("backup", "save", tmp_path / "x.spb", "--port", "/dev/ttyUSB0", "--key", "00" * 32)
    assert done.exit_code == 1
    assert "suanpan audit verify" in done.output
    assert not (tmp_path / "x.spb").exists()


def test_what_is_known_to_be_bad_is_not_sent(file: Path) -> None:
    """No port is opened for it."""
    content = bytearray(file.read_bytes())
    content[500] ^= 1
    file.write_bytes(content)
    assert run("backup", "restore", file, "--port", "/dev/ttyUSB0", "--key", KEY.hex()).exit_code == 1
    file.write_bytes(b"something else")
    done = run("backup", "restore", file, "--port", "/dev/ttyUSB0")
    assert done.exit_code == 1
    assert "no archive" in done.output


def test_a_port_that_is_not_there_and_no_port_at_all(file: Path) -> None:
    done = run("backup", "restore", file, "--port", "/dev/none")
    assert done.exit_code == 1
    assert "/dev/none" in done.output
    assert run("backup", "restore", file).exit_code == 2
    for more in ([], ["--port", "/dev/none", "--listen"]):
        assert run("backup", "save", file.with_suffix(".new"), *more).exit_code == 2


def test_info_without_and_with_the_key(file: Path, tmp_path: Path) -> None:
    done = run("backup", "info", file)
    assert done.exit_code == 0
    assert TERMINAL in done.output
    assert "000002" not in done.output
    (tmp_path / "backup.key").write_bytes(KEY)
    done = run("backup", "info", file, "--key", tmp_path / "backup.key")
    assert done.exit_code == 0, done.output
    for fact in (TERMINAL, "2026-11-23 18:00:00", "000002", "refund VIS"):
        assert fact in done.output
    assert run("backup", "info", file, "--key", "00" * 32).exit_code == 1


def test_audit_verifies_and_exports_an_archive(file: Path, saved: Saved, tmp_path: Path) -> None:
    done = run("audit", "verify", file, "--key", KEY.hex())
    assert done.exit_code == 0, done.output
    assert f"whole: records 1 to {saved.told['number']}," in done.output
    done = run("audit", "verify", file)
    assert done.exit_code == 1
    assert "suanpan keys backup-key" in done.output
    (tmp_path / "journal.bin").write_bytes(saved.area)
    for source, more in (
        (file, ["--key", KEY.hex()]),
        (tmp_path / "journal.bin", ["--bare", "--key", saved.told["key"]]),
    ):
        done = run("audit", "export", source, tmp_path / f"{source.stem}.parquet", *more)
        assert done.exit_code == 0, done.output
    for name in ("{}.parquet", "{}-totals.parquet"):
        assert (tmp_path / name.format("terminal")).read_bytes() == (tmp_path / name.format("journal")).read_bytes()


def test_the_first_bad_record_of_an_archive(file: Path, saved: Saved) -> None:
    file.write_bytes(saved.content[:5000])
    done = run("audit", "verify", file, "--key", KEY.hex())
    assert done.exit_code == 1
    assert "truncated: the archive ends in the middle of it" in done.output


def test_against_the_acquirers_books_by_the_archives_own_number(file: Path, tmp_path: Path) -> None:
    (tmp_path / "other.db").write_bytes(b"no database at all")
    done = run("audit", "verify", file, "--key", KEY.hex(), "--against", tmp_path / "other.db")
    assert done.exit_code == 1
    assert "is no acquirer's database" in done.output
