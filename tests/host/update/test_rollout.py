"""A few terminals first: who is offered a version, when more are, and when nobody is any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.update.errors import BadList, OtherRollout
from host_tools.update.rollout import Rollout, Where, read_list

TERMINALS = [f"{number:08}" for number in range(1, 41)]
OLD, NEW = 10, 11


@pytest.fixture
def rollout() -> Rollout:
    return Rollout.begin(TERMINALS, NEW, (5, 25, 100))


def take(rollout: Rollout, terminal: str) -> None:
    assert rollout.asked(terminal, OLD, 0)
    rollout.fetched(terminal)
    assert not rollout.asked(terminal, NEW, 0)


def test_a_stage_begins_when_the_one_before_runs_it(rollout: Rollout) -> None:
    assert rollout.invited == TERMINALS[:2]
    assert not rollout.asked(TERMINALS[2], OLD, 0)
    take(rollout, TERMINALS[0])
    assert rollout.stage == 5
    take(rollout, TERMINALS[1])
    assert (rollout.stage, len(rollout.invited)) == (25, 10)
    for terminal in TERMINALS[2:10]:
        take(rollout, terminal)
    assert rollout.stage == 100
    for terminal in TERMINALS[10:]:
        take(rollout, terminal)
    assert rollout.over and not rollout.stopped


def test_it_stops_at_the_first_failure_and_says_whose_it_was(rollout: Rollout) -> None:
    take(rollout, TERMINALS[0])
    assert rollout.asked(TERMINALS[1], OLD, 0)
    rollout.fetched(TERMINALS[1])
    assert not rollout.asked(TERMINALS[1], OLD, 6)
    assert rollout.stopped
    assert rollout.cause == {TERMINALS[1]: "U06"}
    assert not rollout.asked(TERMINALS[2], OLD, 0)
    assert not rollout.asked(TERMINALS[1], OLD, 0)


def test_some_may_fail(rollout: Rollout) -> None:
    rollout.failures = 1
    for terminal in TERMINALS[:2]:
        assert rollout.asked(terminal, OLD, 0)
        rollout.fetched(terminal)
    rollout.asked(TERMINALS[0], OLD, 6)
    assert not rollout.stopped
    rollout.asked(TERMINALS[1], NEW, 0)
    assert rollout.stage == 25
    rollout.asked(TERMINALS[2], OLD, 0)
    rollout.fetched(TERMINALS[2])
    rollout.asked(TERMINALS[2], OLD, 5)
    assert rollout.stopped


def test_what_a_terminal_passed_over_before_is_no_failure(rollout: Rollout) -> None:
    """It says why until another update is there whole."""
    assert rollout.asked(TERMINALS[0], OLD, 6)
    assert rollout.asked(TERMINALS[0], OLD, 6)
    assert rollout.terminals[TERMINALS[0]] == Where.OFFERED


def test_a_terminal_that_nobody_has_listed(rollout: Rollout) -> None:
    assert not rollout.asked("99999999", OLD, 0)


def test_it_goes_on_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "rollout.json"
    first = Rollout.resume(file, Rollout.begin(TERMINALS, NEW))
    take(first, TERMINALS[0])
    again = Rollout.resume(file, Rollout.begin(TERMINALS, NEW))
    assert again.terminals == first.terminals
    with pytest.raises(OtherRollout):
        Rollout.resume(file, Rollout.begin(TERMINALS, NEW + 1))


@pytest.mark.parametrize("stages", [(), (5, 25), (25, 5, 100), (0, 100), (5, 5, 100), (5, 200)])
def test_stages_that_are_none(stages: tuple[int, ...]) -> None:
    with pytest.raises(BadList):
        Rollout.begin(TERMINALS, NEW, stages)


def test_the_list(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("# our own first\n10000001 the counter\n\n10000002\n", "utf-8")
    assert read_list(path) == ["10000001", "10000002"]
    for bad in ("", "# nobody\n", "1234567\n", "10000001\n10000001\n"):
        path.write_text(bad, "utf-8")
        with pytest.raises(BadList):
            read_list(path)
