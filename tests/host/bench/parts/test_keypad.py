"""The keypad: a matrix of bare switches, read over its wires alone."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts.keypad import LEGEND, Keypad
from tests.host.bench.parts.wires import Pins, run_all

ROWS = (4, 5, 6, 7)
COLUMNS = (15, 16, 17, 18)
NAMES = [name for row in LEGEND for name in row]


class Rig:
    def __init__(self, seed: int = 1) -> None:
        self.keypad = Keypad(ROWS, COLUMNS, Random(seed))
        self.pins = Pins()
        self.clock = VirtualClock()
        self.keypad.attach(self.pins, self.clock)

    def hold(self, *names: str) -> None:
        for name in names:
            self.keypad.press(name)
        run_all(self.clock)

    def scan(self) -> set[str]:
        """Drives one row low at a time, the others floating, and reads the columns."""
        found = set()
        for y, row in enumerate(ROWS):
            self.pins.levels = {row: 0}
            found |= {LEGEND[y][x] for x, column in enumerate(COLUMNS) if self.keypad.level(column) == 0}
        self.pins.levels = {}
        return found


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_nothing_is_connected_while_no_key_is_down(rig: Rig) -> None:
    assert rig.scan() == set()
    assert all(rig.keypad.level(pin) is None for pin in rig.keypad.pins)


@pytest.mark.parametrize("name", NAMES)
def test_each_key_joins_its_row_and_column(rig: Rig, name: str) -> None:
    rig.hold(name)
    assert rig.scan() == {name}
    rig.keypad.release(name)
    run_all(rig.clock)
    assert rig.scan() == set()


def test_two_keys_are_told_apart(rig: Rig) -> None:
    rig.hold("1", "0")
    assert rig.scan() == {"1", "0"}


def test_three_corners_of_a_rectangle_close_the_fourth(rig: Rig) -> None:
    rig.hold("1", "3", "7")
    assert rig.scan() == {"1", "3", "7", "9"}
    rig.keypad.release("3")
    run_all(rig.clock)
    assert rig.scan() == {"1", "7"}


def test_a_ghost_reaches_through_a_longer_way(rig: Rig) -> None:
    """4 and 6 share a row, 6 and enter's column does not; 4-5, 5-0, 0-enter make one net of rows 2 and 4."""
    rig.hold("4", "5", "0", "enter")
    assert rig.scan() == {"4", "5", "clear", "up", "0", "enter"}


def test_a_row_driven_high_against_one_driven_low_loses(rig: Rig) -> None:
    rig.hold("1", "4")
    rig.pins.levels = {ROWS[0]: 1, ROWS[1]: 0}
    assert rig.keypad.level(COLUMNS[0]) == 0
    rig.pins.levels = {ROWS[0]: 1}
    assert rig.keypad.level(COLUMNS[0]) == 1
    rig.pins.levels = {}
    assert rig.keypad.level(COLUMNS[0]) is None


def test_driving_a_row_tells_of_the_columns_it_reaches(rig: Rig) -> None:
    rig.hold("5", "6")
    rig.pins.told.clear()
    rig.keypad.driven(ROWS[1])
    assert set(rig.pins.told) == {COLUMNS[1], COLUMNS[2]}


@pytest.mark.parametrize("seed", range(20))
def test_contacts_bounce_and_settle_within_ten_milliseconds(seed: int) -> None:
    rig = Rig(seed)
    rig.pins.levels = dict.fromkeys(ROWS, 0)
    for action, settled in ((rig.keypad.press, 0), (rig.keypad.release, None)):
        start = rig.clock.now_us
        action("8")
        levels = [rig.keypad.level(COLUMNS[1])]
        while (due := rig.clock.next_us()) is not None:
            rig.clock.advance_to(due)
            levels.append(rig.keypad.level(COLUMNS[1]))
        assert levels[0] == settled, "the first touch is felt at once"
        assert levels[-1] == settled
        assert all(before != after for before, after in pairwise(levels))
        assert rig.clock.now_us - start < 10_000


def test_some_contacts_do_bounce_and_the_seed_says_which() -> None:
    def chatter(seed: int) -> list[int]:
        rig = Rig(seed)
        rig.keypad.press("5")
        times = []
        while (due := rig.clock.next_us()) is not None:
            rig.clock.advance_to(due)
            times.append(rig.clock.now_us)
        return times

    runs = [chatter(seed) for seed in range(10)]
    assert runs == [chatter(seed) for seed in range(10)]
    assert len({len(times) for times in runs}) > 1


def test_a_key_let_go_while_it_bounces_ends_open(rig: Rig) -> None:
    for name in NAMES:
        rig.keypad.press(name)
        rig.clock.advance_to(rig.clock.now_us + 100)
        rig.keypad.release(name)
    run_all(rig.clock)
    assert rig.scan() == set()


def test_a_press_twice_is_one_press(rig: Rig) -> None:
    rig.hold("7")
    rig.pins.told.clear()
    rig.hold("7")
    assert rig.pins.told == []


def test_a_key_held_over_a_power_cut_is_still_down(rig: Rig) -> None:
    rig.keypad.press("cancel")
    rig.keypad.power_off()
    run_all(rig.clock)
    assert rig.keypad.level(COLUMNS[3]) is None
    rig.keypad.attach(rig.pins, rig.clock)
    assert rig.scan() == {"cancel"}


def test_an_unknown_key_is_an_error(rig: Rig) -> None:
    with pytest.raises(KeyError):
        rig.keypad.press("F1")
