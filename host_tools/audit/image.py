"""A flash image as a source of records: the whole chip, or the journal's partition alone."""

from __future__ import annotations

import hmac
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from littlefs import LittleFS, LittleFSError

from host_tools.audit.chain import follow
from host_tools.audit.reader import SECTOR, read
from host_tools.audit.reading import AuditError
from host_tools.flash.factory import BOARD, partitions

if TYPE_CHECKING:
    from host_tools.audit.reading import Reading
    from host_tools.flash.factory import Partition

KEY_SIZE = 32

_LABEL = b"suanpan-journal"
_SECRET_SECTOR = 1  # of the partition "secrets"
_PARAMETERS = "params.json"


class FlashImage:
    """`content` is the chip from its first byte on, or with `bare` the journal's partition alone."""

    def __init__(self, content: bytes, *, table: Path = BOARD / "partitions.csv", bare: bool = False) -> None:
        self._content = content
        self._bare = bare
        self._partitions = partitions(table)
        self.base = 0 if bare else self._partition("journal").offset  # of the journal in the content

    def reading(self, key: bytes) -> Reading:
        """Raises AuditError if there is no journal in the image."""
        if self._bare:
            area, size = self._content, -(-len(self._content) // SECTOR) * SECTOR
        else:
            area, size = self._part("journal"), self._partition("journal").size
        if not area:
            raise AuditError("the image ends before the journal begins")
        return follow(read(area, size // SECTOR), key)

    def key(self) -> bytes:
        """The journal's key, derived from the device's secret. Raises AuditError if that is not in the image."""
        secret = b"" if self._bare else self._part("secrets")[_SECRET_SECTOR * SECTOR :][:KEY_SIZE]
        if len(secret) < KEY_SIZE or secret == b"\xff" * KEY_SIZE:
            raise AuditError("the image does not hold the journal's secret: give the journal's key")
        return hmac.digest(secret, _LABEL, "sha256")

    def terminal(self) -> str:
        """The terminal's number. Raises AuditError if its parameters cannot be read."""
        area = b"" if self._bare else self._part("data")
        try:
            fs = LittleFS(block_size=SECTOR, block_count=len(area) // SECTOR, mount=False)
            fs.context.buffer = bytearray(area)
            fs.mount()
            with fs.open(_PARAMETERS, "rb") as file:
                return str(json.loads(file.read())["terminal_id"])
        except (LittleFSError, OSError, ValueError, KeyError):
            raise AuditError("the image does not say which terminal it is of: give its number") from None

    def _partition(self, name: str) -> Partition:
        found = self._partitions.get(name)
        if found is None:
            raise AuditError(f"the partition table has no {name}")
        return found

    def _part(self, name: str) -> bytes:
        partition = self._partition(name)
        return self._content[partition.offset : partition.offset + partition.size]


def read_key(text: str) -> bytes:
    """A key as people hand it over: 64 hexadecimal digits, or a file with them or with the 32 bytes.

    Raises AuditError, which does not repeat what was given.
    """
    if re.fullmatch(f"[0-9A-Fa-f]{{{2 * KEY_SIZE}}}", text):
        return bytes.fromhex(text)
    try:
        content = Path(text).read_bytes()
    except OSError:
        raise AuditError("the key is neither 64 hexadecimal digits nor a file that can be read") from None
    if len(content) != KEY_SIZE:
        try:
            content = bytes.fromhex(content.decode())
        except ValueError:
            content = b""
    if len(content) != KEY_SIZE:
        raise AuditError("the key's file holds neither 32 bytes nor 64 hexadecimal digits")
    return content
