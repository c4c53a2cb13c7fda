"""A PostgreSQL server for the tests that want one: a cluster of its own on a Unix socket, gone when they are."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import psycopg
import pytest
from sqlalchemy import make_url

from host_tools.acquirer.tables import METADATA
from tests.plugins.debian import FileFinder

_VERSIONS: Final = Path("/usr/lib/postgresql")  # where Debian has the programs that are of the server's version
_NOBODY: Final = "nobody"  # the server refuses to be root's
_READY_S: Final = 30
_BANKS: Final = 4  # that may be open at the same time

# Everything as it was kept, whatever a test has done; triggers do not fire for a replica.
_RESTORE: Final = "; ".join(
    [
        "SET session_replication_role = replica",
        *(f"DELETE FROM {table.name}" for table in METADATA.sorted_tables),
        *(f"INSERT INTO {table.name} SELECT * FROM kept.{table.name}" for table in METADATA.sorted_tables),
        *(f"SELECT setval('{name}_id_seq', (SELECT max(id) FROM {name}))" for name in ("account", "entry")),
    ]
)


class Cluster:
    """`database()` is the URL of one with nothing in it, `bank()` of one in which somebody has opened the bank before:
    there are a few of those, put back to how they were opened when they come round again.
    """

    def __init__(self, programs: Path) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="suanpan-pg-"))
        self._user = _NOBODY if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self._directory, self._user)
        data = self._directory / "data"
        self._run(programs / "initdb", "--pgdata", data, "--username=suanpan", "--auth=trust", "--no-sync")
        server: list[str | Path] = [programs / "postgres", "-D", data, "-k", self._directory]
        for option in ("listen_addresses=", "fsync=off", "full_page_writes=off", "max_connections=30"):
            server += ["-c", option]
        self._server = subprocess.Popen(
            server, user=self._user, cwd=self._directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._run(programs / "pg_isready", "--quiet", "--host", self._directory, times=_READY_S * 20)
        self._made = 0
        self._banks: list[str] = []
        self._turn = 0

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://suanpan@/{name}?host={self._directory}"

    def database(self) -> str:
        self._made += 1
        name = f"bank_{self._made}"
        with self._connected(self.url("postgres")) as connection:
            connection.autocommit = True
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def bank(self, opened: Callable[[str], None]) -> str:
        """`opened` does it, the first time that a database is used."""
        self._turn += 1
        if len(self._banks) < _BANKS:
            url = self.database()
            opened(url)
            with self._connected(url) as connection:
                connection.execute("CREATE SCHEMA kept")
                for table in METADATA.sorted_tables:
                    connection.execute(f"CREATE TABLE kept.{table.name} AS TABLE {table.name}")
            self._banks.append(url)
            return url
        url = self._banks[self._turn % _BANKS]
        with self._connected(url) as connection:
            connection.execute(_RESTORE)
        return url

    def _connected(self, url: str) -> psycopg.Connection:
        return psycopg.connect(f"host={self._directory} user=suanpan dbname={make_url(url).database}")

    def close(self) -> None:
        self._server.terminate()  # after which no new client is let in; those that are there are hung up on
        self._server.send_signal(2)
        self._server.wait()
        shutil.rmtree(self._directory)

    def _run(self, *command: str | Path, times: int = 1) -> None:
        for attempt in range(times):
            done = subprocess.run(command, user=self._user, cwd=self._directory, capture_output=True, check=False)
            if done.returncode == 0:
                return
            if attempt == times - 1:
                raise RuntimeError(done.stderr.decode("utf-8", "replace"))
            self._wait()

    def _wait(self) -> None:
        try:
            self._server.wait(0.05)
        except subprocess.TimeoutExpired:
            return
        raise RuntimeError("PostgreSQL has ended by itself")


@pytest.fixture(scope="session")
def postgresql(debian_file: FileFinder) -> Iterator[Cluster]:
    """The server; without its programs the test is skipped, as debian.py says."""
    found = sorted(_VERSIONS.glob("*/bin/initdb"))
    programs = (found[-1] if found else debian_file(str(_VERSIONS / "bin" / "initdb"), package="postgresql")).parent
    cluster = Cluster(programs)
    try:
        yield cluster
    finally:
        cluster.close()
