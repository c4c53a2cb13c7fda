"""The SQLite file under the acquirer: schema, keys, and one transaction per message.

No table holds a PIN, a track, a CVV or a clear key. The connection belongs to the thread that opened it.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from psec.tr31 import KeyBlockError

from host_tools.acquirer.crypto import TDES
from host_tools.acquirer.key_box import KeyBox

if TYPE_CHECKING:
    from collections.abc import Iterator

_VERSION: Final = 2

_SCHEMA: Final = """
CREATE TABLE host (
    institution TEXT NOT NULL,
    pvk TEXT NOT NULL,                       -- key block
    sequence INTEGER NOT NULL                -- of the retrieval reference numbers
) STRICT;

CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    balance INTEGER NOT NULL DEFAULT 0,      -- fen owed to the account's holder
    CHECK (balance >= 0 OR name = 'vault')
) STRICT;

CREATE TABLE entry (
    id INTEGER PRIMARY KEY,
    at TEXT,                                 -- NULL for opening balances
    reverses INTEGER UNIQUE REFERENCES entry -- an entry is mirrored once at most
) STRICT;

CREATE TABLE posting (
    entry INTEGER NOT NULL REFERENCES entry,
    account INTEGER NOT NULL REFERENCES account,
    amount INTEGER NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (entry, account)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER entry_stands BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'the books are append-only'); END;
CREATE TRIGGER entry_stays BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'the books are append-only'); END;
CREATE TRIGGER posting_stands BEFORE UPDATE ON posting
BEGIN SELECT RAISE(ABORT, 'the books are append-only'); END;
CREATE TRIGGER posting_stays BEFORE DELETE ON posting
BEGIN SELECT RAISE(ABORT, 'the books are append-only'); END;

CREATE TABLE merchant (
    mid TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    account INTEGER NOT NULL REFERENCES account
) STRICT, WITHOUT ROWID;

CREATE TABLE terminal (
    tid TEXT PRIMARY KEY,
    mid TEXT NOT NULL REFERENCES merchant,
    serial TEXT NOT NULL UNIQUE,
    batch INTEGER NOT NULL,
    suite TEXT NOT NULL CHECK (suite IN ('tdes', 'aes', 'sm4')), -- what the key blocks are bound to, too
    tmk TEXT NOT NULL,                       -- key blocks; working keys only while signed in
    pik TEXT,
    mak TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE card (
    pan TEXT PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account,
    expiry TEXT NOT NULL,                    -- YYMM
    service_code TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('good', 'lost')),
    scheme TEXT NOT NULL,
    issuer TEXT NOT NULL,
    pin_offset TEXT NOT NULL,
    pin_tries_left INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE txn (
    tid TEXT NOT NULL,
    batch TEXT NOT NULL,
    stan TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('sale', 'reversal')),
    pan TEXT NOT NULL,
    amount INTEGER NOT NULL,
    code TEXT NOT NULL,
    rrn TEXT NOT NULL,
    at TEXT NOT NULL,
    entry INTEGER UNIQUE REFERENCES entry,   -- NULL where no money moved
    PRIMARY KEY (tid, batch, stan, kind)     -- what makes a repeated message recognisable
) STRICT, WITHOUT ROWID;
"""


class StoreError(Exception):
    """The file is no store of this version."""


class Store:
    """`path` is a file, kept in WAL mode and synced at every commit, or ":memory:"."""

    def __init__(self, path: str, master_key: bytes) -> None:
        self.keys = KeyBox(master_key)
        self.db = sqlite3.connect(path, timeout=1, isolation_level=None)
        try:
            self._prepare(path)
        except BaseException:
            self.db.close()
            raise

    def _prepare(self, path: str) -> None:
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")  # an approval must not outlive its entry in a power cut
        self.db.execute("PRAGMA foreign_keys = ON")
        (version,) = self.db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self.db.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version = {_VERSION};COMMIT;")
        elif version != _VERSION:
            raise StoreError(f"{path} is a store of version {version}, not {_VERSION}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that happens inside is kept or, if an exception leaves it, none of it."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.db.execute("COMMIT")
        finally:
            if self.db.in_transaction:  # left by an exception, or by a commit that failed
                self.db.execute("ROLLBACK")

    @property
    def founded(self) -> bool:
        return self.db.execute("SELECT 1 FROM host").fetchone() is not None

    @property
    def pvk(self) -> bytes:
        """The bank's PIN verification key; StoreError if it is sealed under another master key."""
        (block,) = self.db.execute("SELECT pvk FROM host").fetchone()
        try:
            return self.keys.open(KeyBox.PVK, TDES, block)
        except KeyBlockError:
            raise StoreError("the master key is not this store's") from None

    def found(self, institution: str, pvk: bytes) -> None:
        self.db.execute(
            "INSERT INTO host (institution, pvk, sequence) VALUES (?, ?, 0)",
            (institution, self.keys.seal(KeyBox.PVK, TDES, pvk)),
        )

    @property
    def institution(self) -> str:
        """The acquirer's own number, of 8 to 11 digits."""
        (institution,) = self.db.execute("SELECT institution FROM host").fetchone()
        return str(institution)

    def next_sequence(self) -> int:
        (sequence,) = self.db.execute("UPDATE host SET sequence = sequence + 1 RETURNING sequence").fetchone()
        return int(sequence)

    def close(self) -> None:
        self.db.close()
