"""How a database gets the tables of tables.py: a new one at once, one of an earlier version step by step."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_mock_engine

from host_tools.acquirer.tables import METADATA, account, hold, txn, upload

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine, Table

VERSION: Final = 4

_FOUNDING: Final = 0x53_50_41_42  # the advisory lock of whoever looks after a PostgreSQL store's version


class SchemaError(Exception):
    """The database is of a version that cannot become this one, or refers to what is not there."""


def bring_up_to_date(engine: Engine, db: Any) -> None:
    """Make the tables, or what an earlier version lacks; raises SchemaError, and leaves then what it found.

    `db` is the engine's driver connection, in autocommit mode. Foreign keys are checked from here on.
    """
    (_sqlite if engine.dialect.name == "sqlite" else _postgresql)(engine, db)


def _sqlite(engine: Engine, db: Any) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")  # an approval must not outlive its entry in a power cut
    (version,) = db.execute("PRAGMA user_version").fetchone()
    for number, statements in _steps(engine, version, _SQLITE_STEPS):
        db.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements:
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {number}")
            if db.execute("PRAGMA foreign_key_check").fetchone() is not None:
                raise SchemaError("what refers to something else in the store refers to nothing")
            db.execute("COMMIT")
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")
    db.execute("PRAGMA foreign_keys = ON")


def _postgresql(engine: Engine, db: Any) -> None:
    with db.transaction():
        db.execute(f"SELECT pg_advisory_xact_lock({_FOUNDING})")
        db.execute("CREATE TABLE IF NOT EXISTS store_version (version integer NOT NULL)")
        row = db.execute("SELECT version FROM store_version").fetchone()
        for number, statements in _steps(engine, 0 if row is None else row[0], _POSTGRESQL_STEPS):
            for statement in statements:
                db.execute(statement)
            db.execute("DELETE FROM store_version")
            db.execute(f"INSERT INTO store_version VALUES ({number})")


def _steps(engine: Engine, version: int, known: dict[int, tuple[str, ...]]) -> Iterable[tuple[int, Iterable[str]]]:
    """What makes this version of that one: the version after each step, and its statements. 0 is an empty database."""
    if version == 0:
        return [(VERSION, _making(engine, *METADATA.sorted_tables))]
    if version > VERSION or any(number not in known for number in range(version, VERSION)):
        raise SchemaError(f"it is a store of version {version}, not {VERSION}")
    return [
        (number + 1, [made for step in known[number] for made in _written(engine, step)])
        for number in range(version, VERSION)
    ]


def _written(engine: Engine, step: str) -> tuple[str, ...]:
    """A step's statements; one that is "make" and the name of a table makes that, as it is today."""
    word, _, name = step.partition(" ")
    return _making(engine, METADATA.tables[name]) if word == "make" else (step,)


def _making(engine: Engine, *tables: Table) -> tuple[str, ...]:
    return _made(engine.dialect.name, tables)


@lru_cache
def _made(dialect: str, tables: tuple[Table, ...]) -> tuple[str, ...]:
    statements: list[str] = []

    def write(ddl: Any, *_: Any, **__: Any) -> None:
        statements.append(str(ddl.compile(dialect=mock.dialect)))

    mock: Any = create_mock_engine(f"{dialect}://", write)
    METADATA.create_all(mock, tables=tables, checkfirst=False)
    return tuple(statements)


# From the version to the next one. A constraint of SQLite's cannot be altered, so the table is made anew, with foreign
# keys off. The authorisation codes of version 2 were never kept.
_SQLITE_STEPS: Final = {
    2: (
        "CREATE TEMP TABLE kept_account AS SELECT * FROM account",
        "CREATE TEMP TABLE kept_txn AS SELECT * FROM txn",
        "DROP TABLE account",
        "DROP TABLE txn",
        f"make {account.name}",
        f"make {txn.name}",
        """CREATE TABLE settlement (tid TEXT NOT NULL, batch TEXT NOT NULL, stan TEXT NOT NULL, theirs TEXT NOT NULL,
                                    ours TEXT NOT NULL, rrn TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (tid, batch))
           STRICT, WITHOUT ROWID""",
        "INSERT INTO account (id, name, balance) SELECT id, name, balance FROM kept_account",
        """INSERT INTO txn (tid, batch, stan, kind, pan, amount, code, rrn, at, entry, organisation)
           SELECT tid, batch, stan, kind, kept_txn.pan, amount, code, rrn, at, entry, coalesce(scheme, '')
           FROM kept_txn LEFT JOIN card USING (pan)""",
        "DROP TABLE kept_account",
        "DROP TABLE kept_txn",
        "ALTER TABLE terminal ADD COLUMN signed_in TEXT",
    ),
    3: (
        "CREATE TEMP TABLE kept_txn AS SELECT * FROM txn",
        "DROP TABLE txn",
        f"make {txn.name}",
        """INSERT INTO txn (tid, batch, stan, kind, pan, amount, code, rrn, at, entry, organisation, authorisation,
                            happened, of_batch, of_stan)
           SELECT tid, batch, stan, kind, pan, amount, code, rrn, at, entry, organisation, authorisation, happened,
                  of_batch, of_stan FROM kept_txn""",
        "DROP TABLE kept_txn",
        f"make {hold.name}",
        f"make {upload.name}",
        "ALTER TABLE settlement ADD COLUMN differences TEXT",
    ),
}
_POSTGRESQL_STEPS: Final[dict[int, tuple[str, ...]]] = {}  # its first stores were of version 4
