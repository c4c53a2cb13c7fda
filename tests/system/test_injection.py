"""Injection end to end: the workshop's ceremony, and the unit's firmware under the MicroPython unix port (S10).

Two implementations that share no code meet on the line's bytes.
"""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Self

import pytest

from host_tools.keys import errors
from host_tools.keys.ceremony import Ceremony
from host_tools.keys.components import Algorithm, check_value, combine, new_component
from host_tools.keys.framing import frame
from host_tools.keys.injection import Kind, exchange
from host_tools.keys.master_keys import Master
from host_tools.micropython.port import ROOT, find_micropython, firmware_root, heap_ceiling

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from host_tools.keys.custodians import Pair

TERMINAL = "10000001"
SERIAL = "SP-VB-000001"
SCRIPT = ROOT / "tests" / "firmware" / "injection_peer.py"
ALGORITHMS = {Algorithm.TDES: 1, Algorithm.AES: 2, Algorithm.SM4: 3}  # as the key store numbers them
PEOPLE = (("Li Lei", "seven abacus beads"), ("Han Meimei", "tea without sugar!"))


class Unit:
    """The firmware in a process of its own, and the serial port that leads to it. It may be switched off and on."""

    def __init__(
        self, keys: Path, injection_key: bytes | None, *, terminal: str = TERMINAL, algorithm: int = 1
    ) -> None:
        arguments = [str(keys), terminal, SERIAL, str(algorithm), *([injection_key.hex()] if injection_key else [])]
        self._process = subprocess.Popen(
            [*find_micropython(), "-X", f"heapsize={heap_ceiling('256k')}", str(SCRIPT), *arguments],
            env=os.environ | {"MICROPYPATH": f"{firmware_root()}:.frozen"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.heard: list[bytes] = []
        self._waiting = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def write(self, data: bytes) -> None:
        self.heard.append(data)
        self._waiting += bytes.fromhex(self._ask(data.hex()))

    def read(self, size: int = 1) -> bytes:
        data, self._waiting = self._waiting[:size], self._waiting[size:]
        return data

    @property
    def tmk(self) -> bytes | None:
        answer = self._ask("?")
        return None if answer == "-" else bytes.fromhex(answer)

    def _ask(self, line: str) -> str:
        assert self._process.stdin
        assert self._process.stdout
        print(line, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer, "MicroPython ended; its last words are on standard error"
        return answer.strip()


def bring(algorithm: Algorithm, size: int) -> tuple[tuple[bytes, bytes], bytes]:
    random = Random(f"{algorithm} {size}").randbytes
    first, second = new_component(algorithm, size, random), new_component(algorithm, size, random)
    return (first, second), check_value(algorithm, combine(algorithm, first, second))


@pytest.fixture
def ceremony(tmp_path: Path) -> Ceremony:
    hour = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    return Ceremony(tmp_path / "keys", now=lambda: hour, random=Random(1).randbytes, cost=2)


@pytest.fixture
def pair(ceremony: Ceremony) -> Pair:
    pair = ceremony.pair(*(ceremony.enrol(name, says) for name, says in PEOPLE))
    for master in Master:
        ceremony.make_master(master, pair, Algorithm.AES, *bring(Algorithm.AES, 32))
    ceremony.make_terminal_key(TERMINAL, pair, Algorithm.TDES, *bring(Algorithm.TDES, 16))
    return pair


@pytest.fixture
def unit(ceremony: Ceremony, pair: Pair, tmp_path: Path) -> Iterator[Unit]:
    """Fresh from the workshop: it has its injection key and no other."""
    with Unit(tmp_path / "keys.bin", ceremony.injection_key(pair, SERIAL)) as unit:
        yield unit


def inject(ceremony: Ceremony, pair: Pair, unit: Unit) -> None:
    with ceremony.injecting(pair, TERMINAL, SERIAL) as injection:
        exchange(injection, unit)


def test_two_people_load_a_terminal(ceremony: Ceremony, pair: Pair, unit: Unit) -> None:
    assert unit.tmk is None
    inject(ceremony, pair, unit)
    assert unit.tmk == combine(Algorithm.TDES, *bring(Algorithm.TDES, 16)[0])
    assert [line.outcome for line in ceremony.audit.verify()][-2:] == ["begun", "done"]


@pytest.mark.parametrize(
    ("algorithm", "size"), [(Algorithm.TDES, 24), (Algorithm.AES, 16), (Algorithm.AES, 32), (Algorithm.SM4, 16)]
)
def test_every_kind_of_master_key(
    ceremony: Ceremony, pair: Pair, tmp_path: Path, algorithm: Algorithm, size: int
) -> None:
    ceremony.make_terminal_key(TERMINAL, pair, algorithm, *bring(algorithm, size), replace=True)
    key = ceremony.injection_key(pair, SERIAL)
    with Unit(tmp_path / "keys.bin", key, algorithm=ALGORITHMS[algorithm]) as unit:
        inject(ceremony, pair, unit)
        assert unit.tmk == combine(algorithm, *bring(algorithm, size)[0])


def test_a_loaded_unit_takes_no_other_key_even_after_a_power_cycle(
    ceremony: Ceremony, pair: Pair, unit: Unit, tmp_path: Path
) -> None:
    inject(ceremony, pair, unit)
    first = unit.tmk
    ceremony.make_terminal_key(TERMINAL, pair, Algorithm.TDES, *bring(Algorithm.TDES, 24), replace=True)
    with pytest.raises(errors.DeviceKeyed):
        inject(ceremony, pair, unit)
    with Unit(tmp_path / "keys.bin", None) as again:
        with pytest.raises(errors.DeviceKeyed):
            inject(ceremony, pair, again)
        assert again.tmk == first


def test_a_recorded_injection_is_worth_nothing(ceremony: Ceremony, pair: Pair, unit: Unit, tmp_path: Path) -> None:
    """Said again word for word to the unit as it was before: same keys, another nonce."""
    inject(ceremony, pair, unit)
    with Unit(tmp_path / "copy.bin", ceremony.injection_key(pair, SERIAL)) as again:
        for said in unit.heard:
            again.write(said)
        assert again.read(1000).endswith(frame(Kind.REFUSED, b"\x03"))
        assert again.tmk is None


def test_a_unit_of_another_workshop_is_sent_nothing(ceremony: Ceremony, pair: Pair, tmp_path: Path) -> None:
    with Unit(tmp_path / "keys.bin", bytes(range(32))) as unit:
        with pytest.raises(errors.DeviceNotProven):
            inject(ceremony, pair, unit)
        assert len(unit.heard) == 1
        assert unit.tmk is None


def test_a_unit_without_an_injection_key_is_not_loaded(ceremony: Ceremony, pair: Pair, tmp_path: Path) -> None:
    with Unit(tmp_path / "keys.bin", None) as unit, pytest.raises(errors.DeviceUnprepared):
        inject(ceremony, pair, unit)


def test_a_unit_set_up_as_another_terminal_is_not_loaded(ceremony: Ceremony, pair: Pair, tmp_path: Path) -> None:
    with Unit(tmp_path / "keys.bin", ceremony.injection_key(pair, SERIAL), terminal="10000002") as unit:
        with pytest.raises(errors.DeviceOtherTerminal):
            inject(ceremony, pair, unit)
        assert unit.tmk is None


def test_a_unit_of_another_suite_is_not_loaded(ceremony: Ceremony, pair: Pair, tmp_path: Path) -> None:
    """An SM4 terminal is not talked into a triple DES master key (S11)."""
    key = ceremony.injection_key(pair, SERIAL)
    with Unit(tmp_path / "keys.bin", key, algorithm=ALGORITHMS[Algorithm.SM4]) as unit:
        with pytest.raises(errors.DeviceBadBlock):
            inject(ceremony, pair, unit)
        assert unit.tmk is None


def test_no_secret_crosses_the_line(ceremony: Ceremony, pair: Pair, unit: Unit) -> None:
    inject(ceremony, pair, unit)
    line = b"".join(unit.heard).lower()
    assert unit.tmk
    for secret in (unit.tmk, ceremony.injection_key(pair, SERIAL)):
        assert secret[:8] not in line
        assert secret[:8].hex().encode() not in line
