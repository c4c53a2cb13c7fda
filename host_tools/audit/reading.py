"""What a source of records gives, and how a fault in it is called."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from host_tools.audit.records import Place, Record


class AuditError(Exception):
    """There is nothing to judge; the text says why, in one sentence."""


class Fault(StrEnum):
    ALTERED = "altered"
    DROPPED = "dropped"
    REORDERED = "reordered"
    FOREIGN = "from another terminal"
    ANOTHER_TIME = "from another time"  # of the same terminal
    TRUNCATED = "truncated"
    CONTRADICTORY = "contradictory"  # genuine, and at odds with the records before it


@dataclass(frozen=True, slots=True)
class Finding:
    """The first bad record: its number, what is wrong with it, and where it is or should be."""

    number: int
    fault: Fault
    why: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """`records` are an unbroken run of genuine ones, oldest first, up to the first bad one, or from it on if it is
    missing before them; `notes` are oddities that harm nothing."""

    records: list[Record]
    finding: Finding | None = None
    notes: list[str] = field(default_factory=list)
