"""What a card remembers without power: counters, tries, blocks, a changed PIN; in a file where it is given one."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class ApplicationState:
    """Amounts are 分. `data` are values that PUT DATA has written, by tag."""

    atc: int = 0
    last_online: int = 0  # ATC
    offline: int = 0  # consecutive transactions
    spent: int = 0  # in them
    blocked: bool = False
    scripts: int = 0  # commands accepted
    data: dict[str, str] = field(default_factory=dict)
    unauthenticated: bool = False  # the issuer has been asked and has not proved itself
    log: list[str] = field(default_factory=list)  # the last ten transactions, hexadecimal


@dataclass
class CardState:
    pin: str = field(repr=False)
    tries: int
    blocked: bool
    applications: dict[str, ApplicationState] = field(default_factory=dict)  # by AID, in hexadecimal

    def save(self, path: Path) -> None:
        """As a whole or not at all, as a card's memory is written."""
        part = path.with_name(path.name + ".part")
        part.write_text(json.dumps(asdict(self), indent=1))
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> CardState:
        row = json.loads(path.read_text())
        applications = {aid: ApplicationState(**state) for aid, state in row.pop("applications").items()}
        return cls(**row, applications=applications)
