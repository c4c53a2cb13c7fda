"""The firmware on the unix port: it writes the journals that are audited here, and judges them too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.interpreter import Interpreter

Acts = list[tuple[Any, ...]]

KEY = bytes(range(32))  # of every journal that it writes
_PAGE = 64  # what is other than before is sent in such pieces: it reads byte by byte


@dataclass(frozen=True)
class Life:
    """A journal, and what the ledger that wrote it says of it: see audit_peer.py."""

    area: bytes
    entries: list[dict[str, Any]]
    totals: dict[tuple[str, str], tuple[int, int]]
    state: dict[str, Any]


class Peer(Interpreter):
    """One MicroPython process for a test module."""

    def __init__(self) -> None:
        super().__init__("audit_peer.py", "4m")

    def live(self, sectors: int, acts: Acts, seed: int = 1) -> Life:
        return self._life(self.ask("live", sectors, seed, acts))

    def after(self, past: Acts, sectors: int, acts: Acts, seed: int = 1) -> Life:
        """The same after a past that many lives share, and a night with the power off."""
        return self._life(self.ask("after", sectors, seed, past, acts))

    def _life(self, answer: dict[str, Any]) -> Life:
        told = answer["told"]
        return Life(
            bytes.fromhex(answer["area"]),
            [dict(zip(FIELDS, values, strict=True)) for values in told["entries"]],
            {(kind, org): (count, amount) for kind, org, count, amount in told["totals"]},
            told["state"],
        )

    def load(self, area: bytes) -> None:
        self._loaded = area
        self.ask("load", area.hex())

    def judge(self, *patches: tuple[int, bytes]) -> int | None:
        """The first bad record of what was loaded, with these bytes at these offsets; None if all is well.

        It may be a later one than the audit names: the terminal looks at its newest sector first.
        """
        area = bytearray(self._loaded)
        for offset, data in patches:
            area[offset : offset + len(data)] = data
        pages = [(at, bytes(area[at : at + _PAGE])) for at in range(0, len(area), _PAGE)]
        changed = [(at, page.hex()) for at, page in pages if page != self._loaded[at : at + _PAGE]]
        number = self.ask("judge", changed)
        assert number is None or isinstance(number, int)
        return number


FIELDS = (
    "number", "kind", "batch", "stan", "pan", "entry_mode", "operator", "date", "time", "response", "auth_code",
    "reference", "host_date", "host_time", "parties", "org", "original", "original_reference", "amount", "printed",
    "of", "status", "voided", "refused",
)  # fmt: skip
