"""A broken unit is replaced: settled, saved, its number handed over; and at no moment do two units work with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from host_tools.backup import line
from host_tools.bench.cable import Cable
from host_tools.bench.counter import identify_administrator, sell, sent, settle
from host_tools.commission import errors
from host_tools.commission.books import done
from host_tools.commission.emulated import EmulatedWorkshop
from host_tools.commission.steps import commission
from host_tools.commission.swap import hand_over
from host_tools.commission.work import Work
from host_tools.keys.components import Algorithm, check_value, combine, new_component
from host_tools.keys.errors import AlreadyBound

NEW = "SP-VB-000077"


def now() -> datetime:
    return datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Unit:
    """What of a unit lies in its flash chip and non-volatile store, while another one is on the bench."""

    def __init__(self, workshop: EmulatedWorkshop) -> None:
        self._flash = workshop.unit.read_bytes()
        self._nvs = dict(workshop.shop.bench.nvs)

    def onto(self, workshop: EmulatedWorkshop) -> None:
        workshop.switch_off()
        workshop.unit.write_bytes(self._flash)
        workshop.shop.bench.nvs.clear()
        workshop.shop.bench.nvs.update(self._nvs)


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[EmulatedWorkshop]:
    found = EmulatedWorkshop(tmp_path, quick=True)
    yield found
    found.close()


def components(seed: int) -> tuple[tuple[bytes, bytes], bytes]:
    random = Random(seed).randbytes
    halves = new_component(Algorithm.TDES, 16, random), new_component(Algorithm.TDES, 16, random)
    return halves, check_value(Algorithm.TDES, combine(Algorithm.TDES, *halves))


def at_the_counter(workshop: EmulatedWorkshop) -> None:
    workshop.switch_on()
    workshop.shop.log_in()
    workshop.shop.bench.expect("请输入金额")


def saved(workshop: EmulatedWorkshop) -> bytes:
    bench = workshop.shop.bench
    bench.press("menu", "7", "9")
    identify_administrator(workshop.shop)
    bench.expect("管理员", "1 终端参数")
    bench.press("6", "1")
    bench.expect("请连接维护电脑")
    return line.save(Cable(workshop.shop.bench))


def test_never_two_units_with_one_number(workshop: EmulatedWorkshop, tmp_path: Path) -> None:
    shop, order = workshop.shop, workshop.order()
    commission(order, Work(tmp_path / "old", order, now), workshop.workshop(order), lambda _: None, release=False)
    at_the_counter(workshop)
    sell(shop, 45_67)
    heir = replace(order, serial=NEW, replaces=order.serial)
    halves, confirmed = components(3)

    def handed_over() -> bytes:
        how = workshop.ceremony, workshop.pair, workshop.store, order.terminal, NEW
        return hand_over(*how, Algorithm.TDES, halves, confirmed)

    with pytest.raises(errors.NotSettled):
        handed_over()
    with pytest.raises((errors.NotSettled, AlreadyBound)):
        commission(heir, Work(tmp_path / "early", heir, now), workshop.workshop(heir), lambda _: None)
    settle(shop)
    archive = saved(workshop)
    workshop.switch_off()
    old = Unit(workshop)

    with pytest.raises(AlreadyBound):  # the number is still the old one's
        commission(heir, Work(tmp_path / "new", heir, now), workshop.workshop(heir), lambda _: None)
    handed_over()

    at_the_counter_in_vain(workshop)  # the old one, which has all its keys
    workshop.bare()
    steps = replace(workshop.workshop(heir), archive=archive)

    def begun(step: str) -> None:
        if step == "statement":  # a board that has taken over records wants its power off and on
            workshop.switch_on()

    work = Work(tmp_path / "new", heir, now)
    commission(heir, work, steps, begun, release=False)
    at_the_counter(workshop)
    sell(shop, 12_34)
    assert [each.amount for each in done(workshop.store, order.terminal) if each.kind == "sale"] == [1, 45_67, 1, 12_34]
    workshop.switch_off()
    new = Unit(workshop)

    old.onto(workshop)
    at_the_counter_in_vain(workshop)
    new.onto(workshop)
    at_the_counter(workshop)
    sell(shop, 1_00)


def at_the_counter_in_vain(workshop: EmulatedWorkshop) -> None:
    """It cannot sign in, and sells nothing."""
    shop = workshop.shop
    before, signed_in = len(done(workshop.store, shop.terminal.tid)), len(sent(shop, "0810", "out"))
    workshop.switch_on()
    shop.log_in()
    shop.bench.run(20)
    shop.bench.press("enter")
    shop.bench.run(5)
    if shop.bench.shows("请输入金额"):
        shop.bench.type("100")
        shop.bench.press("enter")
        shop.bench.run(5)
        if shop.bench.shows("请刷卡"):
            shop.swipe(shop.cards["plain"])
            shop.bench.run(5)
            shop.bench.type(shop.cards["plain"].pin)
            shop.bench.press("enter")
            shop.bench.run(40)
    assert len(done(workshop.store, shop.terminal.tid)) == before
    answers = [fields[39] for fields in sent(shop, "0810", "out")[signed_in:]]
    assert answers
    assert "00" not in answers


def test_the_acquirer_takes_no_unit_for_another_that_is_none(workshop: EmulatedWorkshop) -> None:
    how = workshop.ceremony, workshop.pair, workshop.store
    halves, confirmed = components(4)
    with pytest.raises(errors.NotEnrolled):
        hand_over(*how, "99999999", NEW, Algorithm.TDES, halves, confirmed)
    serial = workshop.shop.terminal.serial
    with pytest.raises(ValueError, match="another unit has another serial number"):
        hand_over(*how, workshop.shop.terminal.tid, serial, Algorithm.TDES, halves, confirmed)
