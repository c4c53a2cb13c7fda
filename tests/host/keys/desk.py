"""A ceremony at a fixed hour, and two people at its desk. Scrypt is as cheap as it can be."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING

from host_tools.keys.ceremony import Ceremony
from host_tools.keys.components import Algorithm, check_value, combine, new_component
from host_tools.keys.master_keys import Master

if TYPE_CHECKING:
    from pathlib import Path

    from host_tools.keys.custodians import Pair

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
LI, LI_SAYS = "Li Lei 李雷", "seven abacus beads"
HAN, HAN_SAYS = "Han Meimei", "tea without sugar!"
TERMINAL = "10000001"
SERIAL = "SP-VB-000001"


def sit_down(directory: Path, seed: str = "desk") -> Ceremony:
    return Ceremony(directory, now=lambda: NOW, random=Random(seed).randbytes, cost=2)


def enrol_both(ceremony: Ceremony) -> Pair:
    return ceremony.pair(ceremony.enrol(LI, LI_SAYS), ceremony.enrol(HAN, HAN_SAYS))


def unlock_both(ceremony: Ceremony) -> Pair:
    return ceremony.pair(ceremony.unlock(LI, LI_SAYS), ceremony.unlock(HAN, HAN_SAYS))


def bring(algorithm: Algorithm, size: int, seed: str) -> tuple[tuple[bytes, bytes], bytes]:
    """Two components and the check value of their key."""
    random = Random(seed).randbytes
    first, second = new_component(algorithm, size, random), new_component(algorithm, size, random)
    return (first, second), check_value(algorithm, combine(algorithm, first, second))


def make_masters(ceremony: Ceremony, pair: Pair, algorithm: Algorithm = Algorithm.AES, size: int = 32) -> None:
    ceremony.make_master(Master.KBPK, pair, algorithm, *bring(algorithm, size, "kbpk"))
    ceremony.make_master(Master.INJECTION, pair, Algorithm.AES, *bring(Algorithm.AES, 32, "injection"))


def every_byte(directory: Path) -> bytes:
    """All that the directory holds, names included."""
    files = [path for path in sorted(directory.rglob("*")) if path.is_file()]
    return b"\n".join(str(path).encode() + b"\n" + path.read_bytes() for path in files)
