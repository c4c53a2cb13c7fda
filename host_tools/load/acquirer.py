"""An acquirer of the load's own, in a process of its own, on a database that is there afterwards."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_UTIME, _STIME = 11, 12  # of proc(5)'s stat, behind the name
_LISTENS: Final = re.compile(r"listening on (\S+):(\d+)")


class NotStarted(Exception):
    """The text is what it has said last."""


class Process:
    def __init__(self, pid: int, address: tuple[str, int]) -> None:
        self.address = address
        self._stat = Path(f"/proc/{pid}/stat")

    def cpu(self) -> float | None:
        """Seconds of processor time until now; None where there is no telling."""
        if not self._stat.exists():
            return None
        fields = self._stat.read_text().rpartition(")")[2].split()
        return (int(fields[_UTIME]) + int(fields[_STIME])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(fixture: Path, database: str, *options: str) -> Iterator[Process]:
    """The command as people start it, but as quick to answer as it can be. Raises NotStarted."""
    command = [sys.executable, "-c", "from host_tools.cli import app; app()", "acquirer"]
    command += ["--fixture", str(fixture), "--database", database, "--port", "0", "--delay", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        found = _LISTENS.search(said)
        if found is None:
            raise NotStarted((said + process.stdout.read()).strip())
        yield Process(process.pid, (found[1], int(found[2])))
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
