"""The SQLite file under the acquirer: its version, its keys, and one transaction per message.

No table holds a PIN, a track, a CVV or a clear key. The connection belongs to the thread that opened it.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from psec.tr31 import KeyBlockError

from host_tools.acquirer.crypto import TDES
from host_tools.acquirer.key_box import KeyBox
from host_tools.acquirer.schema import MIGRATIONS, SCHEMA, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator


class StoreError(Exception):
    """The file is no store of this version."""


class Store:
    """`path` is a file, kept in WAL mode and synced at every commit, or ":memory:".

    A file of an earlier version is brought to this one first, as far as schema.py knows how.
    """

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
        (version,) = self.db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._become(VERSION, SCHEMA)
        elif version != VERSION and version not in MIGRATIONS:
            raise StoreError(f"{path} is a store of version {version}, not {VERSION}")
        else:
            for step in range(version, VERSION):
                self._become(step + 1, MIGRATIONS[step])
        self.db.execute("PRAGMA foreign_keys = ON")

    def _become(self, version: int, script: str) -> None:
        """Run the script and be of this version, or stay what the file was."""
        self.db.executescript(f"BEGIN IMMEDIATE;{script}PRAGMA user_version = {version};")
        if self.db.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise StoreError("what refers to something else in the store refers to nothing")
        self.db.execute("COMMIT")

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
