"""A terminal's way from a bare chip to its counter: each step once, whatever stops it, and nothing bound twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from mpremote.transport import TransportError  # type: ignore[import-untyped]
from mpremote.transport_serial import SerialTransport  # type: ignore[import-untyped]

from host_tools.bench.counter import identify_administrator
from host_tools.bench.network import LiveWorld
from host_tools.bench.repl import repl
from host_tools.commission import errors, line, report
from host_tools.commission.books import done
from host_tools.commission.emulated import EmulatedWorkshop
from host_tools.commission.order import Order, read
from host_tools.commission.page import page
from host_tools.commission.steps import AGAIN, Workshop, commission, require
from host_tools.commission.work import STEPS, Work
from host_tools.keys.errors import AlreadyBound, LineSilent

RELEASE = "suanpan/release"


def now() -> datetime:
    return datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmulatedWorkshop, Order, Work]]:
    """A unit that has been commissioned, though each step was cut short after it had done its work, and once before."""
    directory = tmp_path_factory.mktemp("commission")
    workshop = EmulatedWorkshop(directory, quick=True)
    try:
        order = workshop.order()
        cut = {"flash": 0, "line": 0, "keys": 0}
        whole = workshop.workshop(order)

        def flashing(key: bytes) -> dict[str, Any]:
            cut["flash"] += 1
            return whole.flash(key)

        def asked(words: str) -> None:
            cut["keys"] += 1
            whole.at_the_keys(words)

        steps = replace(whole, flash=flashing, at_the_keys=asked)
        for step in STEPS:

            def cable_out(begun: str, at: str = step) -> None:
                if begun == at:
                    raise KeyboardInterrupt

            with pytest.raises(KeyboardInterrupt):
                commission(order, Work(directory / "unit", order, now), steps, cable_out)
        work = Work(directory / "unit", order, now)
        commission(order, work, steps, lambda _: None)
        assert (cut["flash"], cut["keys"]) == (1, 1), "what was done is not done again"
        yield workshop, order, work
    finally:
        workshop.close()


def test_the_report_has_what_both_sides_say_of_the_sale_and_its_void(
    made: tuple[EmulatedWorkshop, Order, Work], tmp_path: Path
) -> None:
    workshop, order, work = made
    content = report.content(order, work)
    assert list(content["steps"]) == list(STEPS)
    said = content["steps"]["statement"]["statement"]
    void, sale = said["records"]
    assert (said["faults"], said["owed"]) == ([], 0)
    assert (sale["amount"], sale["voided"], void["kind"], void["approved"]) == (1, True, "void", True)
    booked = {each.stan: each for each in done(workshop.store, order.terminal)}
    assert booked[void["stan"]].of_stan == sale["stan"]
    assert content["steps"]["host"]["sale"]["reference"] == sale["reference"] == booked[sale["stan"]].reference
    assert content["steps"]["bind"]["serial"] == order.serial

    json_path, signature_path, page_path = report.write(tmp_path, content, workshop.signer.sign)
    public = workshop.signer.public
    key = RSAPublicNumbers(public.e, int.from_bytes(public.n, "big")).public_key()
    key.verify(signature_path.read_bytes(), json_path.read_bytes(), PSS(MGF1(SHA256()), SHA256.digest_size), SHA256())
    assert json.loads(json_path.read_bytes()) == content
    shown = page_path.read_text("utf-8")
    assert sale["reference"] in shown
    assert "<script" not in shown
    assert "http" not in shown, "a page that fetches nothing"
    texts: list[str] = []
    reader = HTMLParser()
    reader.handle_data = texts.append  # type: ignore[assignment]
    reader.feed(shown)
    assert order.merchant in texts


@pytest.mark.parametrize("step", STEPS)
def test_only_a_unit_that_has_come_through_every_step_has_passed(
    made: tuple[EmulatedWorkshop, Order, Work], step: str
) -> None:
    _, order, work = made
    content = report.content(order, work)
    assert "合格 Passed" in page(content, b"")
    del content["steps"][step]
    assert "未完成 Not passed" in page(content, b"")


def test_no_key_and_no_card_number_is_in_what_is_kept(made: tuple[EmulatedWorkshop, Order, Work]) -> None:
    workshop, order, work = made
    text = report.canonical(report.content(order, work)) + (workshop.directory / "unit/commission.json").read_bytes()
    secrets = (workshop.shop.terminal.tmk, workshop.ceremony.injection_key(workshop.pair, order.serial))
    for secret in secrets:
        assert secret.hex().encode() not in text.lower()
    assert workshop.shop.cards["plain"].pan.encode() not in text


def test_in_release_mode_nobody_comes_in_by_the_repl_until_the_administrator_says(
    made: tuple[EmulatedWorkshop, Order, Work],
) -> None:
    workshop, _, _ = made
    bench = workshop.shop.bench
    nvs = dict(bench.nvs)
    assert RELEASE in nvs
    workshop.switch_off()
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(repl(workshop.unit, nvs, LiveWorld({}), from_flash=True)) as board,
    ):
        assert not _prompt(board.path)
    workshop.switch_on()
    identify_administrator(workshop.shop)
    bench.expect("管理员", "1 终端参数")
    bench.press("8", "9", "2")
    bench.expect("打开维护接口")
    bench.press("enter")
    bench.expect("请关机再开机")
    nvs = dict(bench.nvs)
    assert not nvs.get(RELEASE)
    workshop.switch_off()
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(repl(workshop.unit, nvs, LiveWorld({}), from_flash=True)) as board,
    ):
        assert _prompt(board.path)
    bench.nvs[RELEASE] = b"\1"  # as it was left


def _prompt(port: str) -> bool:
    transport = SerialTransport(port, timeout=0.2)
    try:
        for _ in range(2):
            try:
                transport.enter_raw_repl(timeout_overall=2)
            except TransportError:
                continue
            return True
        return False
    finally:
        transport.close()


def test_a_number_that_is_in_use_is_not_commissioned_again(
    made: tuple[EmulatedWorkshop, Order, Work], tmp_path: Path
) -> None:
    """Neither another unit with this number, nor this unit, keyed as it is, with another."""
    workshop, order, _ = made
    for other, error in (
        (replace(order, place="Counter 2"), errors.AlreadyInUse),
        (replace(order, terminal="10000002"), AlreadyBound),
    ):
        steps = replace(workshop.workshop(other), flash=_never)
        with pytest.raises(error):
            commission(other, Work(tmp_path / other.terminal, other, now), steps, lambda _: None)
    again = Work(tmp_path / "keyed", order, now)
    again.do("flash", dict)
    workshop.switch_on()
    workshop.shop.bench.expect("柜员号")
    with pytest.raises(LineSilent):  # it has its key, and is deaf
        commission(order, again, workshop.workshop(order), lambda _: None)


def _never(_: bytes) -> dict[str, Any]:
    raise AssertionError("a board was written")


def test_what_the_acquirer_has_bound_otherwise_is_refused(
    made: tuple[EmulatedWorkshop, Order, Work], tmp_path: Path
) -> None:
    workshop, order, _ = made
    for number, (name, value) in enumerate(
        {"merchant": "898110257349999", "account": "merchant of somebody else", "suite": "aes"}.items()
    ):
        other = replace(order, **{name: value})  # type: ignore[arg-type]
        work = Work(tmp_path / str(number), other, now)
        for step in ("flash", "keys"):
            work.do(step, dict)
        with pytest.raises(errors.NotBound, match=name):
            commission(other, work, workshop.workshop(other), lambda _: None)
    other = replace(order, terminal="99999999")
    work = Work(tmp_path / "unknown", other, now)
    for step in ("flash", "keys"):
        work.do(step, dict)
    with pytest.raises(errors.NotEnrolled):
        commission(other, work, workshop.workshop(other), lambda _: None)


def test_a_unit_that_fell_silent_before_it_was_closed_says_it_all_again(
    made: tuple[EmulatedWorkshop, Order, Work],
) -> None:
    workshop, order, work = made
    workshop.switch_on()
    work.forget("release")
    asked: list[str] = []
    whole = workshop.workshop(order)

    def at_the_keys(words: str) -> None:
        asked.append(words)
        whole.at_the_keys(words)

    commission(order, work, replace(whole, at_the_keys=at_the_keys), lambda _: None)
    assert asked == [AGAIN]
    assert work.facts("release") == {"closed": True, "at": now().isoformat(timespec="seconds")}


def test_a_statement_under_another_key_or_of_another_unit_is_refused(
    made: tuple[EmulatedWorkshop, Order, Work],
) -> None:
    workshop, order, work = made
    workshop.at_the_keys(AGAIN)
    steps: Workshop = workshop.workshop(order)
    key = workshop.ceremony.backup_key(workshop.pair, order.terminal)
    with steps.line() as port:
        with pytest.raises(errors.NotProven):
            line.statement(port, bytes(32))
        said = line.statement(port, key)
        assert line.close(port)
    require(said, order)
    facts = work.facts("statement")
    assert facts is not None
    assert said["records"] == facts["statement"]["records"]
    for other, error in (
        ({"serial": "SP-VB-000009"}, errors.OtherUnit),
        ({"faults": ["P01"]}, errors.SelfTestFailed),
        ({"owed": 1}, errors.StillOwed),
    ):
        with pytest.raises(error):
            require(said | other, order)


def _with(record: int, said: dict[str, Any], **other: object) -> dict[str, Any]:
    records = [dict(each) for each in said["records"]]
    records[record] |= other
    return said | {"records": records}


def test_a_sale_that_the_two_do_not_agree_on(made: tuple[EmulatedWorkshop, Order, Work], tmp_path: Path) -> None:
    workshop, order, work = made
    facts = work.facts("statement")
    assert facts is not None
    said = facts["statement"]
    cases = (
        (_with(1, said, stan="000077"), errors.Disagree),
        (_with(0, said, reference="000000000000"), errors.Disagree),
        (_with(1, said, voided=False), errors.NoSale),
        (_with(1, said, amount=100), errors.NoSale),
        (said | {"records": said["records"][1:]}, errors.NoSale),
    )
    for number, (told, error) in enumerate(cases):
        begun = Work(tmp_path / str(number), order, now)
        for step in ("flash", "keys", "bind"):
            begun.do(step, dict)
        begun.do("statement", lambda told=told: {"statement": told})  # type: ignore[misc]
        with pytest.raises(error):
            commission(order, begun, workshop.workshop(order), lambda _: None, release=False)
        if error is errors.Disagree:
            assert begun.facts("statement") is None, "the sale may be made anew"


def test_orders_and_work_that_cannot_be_right(tmp_path: Path) -> None:
    good = {
        "board": "virtual",
        "terminal": "10000001",
        "serial": "SP-1",
        "merchant": "898110257340001",
        "name_zh": "算盘",
        "name_en": "SUANPAN",
        "account": "merchant 898110257340001",
        "place": "Counter 1",
        "host": "acquirer.test",
        "port": 9000,
    }

    def written(values: dict[str, object]) -> Path:
        path = tmp_path / "order.toml"
        path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()), "utf-8")
        return path

    order = read(written(good))
    assert (order.terminal, order.port, order.suite) == ("10000001", 9000, "tdes")
    bad: list[tuple[str, object]] = [
        *(("port", "9000"), ("port", 0), ("terminal", "1"), ("place", ""), ("colour", "red")),
        *(("suite", "des"), ("language", "fr")),
    ]
    for name, value in bad:
        with pytest.raises(errors.BadOrder):
            read(written(good | {name: value}))
    with pytest.raises(errors.BadOrder, match="host"):
        read(written({name: value for name, value in good.items() if name != "host"}))
    with pytest.raises(errors.BadOrder):
        read(tmp_path / "none.toml")
    Work(tmp_path / "unit", order, now).do("flash", dict)
    with pytest.raises(errors.OtherOrder):
        Work(tmp_path / "unit", replace(order, place="Counter 2"), now)
    (tmp_path / "unit" / "commission.json").write_text("{")
    with pytest.raises(errors.Broken):
        Work(tmp_path / "unit", order, now)
