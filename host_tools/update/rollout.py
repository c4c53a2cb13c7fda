"""A version given to a few terminals first, to more when those run it, and to nobody any more when it fails.

What is known of each terminal is what it says of itself when it asks: which version it runs, and why it last passed one
over. It is kept in a file, so that a rollout goes on after the server has been switched off.

waiting    it has not been offered the version yet
offered    it has, and has not fetched all of it
fetched    it has fetched all of it; next time it asks it runs it, or says why not
running    it runs this version, or a newer one
failed     it fetched all of it, and runs another version all the same
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from host_tools.keys.files import write_private
from host_tools.update.errors import BadList, OtherRollout

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STAGES: Final = (5, 25, 100)  # percent


class Where(StrEnum):
    WAITING = "waiting"
    OFFERED = "offered"
    FETCHED = "fetched"
    RUNNING = "running"
    FAILED = "failed"


@dataclass
class Rollout:
    """`terminals` in the order in which they are offered the version; `failures` are how many may fail and not stop it.

    `cause` is by terminal what one said that failed: the code that it shows.
    """

    number: int
    stages: tuple[int, ...]
    failures: int
    terminals: dict[str, Where]
    cause: dict[str, str] = field(default_factory=dict)
    file: Path | None = None

    @classmethod
    def begin(cls, terminals: Sequence[str], number: int, stages: Sequence[int] = STAGES, failures: int = 0) -> Rollout:
        """Raises BadList if the stages do not rise to 100."""
        if list(stages) != sorted(set(stages)) or not stages or stages[-1] != 100 or stages[0] < 1:
            raise BadList("stages are percentages that rise, and end with 100.")
        return cls(number, tuple(stages), failures, dict.fromkeys(terminals, Where.WAITING))

    @classmethod
    def resume(cls, file: Path, begun: Rollout) -> Rollout:
        """What the file has of it, if it has anything. Raises OtherRollout if that is another version's."""
        begun.file = file
        if not file.exists():
            return begun
        kept = json.loads(file.read_text("utf-8"))
        if kept["number"] != begun.number:
            raise OtherRollout(f"{file} has that of number {kept['number']}.")
        begun.terminals |= {
            terminal: Where(where) for terminal, where in kept["terminals"].items() if terminal in begun.terminals
        }
        begun.cause = kept["cause"]
        return begun

    # -- what terminals say --

    def asked(self, terminal: str, running: int, cause: int) -> bool:
        """A terminal asks what there is: whether it is offered the version."""
        where = self.terminals.get(terminal)
        if where is None:
            return False
        if running >= self.number:
            self._put(terminal, Where.RUNNING)
            return False
        if where == Where.FETCHED and cause:
            self.cause[terminal] = f"U{cause:02}"
            self._put(terminal, Where.FAILED)
            return False
        if where == Where.FAILED or self.stopped or terminal not in self.invited:
            return False
        if where != Where.FETCHED:
            self._put(terminal, Where.OFFERED)
        return True

    def fetched(self, terminal: str) -> None:
        """The last byte has been given to it."""
        if self.terminals.get(terminal) == Where.OFFERED:
            self._put(terminal, Where.FETCHED)

    # -- how it is going --

    @property
    def stage(self) -> int:
        """How many percent are being offered it: the first stage that is not through, or the last."""
        for stage in self.stages:
            if any(self.terminals[terminal] not in (Where.RUNNING, Where.FAILED) for terminal in self._first(stage)):
                return stage
        return self.stages[-1]

    @property
    def invited(self) -> list[str]:
        return self._first(self.stage)

    @property
    def stopped(self) -> bool:
        return self.count(Where.FAILED) > self.failures

    @property
    def over(self) -> bool:
        return all(where in (Where.RUNNING, Where.FAILED) for where in self.terminals.values())

    def count(self, where: Where) -> int:
        return sum(found == where for found in self.terminals.values())

    def _first(self, percent: int) -> list[str]:
        return list(self.terminals)[: math.ceil(len(self.terminals) * percent / 100)]

    def _put(self, terminal: str, where: Where) -> None:
        if self.terminals[terminal] != where:
            self.terminals[terminal] = where
            self.save()

    def save(self) -> None:
        if self.file:
            kept = {"number": self.number, "terminals": self.terminals, "cause": self.cause}
            write_private(self.file, json.dumps(kept, indent=1).encode())


def read_list(path: Path) -> list[str]:
    """A terminal number on each line, and behind it whatever one likes. Raises BadList."""
    found = []
    for line, text in enumerate(path.read_text("utf-8").splitlines(), 1):
        words = text.partition("#")[0].split()
        if not words:
            continue
        if len(words[0]) != 8 or words[0] in found:
            raise BadList(f"{path}:{line}: {words[0]} is no terminal number of eight characters, or a second one.")
        found.append(words[0])
    if not found:
        raise BadList(f"{path} names no terminal.")
    return found
