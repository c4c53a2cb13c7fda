"""The tables under the acquirer, for SQLite and PostgreSQL alike. How older files become this is in schema.py.

Amounts are fen. Whatever is a moment is kept as ISO 8601 text, keys as key blocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    event,
    text,
)

if TYPE_CHECKING:
    from sqlalchemy import BindParameter
    from sqlalchemy.types import TypeEngine

METADATA: Final = MetaData()

_STRICT: Final[dict[str, Any]] = {"sqlite_strict": True}
_KEYED: Final = _STRICT | {"sqlite_with_rowid": False}
_FEN: Final = BigInteger().with_variant(Integer(), "sqlite")

KINDS: Final = (
    "sale",
    "reversal",
    "void",
    "void_reversal",
    "refund",
    "offline_sale",
    "offline_chip",
    "script_result",
    "pre_auth",
    "pre_auth_reversal",
    "pre_auth_void",
    "pre_auth_void_reversal",
    "completion",
    "completion_reversal",
    "completion_void",
    "completion_void_reversal",
    "completion_advice",
    "adjustment",
    "tip",
    "moto",
    "moto_reversal",
)

account: Final = Table(
    "account",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("balance", _FEN, nullable=False, server_default=text("0")),  # owed to the account's holder
    # How far below zero what had been promised has taken it.
    Column("overdraft", _FEN, nullable=False, server_default=text("0")),
    CheckConstraint("balance >= -overdraft OR name = 'vault'"),
    **_STRICT,
)

entry: Final = Table(
    "entry",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Text),  # NULL for opening balances
    Column("reverses", Integer, ForeignKey("entry.id"), unique=True),  # an entry is mirrored once at most
    **_STRICT,
)

posting: Final = Table(
    "posting",
    METADATA,
    Column("entry", Integer, ForeignKey("entry.id"), primary_key=True, autoincrement=False),
    Column("account", Integer, ForeignKey("account.id"), primary_key=True, autoincrement=False),
    Column("amount", _FEN, CheckConstraint("amount <> 0"), nullable=False),
    **_KEYED,
)

host: Final = Table(
    "host",
    METADATA,
    Column("institution", Text, nullable=False),
    Column("pvk", Text, nullable=False),  # key block
    Column("sequence", Integer, nullable=False),  # of the retrieval reference numbers
    **_STRICT,
)

merchant: Final = Table(
    "merchant",
    METADATA,
    Column("mid", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("account", Integer, ForeignKey("account.id"), nullable=False),
    **_KEYED,
)

terminal: Final = Table(
    "terminal",
    METADATA,
    Column("tid", Text, primary_key=True),
    Column("mid", Text, ForeignKey("merchant.mid"), nullable=False),
    Column("serial", Text, nullable=False, unique=True),
    Column("batch", Integer, nullable=False),
    # What the key blocks are bound to, too.
    Column("suite", Text, CheckConstraint("suite IN ('tdes', 'aes', 'sm4')"), nullable=False),
    Column("tmk", Text, nullable=False),  # key blocks; working keys only while signed in
    Column("pik", Text),
    Column("mak", Text),
    Column("signed_in", Text),  # STAN of the sign-in that the working keys were made for
    **_KEYED,
)

card: Final = Table(
    "card",
    METADATA,
    Column("pan", Text, primary_key=True),
    Column("account", Integer, ForeignKey("account.id"), nullable=False),
    Column("expiry", Text, nullable=False),  # YYMM
    Column("service_code", Text, nullable=False),
    Column("status", Text, CheckConstraint("status IN ('good', 'lost')"), nullable=False),
    Column("scheme", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("pin_offset", Text, nullable=False),
    Column("pin_tries_left", Integer, nullable=False),
    **_KEYED,
)

txn: Final = Table(
    "txn",
    METADATA,
    Column("tid", Text, nullable=False),
    Column("batch", Text, nullable=False),
    Column("stan", Text, nullable=False),
    Column("kind", Text, CheckConstraint(f"kind IN {KINDS}"), nullable=False),
    Column("pan", Text, nullable=False),
    Column("amount", _FEN, nullable=False),
    Column("code", Text, nullable=False),
    Column("rrn", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("entry", Integer, unique=True),  # NULL where no money moved
    Column("organisation", Text, nullable=False, server_default=""),  # the card's; '' of a card unknown here
    Column("authorisation", Text),  # F38
    Column("happened", Text),  # MMDDhhmmss by the terminal, of what was done without the host
    Column("of_batch", Text),  # what a void, its reversal or a refund is about
    Column("of_stan", Text),
    Column("requested", _FEN),  # what was asked for, where less was approved
    Column("chip", Text),  # F55 of what a card has said without the host: its proof, its scripts
    PrimaryKeyConstraint("tid", "batch", "stan", "kind"),  # what makes a repeated message recognisable
    ForeignKeyConstraint(["entry"], ["entry.id"]),
    **_KEYED,
)
Index(
    "txn_of",
    txn.c.tid,
    txn.c.of_batch,
    txn.c.of_stan,
    sqlite_where=txn.c.of_batch.is_not(None),
    postgresql_where=txn.c.of_batch.is_not(None),
)

hold: Final = Table(  # what authorisations keep of accounts; no money has moved
    "hold",
    METADATA,
    Column("tid", Text, primary_key=True),  # the authorisation's own name
    Column("batch", Text, primary_key=True),
    Column("stan", Text, primary_key=True),
    Column("mid", Text, ForeignKey("merchant.mid"), nullable=False),
    Column("pan", Text, nullable=False),
    Column("account", Integer, ForeignKey("account.id"), nullable=False),
    Column("amount", _FEN, nullable=False),
    Column("authorisation", Text, nullable=False),  # F38
    Column("at", Text, nullable=False),
    Column("until", Text, nullable=False),
    Column("stands", Integer, nullable=False, server_default=text("1")),  # 1 until something ends it
    Column("by_tid", Text),  # what has ended it last: completion, void or reversal
    Column("by_batch", Text),
    Column("by_stan", Text),
    **_KEYED,
)
Index("hold_on", hold.c.account, sqlite_where=hold.c.stands == 1, postgresql_where=hold.c.stands == 1)
Index("hold_by", hold.c.by_tid, hold.c.by_batch, hold.c.by_stan)

settlement: Final = Table(  # the batches that are closed
    "settlement",
    METADATA,
    Column("tid", Text, primary_key=True),
    Column("batch", Text, primary_key=True),
    Column("stan", Text, nullable=False),
    Column("theirs", Text, nullable=False),  # F48 as the terminal sent it first
    Column("ours", Text, nullable=False),  # the host's sums, as JSON
    Column("rrn", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("differences", Text),  # once the terminal has uploaded the batch: what of it is not the host's, as JSON
    **_KEYED,
)

upload: Final = Table(  # what a terminal says that a batch was of, one by one
    "upload",
    METADATA,
    Column("tid", Text, primary_key=True),
    Column("batch", Text, primary_key=True),
    Column("stan", Text, primary_key=True),
    Column("organisation", Text, nullable=False),  # CUP, or "" for any foreign one
    Column("pan", Text, nullable=False),
    Column("amount", _FEN, nullable=False),
    **_KEYED,
)


def given(name: str, type_: type[TypeEngine[Any]] | None = None) -> BindParameter[Any]:
    """A parameter of a statement, which is given whenever that is run."""
    return bindparam(name, None, type_=type_)


def _append_only(table: Table) -> None:
    """Have the database itself refuse whatever alters the books."""
    for name, verb in (("stands", "UPDATE"), ("stays", "DELETE")):
        sqlite = f"""CREATE TRIGGER {table.name}_{name} BEFORE {verb} ON {table.name}
                     BEGIN SELECT RAISE(ABORT, 'the books are append-only'); END"""
        event.listen(table, "after_create", DDL(sqlite).execute_if(dialect="sqlite"))  # type: ignore[no-untyped-call]
    refusal = """CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN RAISE ''the books are append-only''; END'"""
    trigger = f"""CREATE TRIGGER {table.name}_stands BEFORE UPDATE OR DELETE OR TRUNCATE ON {table.name}
                  FOR EACH STATEMENT EXECUTE FUNCTION append_only()"""
    for ddl in (refusal, trigger):
        event.listen(table, "after_create", DDL(ddl).execute_if(dialect="postgresql"))  # type: ignore[no-untyped-call]


_append_only(entry)
_append_only(posting)
