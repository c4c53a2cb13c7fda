"""The firmware on the unix port: it writes the journals that are audited here, and judges them too."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from host_tools.micropython.port import ROOT, find_micropython, firmware_root, heap_ceiling

if TYPE_CHECKING:
    from types import TracebackType

KEY = bytes(range(32))  # of every journal that it writes

_FIRMWARE_TESTS = ROOT / "tests" / "firmware"


@dataclass(frozen=True)
class Life:
    """A journal, and what the ledger that wrote it says of it: see audit_peer.py."""

    area: bytes
    entries: list[dict[str, Any]]
    totals: dict[tuple[str, str], tuple[int, int]]
    state: dict[str, Any]


class Peer:
    """One MicroPython process for a test module."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [*find_micropython(), "-X", f"heapsize={heap_ceiling('4m')}", str(_FIRMWARE_TESTS / "audit_peer.py")],
            env=os.environ | {"MICROPYPATH": f"{firmware_root()}:{_FIRMWARE_TESTS}:.frozen"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def live(self, sectors: int, acts: list[tuple[Any, ...]], seed: int = 1) -> Life:
        answer = self._call("live", sectors, seed, acts)
        told = answer["told"]
        return Life(
            bytes.fromhex(answer["area"]),
            [dict(zip(FIELDS, values, strict=True)) for values in told["entries"]],
            {(kind, org): (count, amount) for kind, org, count, amount in told["totals"]},
            told["state"],
        )

    def load(self, area: bytes) -> None:
        self._call("load", area.hex())

    def judge(self, *patches: tuple[int, bytes]) -> int | None:
        """The first bad record of what was loaded, with these bytes at these offsets; None if all is well.

        It may be a later one than the audit names: the terminal looks at its newest sector first.
        """
        number = self._call("judge", [(offset, data.hex()) for offset, data in patches])
        assert number is None or isinstance(number, int)
        return number

    def _call(self, operation: str, *arguments: object) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps([operation, *arguments]), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        try:
            return json.loads(answer)
        except ValueError:
            raise RuntimeError(f"MicroPython ended in {operation}: {answer}{self._process.stdout.read()}") from None


FIELDS = (
    "number", "kind", "batch", "stan", "pan", "entry_mode", "operator", "date", "time", "response", "auth_code",
    "reference", "host_date", "host_time", "parties", "org", "original", "original_reference", "amount", "printed",
    "of", "status", "voided", "refused",
)  # fmt: skip
