"""The database under the acquirer: its version, its keys, and one transaction per message.

SQLite in a file or in memory, or PostgreSQL by its URL: tables and statements are SQLAlchemy's (tables.py), put into
the database's own words once, and run from then on by its driver alone, which is several times as fast. No table holds
a PIN, a track, a CVV or a clear key. The connection belongs to the thread that opened it.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from psec.tr31 import KeyBlockError
from sqlalchemy import create_engine, insert, make_url, select, update
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import StaticPool
from sqlalchemy.sql.visitors import cloned_traverse

from host_tools.acquirer import schema
from host_tools.acquirer.crypto import TDES
from host_tools.acquirer.key_box import KeyBox
from host_tools.acquirer.tables import given, host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import URL, BindParameter, ClauseElement

_PATIENCE_S: Final = 5  # for another process on the same database

_HOST: Final = select(host.c.institution, host.c.pvk)
_FOUND: Final = insert(host).values(institution=given("institution"), pvk=given("pvk"), sequence=given("sequence"))
_NEXT: Final = update(host).values(sequence=host.c.sequence + 1).returning(host.c.sequence)


class StoreError(Exception):
    """The database is no store of this version, or cannot be had."""


class _Prepared(NamedTuple):
    """A statement in the driver's words; `names` are its parameters in their order, or None if they go by name.

    `fixed` are those that have a value all the same (a LIMIT).
    """

    sql: str
    names: tuple[str, ...] | None
    fixed: dict[str, Any]


_PREPARED: Final[dict[str, dict[ClauseElement, _Prepared]]] = {}  # by database; made once in a process


class Store:
    """`database` is a URL, or the path of an SQLite file, or ":memory:".

    Every commit is synced; a file of SQLite's is kept in WAL mode. A store of an earlier version is brought to this one
    first, as far as schema.py knows how. `db` is the driver's own connection, `errors` what it raises.
    """

    def __init__(self, database: str, master_key: bytes) -> None:
        self.keys = KeyBox(master_key)
        url = _url(database)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._prepared = _PREPARED.setdefault(url.get_backend_name(), {})
        self._grouped = False
        try:
            self._engine = create_engine(url, poolclass=StaticPool, connect_args=_options(self.is_sqlite))
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise StoreError(f"{_place(url)}: {error}") from None
        assert self._engine.dialect.dbapi is not None
        self.errors: type[Exception] = self._engine.dialect.dbapi.Error
        try:
            self._connect()
        except self.errors as error:
            raise StoreError(f"{_place(url)}: {error}") from None
        try:
            schema.bring_up_to_date(self._engine, self.db)
        except BaseException as error:
            self.close()
            if isinstance(error, self.errors | schema.SchemaError):
                raise StoreError(f"{_place(url)}: {error}") from None
            raise

    def run(self, statement: ClauseElement, **parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of a statement of SQLAlchemy's, which is made once and kept; none of one that gives none."""
        prepared = self._prepared.get(statement) or self._prepare(statement)
        values = prepared.fixed | parameters if prepared.fixed else parameters
        bound: Any = values if prepared.names is None else [values[name] for name in prepared.names]
        cursor = self.db.execute(prepared.sql, bound)
        return cursor.fetchall() if cursor.description else []

    def one(self, statement: ClauseElement, **parameters: Any) -> tuple[Any, ...] | None:
        """The first of its rows."""
        rows = self.run(statement, **parameters)
        return rows[0] if rows else None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that happens inside is kept or, if an exception leaves it, none of it.

        Within a group it is kept only when the group is.
        """
        begin, keep, undo = _MESSAGE if self._grouped else (self._begin(), "COMMIT", "ROLLBACK")
        self.db.execute(begin)
        kept = False
        try:
            yield
            self.db.execute(keep)
            kept = True
        finally:
            if not kept:  # left by an exception, or by a commit that failed
                self._undo(undo)

    def hold(self) -> None:
        """Have all others wait until this transaction ends; SQLite sees to that by itself."""
        if not self.is_sqlite:
            self.db.execute("LOCK TABLE host IN EXCLUSIVE MODE")

    def open_group(self) -> None:
        """Transactions from here on are kept together by the next `keep_group`: one sync of the disk for all."""
        if not self._grouped:
            self.db.execute(self._begin())
            self._grouped = True

    def keep_group(self) -> None:
        """Raises one of `errors` if it cannot be kept: then nothing of the group is."""
        if self._grouped:
            self._grouped = False
            try:
                self.db.execute("COMMIT")
            except self.errors:
                self._undo("ROLLBACK")
                raise

    @property
    def founded(self) -> bool:
        return self.one(_HOST) is not None

    @cached_property
    def pvk(self) -> bytes:
        """The bank's PIN verification key; StoreError if it is sealed under another master key."""
        (_, block) = self._host()
        try:
            return self.keys.open(KeyBox.PVK, TDES, block)
        except KeyBlockError:
            raise StoreError("the master key is not this store's") from None

    def found(self, institution: str, pvk: bytes) -> None:
        self.run(_FOUND, institution=institution, pvk=self.keys.seal(KeyBox.PVK, TDES, pvk), sequence=0)

    @property
    def institution(self) -> str:
        """The acquirer's own number, of 8 to 11 digits."""
        return str(self._host()[0])

    def next_sequence(self) -> int:
        """Of the messages. In PostgreSQL whoever has one holds all others up until it commits."""
        ((sequence,),) = self.run(_NEXT)
        return int(sequence)

    def close(self) -> None:
        self._lease.close()
        self._engine.dispose()

    def __del__(self, warn: Callable[..., None] = warnings.warn) -> None:
        """A connection that is left to the collector ends in whatever thread that runs in, and may not."""
        if hasattr(self, "db") and self._lease.is_valid:
            warn(f"unclosed {self!r}", ResourceWarning, source=self)

    def _host(self) -> tuple[Any, ...]:
        (row,) = self.run(_HOST)
        return row

    def _connect(self) -> None:
        self._lease = self._engine.raw_connection()
        self.db: Any = self._lease.driver_connection

    def _begin(self) -> str:
        """How a transaction begins, on a connection that is there: a server's may have been lost since the last one."""
        if self.is_sqlite:
            return "BEGIN IMMEDIATE"
        if self.db.closed:
            self._engine.dispose()
            self._connect()
        return "BEGIN"

    def _undo(self, statement: str) -> None:
        if self.db.in_transaction if self.is_sqlite else self.db.info.transaction_status in _IN_TRANSACTION:
            self.db.execute(statement)
            if statement == _MESSAGE.undo:
                self.db.execute(_MESSAGE.keep)

    def _prepare(self, statement: ClauseElement) -> _Prepared:
        def settle(parameter: BindParameter[Any]) -> None:
            parameter.literal_execute = parameter.value is not None

        # What the statement says by itself stands in it, where the database can choose its way by it.
        settled = cloned_traverse(statement, {}, {"bindparam": settle})
        compiled: Any = settled.compile(dialect=self._engine.dialect, compile_kwargs={"render_postcompile": True})
        names = None if compiled.positiontup is None else tuple(compiled.positiontup)
        fixed = {name: value for name, value in compiled.params.items() if value is not None}
        self._prepared[statement] = _Prepared(str(compiled), names, fixed)
        return self._prepared[statement]


class _Savepoint(NamedTuple):
    begin: str
    keep: str
    undo: str


_MESSAGE: Final = _Savepoint("SAVEPOINT message", "RELEASE message", "ROLLBACK TO message")
_IN_TRANSACTION: Final = (2, 3)  # libpq's transaction status: in one, and in one that has failed


def _url(database: str) -> URL:
    try:
        return make_url(database if "://" in database else f"sqlite:///{database}")
    except ArgumentError as error:
        raise StoreError(str(error)) from None


def _options(is_sqlite: bool) -> dict[str, Any]:
    if is_sqlite:
        return {"timeout": _PATIENCE_S, "isolation_level": None}
    return {"autocommit": True, "connect_timeout": _PATIENCE_S}


def _place(url: URL) -> str:
    """Where it is, for people: without its password."""
    return url.render_as_string(hide_password=True) if url.get_backend_name() != "sqlite" else url.database or ""
