"""The audit file: a line of JSON for each act, each bound to all before it by its digest.

A line carries the SHA-256 of the line before and ends in its own, so that one altered, dropped from the middle or
moved breaks the chain. A second file holds the number and the digest of the last line, so that dropped last lines are
missed too. Who can write both files can write the whole chain anew: against that, people note the last digest on
paper after a ceremony, and `verify` finds it again. No line ever holds key material.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from host_tools.keys.errors import AuditBroken, NotNoted
from host_tools.keys.files import write_private

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    Now = Callable[[], datetime]

DONE: Final = "done"

_FIRST: Final = "0" * 64  # the digest before the first line
_NO_HEAD: Final = f"0 {_FIRST}"


@dataclass(frozen=True, slots=True)
class Line:
    """`at` is ISO 8601; `key` the name of what the act was about, `check_value` in hexadecimal, both may be empty."""

    number: int
    at: str
    act: str
    outcome: str
    who: list[str]
    key: str
    check_value: str
    previous: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self._content()).hexdigest()

    def text(self) -> bytes:
        return self._content()[:-1] + f', "digest": "{self.digest}"}}\n'.encode()

    def _content(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False).encode()


class Audit:
    def __init__(self, path: Path, now: Now) -> None:
        self._path = path
        self._head = path.with_name(path.name + ".head")
        self._now = now

    def record(
        self, act: str, who: Sequence[str], key: str = "", check_value: bytes = b"", outcome: str = DONE
    ) -> Line:
        """Add a line. Raises AuditBroken: nothing is added to a file that is not what was written."""
        lines = self.verify()
        previous = lines[-1].digest if lines else _FIRST
        at = self._now().isoformat(timespec="seconds")
        line = Line(len(lines) + 1, at, act, outcome, list(who), key, check_value.hex().upper(), previous)
        # Written whole: half a line, left by a power cut, would stop the file for good.
        write_private(self._path, b"".join(each.text() for each in (*lines, line)))
        write_private(self._head, f"{line.number} {line.digest}\n".encode())
        return line

    def verify(self, noted: str = "") -> list[Line]:
        """Every line, oldest first. Raises AuditBroken, or NotNoted if no line has the digest `noted`."""
        lines: list[Line] = []
        content = self._path.read_bytes() if self._path.exists() else b""
        for number, text in enumerate(content.splitlines(keepends=True), 1):
            line = _parse(text, number)
            if line.number != number or line.previous != (lines[-1].digest if lines else _FIRST):
                raise AuditBroken(number)
            lines.append(line)
        self._compare_head(lines)
        if noted and noted.lower() not in (line.digest for line in lines):
            raise NotNoted
        return lines

    def _compare_head(self, lines: list[Line]) -> None:
        """The last line is the head's; or the one after it, if the power went between the two writes."""
        digests = [_FIRST, *(line.digest for line in lines)]
        head = self._head.read_text("utf-8") if self._head.exists() else _NO_HEAD
        number, _, digest = head.rstrip("\n").partition(" ")
        if not number.isascii() or not number.isdigit():
            raise AuditBroken(len(digests))
        last = int(number)
        if last not in (len(lines), len(lines) - 1):
            raise AuditBroken(min(last, len(lines)) + 1)
        if digests[last] != digest:
            raise AuditBroken(max(last, 1))


def _parse(text: bytes, number: int) -> Line:
    """The line that is written so, to the byte."""
    try:
        fields = json.loads(text)
        fields.pop("digest")
        line = Line(**fields)
    except (ValueError, TypeError, AttributeError, KeyError):
        raise AuditBroken(number) from None
    if line.text() != text:
        raise AuditBroken(number)
    return line
