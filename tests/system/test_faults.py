"""The fault explorer in short, and firmware broken on purpose, which it must notice. All of it is `make faults`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from host_tools.micropython.port import ROOT
from tests.faults.engine import Engine
from tests.faults.explorer import firsts, seconds, singles
from tests.faults.mutants import MUTANTS, Mutant
from tests.faults.points import Schedule, schedule
from tests.faults.rows import ROWS

_SINGLES = 5  # for each type of transaction
_PAIRS = 1
_OF_A_VARIANT = 3  # of these there are many, and no pairs are tried
_ALTERATIONS = 12
GENERATE_AC, RECOVER_AC = 0xAE, 0xD0

# What went wrong once, and why.
_FOUND_ONCE = {
    "sale-approved@plain,0/net:1:AGAIN:0": "94, that the request had come before, was taken for a refusal of the sale",
    "sign-in@plain,0/net:1:BENT_REPLY:76": "a batch number with a bit turned began a batch, and the sums were gone",
    "settlement-again@plain,0/net:1:BENT_REPLY:50": "a refusal without a MAC went on with a batch that was closed",
    "first-sign-in@plain,0/dud:1": "a new key of the card numbers was not read back",
    "first-sign-in@plain,0/dud:3": "a file system that could not write ended the day",
    "sign-off@turning-late,0/cut:10:bytes:65,1/dud:11": "what LittleFS gave up was not tried a second time",
    "sign-in@turning,0/dud:14,0/cut:18:bytes:65": "the chip of the tests forgot the fault in a power cut",
    "next-batch@turning-late,0/cut:22:before:0,1/dud:3": "the newest record's mark was not read back at mounting",
    "sale-approved@turning,0/wear:10:0,0/dud:15": "an erase that came to nothing cost a sector for good",
    "sale-unanswered@turning,0/wear:10:0,0/wear:19:0": "with two of five sectors gone the batch is settled first",
    "void@plain,0/wear:16:29,0/wear:20:29": "a worn cell cost a whole sector",
    "chip-script-declined@plain,0/pull:14:out": "a script that was run before a refusal was not told of",
    "delivery@plain,0/net:1:BENT_REQUEST:20": "what the host could not read was given up",
    "script-delivery@plain,0/net:1:BENT_REQUEST:152": "the same, of a script's end",
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as engine:
        yield engine


def _some(found: list[Schedule], count: int) -> list[Schedule]:
    """So many of them, as far apart as they can be."""
    return found[:: max(1, len(found) // count)][:count]


def _wrong(engine: Engine, schedules: Iterable[Schedule]) -> dict[str, list[str]]:
    """What is wrong, by schedule."""
    found = {str(one): engine.run(one).violations for one in schedules}
    assert found
    return {name: violations for name, violations in found.items() if violations}


@pytest.mark.parametrize("name", [row.name for row in ROWS.values() if not (row.altered or row.seldom)])
def test_some_faults_and_pairs(engine: Engine, name: str) -> None:
    row = ROWS[name]
    begun = firsts(engine, row, row.scenes[-1])
    pairs = (_some(seconds(engine, first), 2) for first in _some(begun[1:], _PAIRS) if not row.variant)
    singles = _some(begun, _OF_A_VARIANT if row.variant else _SINGLES)
    assert _wrong(engine, [*singles, *(pair for found in pairs for pair in found[1:])]) == {}


@pytest.mark.parametrize("name", [row.name for row in ROWS.values() if row.altered])
def test_an_altered_journal(engine: Engine, name: str) -> None:
    found = list(singles(engine, ROWS[name], ROWS[name].scenes[-1]))
    assert _wrong(engine, _some(found, _ALTERATIONS)) == {}


@pytest.mark.parametrize("name", _FOUND_ONCE)
def test_what_went_wrong_once(engine: Engine, name: str) -> None:
    assert _wrong(engine, [schedule(name)]) == {}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_broken_firmware_is_caught(engine: Engine, mutant: Mutant, tmp_path: Path) -> None:
    assert mutant.caught(tmp_path, engine)


def test_a_torn_tap_is_recovered(engine: Engine) -> None:
    """The card is asked for its cryptogram once, and says it twice."""
    talk = engine.trace(ROWS["tap-torn"], "plain").talk
    assert [ins for ins, _ in talk if ins in (GENERATE_AC, RECOVER_AC)] == [GENERATE_AC, RECOVER_AC]


def test_a_schedule_can_be_had_again_by_its_name(engine: Engine) -> None:
    rows = (("sale-unanswered", "turning-late"), ("tap-sale", "turning"), ("batch-altered", "plain"))
    for name, scene in rows:
        for one in islice(singles(engine, ROWS[name], scene), 0, None, 50):
            assert schedule(str(one)) == one
    with pytest.raises(ValueError, match="no fault"):
        schedule("sale-approved@plain,0/quake:1")


def test_a_schedule_goes_the_same_way_twice(engine: Engine) -> None:
    one = schedule("sale-approved@turning,0/cut:6:swaying:3,1/net:1:SILENT:0")
    first = engine.run(one)
    assert len(first.lives) == 2
    with Engine() as other:
        assert other.run(one).lives == engine.run(one).lives == first.lives


def test_one_schedule_is_told_at_length() -> None:
    name = "offline-sale@plain,0/cut:9:before:0"
    command = [sys.executable, "-m", "tests.faults", "--only", name]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert told.startswith(name) and "life 0: cut" in told and "life 1: ready" in told
    assert "title.offline_sale" in told and told.endswith("nothing is wrong\n")
