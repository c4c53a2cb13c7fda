"""The tables under the acquirer, and how a file of an earlier version becomes one of this."""

from __future__ import annotations

from typing import Final

VERSION: Final = 3

_ACCOUNT: Final = """
CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    balance INTEGER NOT NULL DEFAULT 0,      -- fen owed to the account's holder
    overdraft INTEGER NOT NULL DEFAULT 0,    -- how far below zero what had been promised has taken it
    CHECK (balance >= -overdraft OR name = 'vault')
) STRICT;
"""

_BOOKS: Final = """
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
"""

_PARTIES: Final = """
CREATE TABLE host (
    institution TEXT NOT NULL,
    pvk TEXT NOT NULL,                       -- key block
    sequence INTEGER NOT NULL                -- of the retrieval reference numbers
) STRICT;

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
    mak TEXT,
    signed_in TEXT                           -- STAN of the sign-in that the working keys were made for
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
"""

_TXN: Final = """
CREATE TABLE txn (
    tid TEXT NOT NULL,
    batch TEXT NOT NULL,
    stan TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('sale', 'reversal', 'void', 'void_reversal', 'refund', 'offline_sale')),
    pan TEXT NOT NULL,
    amount INTEGER NOT NULL,
    code TEXT NOT NULL,
    rrn TEXT NOT NULL,
    at TEXT NOT NULL,
    entry INTEGER UNIQUE REFERENCES entry,   -- NULL where no money moved
    organisation TEXT NOT NULL DEFAULT '',   -- the card's; '' of a card unknown here
    authorisation TEXT,                      -- F38
    happened TEXT,                           -- MMDDhhmmss by the terminal, of what was done without the host
    of_batch TEXT,                           -- what a void, its reversal or a refund is about
    of_stan TEXT,
    PRIMARY KEY (tid, batch, stan, kind)     -- what makes a repeated message recognisable
) STRICT, WITHOUT ROWID;

CREATE INDEX txn_of ON txn (tid, of_batch, of_stan) WHERE of_batch IS NOT NULL;
"""

_SETTLEMENT: Final = """
CREATE TABLE settlement (                    -- the batches that are closed
    tid TEXT NOT NULL,
    batch TEXT NOT NULL,
    stan TEXT NOT NULL,
    theirs TEXT NOT NULL,                    -- F48 as the terminal sent it first
    ours TEXT NOT NULL,                      -- the host's sums, as JSON
    rrn TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (tid, batch)
) STRICT, WITHOUT ROWID;
"""

SCHEMA: Final = _ACCOUNT + _BOOKS + _PARTIES + _TXN + _SETTLEMENT

# From the version to the next one, with foreign keys off: a constraint of SQLite's cannot be altered, so the table
# is made anew. The authorisation codes of version 2 were never kept.
MIGRATIONS: Final = {
    2: f"""
CREATE TEMP TABLE kept_account AS SELECT * FROM account;
CREATE TEMP TABLE kept_txn AS SELECT * FROM txn;
DROP TABLE account;
DROP TABLE txn;
{_ACCOUNT}
{_TXN}
{_SETTLEMENT}
INSERT INTO account (id, name, balance) SELECT id, name, balance FROM kept_account;
INSERT INTO txn (tid, batch, stan, kind, pan, amount, code, rrn, at, entry, organisation)
    SELECT tid, batch, stan, kind, kept_txn.pan, amount, code, rrn, at, entry, coalesce(scheme, '')
    FROM kept_txn LEFT JOIN card USING (pan);
DROP TABLE kept_account;
DROP TABLE kept_txn;
ALTER TABLE terminal ADD COLUMN signed_in TEXT;
""",
}
