"""A flash image as a source of records: the whole chip, or the journal's partition alone.

Where several merchants share a terminal, each has a part of that partition: half, a quarter or an eighth of it, in the
order of the list `other_merchants` of the parameters, behind the first one's. The last sector of a later one's part is
no journal, and what its key is derived with ends with its number (firmware/suanpan/service/mall.py).
"""

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
from host_tools.flash.factory import BOARD, of_merchant, partitions

if TYPE_CHECKING:
    from host_tools.audit.reading import Reading
    from host_tools.flash.factory import Partition

KEY_SIZE = 32

_LABEL = b"suanpan-journal"
_SECRET_SECTOR = 1  # of the partition "secrets"
_PARAMETERS = "params.json"


class FlashImage:
    """`content` is the chip from its first byte on, or with `bare` the journal's partition alone.

    `merchant` says which journal of several is meant, from 1 on; 0 is the only one.
    """

    def __init__(
        self, content: bytes, *, table: Path = BOARD / "pins.py", bare: bool = False, merchant: int = 0
    ) -> None:
        """Raises AuditError if there is no such merchant, or several and none is named."""
        self._content = content
        self._bare = bare
        self._partitions = partitions(table)
        self._merchant = merchant or 1
        self._sectors = range(self._journal_sectors())
        self.base = 0 if bare else self._partition("journal").offset  # of the journal in the content
        numbers = self._terminals()
        if merchant > len(numbers) or (len(numbers) > 1 and not merchant):
            raise AuditError(_which(len(numbers)))
        if len(numbers) > 1:
            size = len(self._sectors) // (1 << (len(numbers) - 1).bit_length())
            first = (merchant - 1) * size
            self._sectors = range(first, first + size - (merchant > 1))
            self.base += first * SECTOR

    def reading(self, key: bytes) -> Reading:
        """Raises AuditError if there is no journal in the image."""
        area = self._content if self._bare else self._part("journal")
        area = area[self._sectors.start * SECTOR : self._sectors.stop * SECTOR]
        if not area:
            raise AuditError("the image ends before the journal begins")
        return follow(read(area, len(self._sectors)), key)

    def key(self) -> bytes:
        """The journal's key, derived from the device's secret. Raises AuditError if that is not in the image."""
        secret = b"" if self._bare else self._part("secrets")[_SECRET_SECTOR * SECTOR :][:KEY_SIZE]
        if len(secret) < KEY_SIZE or secret == b"\xff" * KEY_SIZE:
            raise AuditError("the image does not hold the journal's secret: give the journal's key")
        return hmac.digest(secret, _LABEL + of_merchant(self._merchant), "sha256")

    def terminal(self) -> str:
        """The terminal's number. Raises AuditError if its parameters cannot be read."""
        numbers = self._terminals()
        if not numbers:
            raise AuditError("the image does not say which terminal it is of: give its number")
        return numbers[self._merchant - 1]

    def _terminals(self) -> list[str]:
        """The terminal numbers of all merchants; none if the parameters cannot be read."""
        area = self._part("data") if "data" in self._partitions and not self._bare else b""
        try:
            fs = LittleFS(block_size=SECTOR, block_count=len(area) // SECTOR, mount=False)
            fs.context.buffer = bytearray(area)
            fs.mount()
            with fs.open(_PARAMETERS, "rb") as file:
                values = json.loads(file.read())
                return [str(of["terminal_id"]) for of in (values, *values.get("other_merchants", ()))]
        except (LittleFSError, OSError, ValueError, KeyError, TypeError):
            return []

    def _journal_sectors(self) -> int:
        return (-(-len(self._content) // SECTOR)) if self._bare else self._partition("journal").size // SECTOR

    def _partition(self, name: str) -> Partition:
        found = self._partitions.get(name)
        if found is None:
            raise AuditError(f"the partition table has no {name}")
        return found

    def _part(self, name: str) -> bytes:
        partition = self._partition(name)
        return self._content[partition.offset : partition.offset + partition.size]


def _which(merchants: int) -> str:
    if merchants < 2:
        return "the image does not say that several merchants share the terminal"
    return f"{merchants} merchants share the terminal: say which with --merchant, 1 to {merchants}"


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
