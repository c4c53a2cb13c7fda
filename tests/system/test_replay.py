"""Traces: a day is recorded, comes out the same again, and another firmware is told by what it does otherwise."""

from __future__ import annotations

import asyncio
import gzip
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from host_tools.acquirer.cards import tracks
from host_tools.acquirer.faults import Fault, Faults, Kind
from host_tools.acquirer.fixture import load, open_bank
from host_tools.acquirer.host import Acquirer
from host_tools.acquirer.server import listen
from host_tools.bench.shop import OPENING
from host_tools.cards.minting import Mint
from host_tools.cli import app
from host_tools.demo.audit import found_in, secrets
from host_tools.demo.day import DAY
from host_tools.keys.authority import Authority
from host_tools.micropython.port import ROOT
from host_tools.replay.against import compare_with_host
from host_tools.replay.errors import CannotMinimise, HostTrouble
from host_tools.replay.minimising import minimise
from host_tools.replay.player import replay
from host_tools.replay.recorder import RecordedShop
from host_tools.replay.trace import Trace, dump
from host_tools.replay.trace import load as load_trace

_ENTRY_MODE = r"22: entry\.entry_mode[^,]*,"


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The demo's day as a trace file."""
    with RecordedShop(tmp_path_factory.mktemp("day"), seed=7) as shop:
        for step in DAY:
            step.act(shop)
        return dump(shop.recorded())


def _mutant(tmp_path: Path, file: str, pattern: str, after: str) -> Path:
    """The firmware with what `pattern` finds, once, exchanged."""
    tree = tmp_path / "firmware"
    shutil.copytree(ROOT / "firmware", tree)
    path = tree / file
    text, count = re.subn(pattern, after, path.read_text("utf-8"))
    assert count == 1
    path.write_text(text, "utf-8")
    return tree


@pytest.fixture
def other_entry_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A firmware that says of a swipe with PIN what is true of one without."""
    tree = _mutant(tmp_path, "suanpan/flows/transaction.py", 'SWIPED_WITH_PIN = "021"', 'SWIPED_WITH_PIN = "022"')
    monkeypatch.setenv("SUANPAN_FIRMWARE", str(tree))
    return tree


def test_the_day_comes_out_the_same(day: bytes) -> None:
    trace = load_trace(day)
    assert trace.start.exact
    assert [message.mti for message in trace.messages].count("0400") == 2
    outcome = replay(day, "day")
    assert (outcome.fault, outcome.differences) == ("", ())


def test_a_field_is_named(day: bytes, other_entry_mode: Path) -> None:
    outcome = replay(day, "day")
    assert not outcome.good
    first = outcome.differences[0]
    assert (first.kind, first.recorded, first.replayed) == ("field", "021", "022")
    assert first.where == "F22 服务点输入方式码 entry mode of message 2, 0200 消费 sale"


def test_screen_and_slip_are_shown(day: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = load_trace(day)
    screen = replace(trace.screens[10], digest="another", lines=["消费 99.99"])
    slip = replace(trace.slips[1], text=trace.slips[1].text.replace("12.34", "12.35"))
    told = replace(
        trace,
        screens=[*trace.screens[:10], screen, *trace.screens[11:]],
        slips=[trace.slips[0], slip, *trace.slips[2:]],
    )
    kinds = {found.kind: found for found in replay(dump(told), "altered").differences}
    assert kinds.keys() == {"screen", "slip"}
    assert (kinds["screen"].where, kinds["screen"].recorded) == ("11", "消费 99.99")
    assert kinds["screen"].replayed == " | ".join(trace.screens[10].lines)
    assert "12.35" in kinds["slip"].recorded and "12.34" in kinds["slip"].replayed


def test_a_firmware_that_stops_is_told(day: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = _mutant(tmp_path, "suanpan/acquirer/session.py", _ENTRY_MODE, "22: 1 // 0,")
    monkeypatch.setenv("SUANPAN_FIRMWARE", str(tree))
    stopped = next(found for found in replay(day, "day").differences if found.kind == "stopped")
    assert "ZeroDivisionError" in stopped.replayed


def test_nothing_of_a_card_is_in_it(day: bytes) -> None:
    text = gzip.decompress(day)
    cards = list(load().cards.values())
    assert found_in(text, secrets(cards)) == []
    for card in cards:
        assert tracks(card)[1][1:-2].encode() not in text
        assert card.pan.encode() not in text.upper()
    keys = [event.what["key"] for event in load_trace(day).events if event.do == "keypad.press"]
    masked = [key for key in keys if isinstance(key, list)]
    assert len(masked) == sum(len(load().cards[key[0]].pin) if key[1] == 0 else 0 for key in masked)
    assert ["plain", 0, 8] in masked  # the wrong PIN: 9 for 1


def test_an_unknown_card_is_made_up(tmp_path: Path) -> None:
    with RecordedShop(tmp_path) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        shop.bench.type("100")
        shop.bench.press("enter")
        shop.bench.expect("请刷卡")
        shop.bench.parts.swipe_reader.swipe(None, "4012888888881881=35121201234567890")
        shop.bench.expect("请输入密码")
        shop.bench.type("2468")
        shop.bench.press("enter")
        shop.bench.expect("未扣款")
        data = dump(shop.recorded())
    trace = load_trace(data)
    assert not trace.start.exact
    text = gzip.decompress(data)
    assert b"4012888888881881" not in text and b"1234567890" not in text
    swipe = next(event for event in trace.events if event.do == "swipe_reader.swipe")
    assert swipe.what["track2"].startswith("401288") and swipe.what["track2"][12:24] == "1881=3512120"
    assert [event.what["key"] for event in trace.events if event.do == "keypad.press"][-5:] == ["0"] * 4 + ["enter"]
    fields = [found for found in replay(data, "unknown").differences if found.kind == "field"]
    assert fields == []


def test_minimise_finds_the_sale_that_matters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three sales, of which the firmware spoils those of 77.00."""
    with RecordedShop(tmp_path) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        for amount, card in ((12_34, "plain"), (77_00, "long"), (5_00, "short-pin")):
            shop.ask_for(amount, shop.cards[card])
            shop.take_slips()
        trace = shop.recorded()
    tree = _mutant(
        tmp_path,
        "suanpan/acquirer/session.py",
        _ENTRY_MODE,
        '22: "022" if entry.amount == 7700 else "021",',
    )
    monkeypatch.setenv("SUANPAN_FIRMWARE", str(tree))
    shortest = minimise(trace)
    assert [event.what.get("card") for event in shortest.trace.events if "swipe" in event.do] == ["long"]
    keys = [event.what["key"] for event in shortest.trace.events if event.do == "keypad.press"]
    assert [key for key in keys if isinstance(key, str)] == [
        *"01",
        "enter",
        *"0000",
        "enter",
        *"7700",
        "enter",
        "enter",
    ]
    assert shortest.differences[0].where.startswith("F22 ")
    again = replay(dump(shortest.trace), "shortest")
    assert again.differences[0].where.startswith("F22 ")
    monkeypatch.delenv("SUANPAN_FIRMWARE")
    assert replay(dump(shortest.trace), "shortest").good


def test_minimise_wants_another_firmware(day: bytes) -> None:
    with pytest.raises(CannotMinimise, match="reference"):
        minimise(load_trace(day))


class _LiveHost:
    """The acquirer on a TCP socket, in a thread of its own."""

    def __init__(self) -> None:
        self.faults = Faults()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        self._ready.wait()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        with closing(open_bank(load())) as store:
            self.acquirer = Acquirer(store, now=lambda: datetime(2026, 11, 23, 9, 0), random=Random(5).randbytes)
            server = await listen(self.acquirer, self.faults, delay_ms=0)
            self.port = server.sockets[0].getsockname()[1]
            async with server:
                self._ready.set()
                await self._stop.wait()

    def books(self) -> tuple[list[str], int]:
        """What is wrong with them, and how many sales count."""

        async def read() -> tuple[list[str], int]:
            ledger = self.acquirer.ledger
            return ledger.check(), ledger.totals("10000001", 1).count

        return asyncio.run_coroutine_threadsafe(read(), self._loop).result()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()


@pytest.fixture
def live_host() -> Iterator[_LiveHost]:
    host = _LiveHost()
    yield host
    host.close()


def test_a_live_host_says_the_same(day: bytes, live_host: _LiveHost) -> None:
    """Sales, a wrong PIN, no funds, two reversals: under its own keys, and twice with other STANs."""
    trace = load_trace(day)
    for name in ("first", "second"):
        outcome = compare_with_host(name, trace, "127.0.0.1", live_host.port)
        assert outcome.differences == ()
    assert live_host.books() == ([], 6)


def test_a_live_host_that_decides_otherwise_is_told(day: bytes, live_host: _LiveHost) -> None:
    live_host.faults.arm(Fault(Kind.ANSWER, "0200", code="51"))
    outcome = compare_with_host("day", load_trace(day), "127.0.0.1", live_host.port)
    assert [(found.where.partition(" ")[0], found.recorded, found.replayed) for found in outcome.differences] == [
        ("F39", "00", "51"),
        ("F38", "there", "nothing"),
    ]


def test_a_host_that_hangs_up(day: bytes, live_host: _LiveHost) -> None:
    live_host.faults.arm(Fault(Kind.CLOSE, "0200"))
    with pytest.raises(HostTrouble, match="closed"):
        compare_with_host("day", load_trace(day), "127.0.0.1", live_host.port)


def test_nobody_there(day: bytes) -> None:
    with pytest.raises(HostTrouble):
        compare_with_host("day", load_trace(day), "127.0.0.1", 1)


def test_the_command(day: bytes, tmp_path: Path) -> None:
    (tmp_path / "good.trace").write_bytes(day)
    (tmp_path / "bad.trace").write_bytes(day[:-40])
    report = tmp_path / "report.json"
    good = CliRunner().invoke(app, ["replay", str(tmp_path / "good.trace"), "--workers", "1"])
    assert good.exit_code == 0, good.output
    both = CliRunner().invoke(app, ["replay", str(tmp_path), "--report", str(report)])
    assert both.exit_code == 1
    assert "DamagedTrace" in both.output and "2 traces, 1 with differences" in both.output
    assert '"good": true' in report.read_text()


def test_a_script_leaves_a_trace(tmp_path: Path) -> None:
    out = tmp_path / "sale.trace"
    ran = CliRunner().invoke(app, ["bench", "run", str(ROOT / "tests/scripts/day.bench"), "--trace", str(out)])
    assert ran.exit_code == 0, ran.output
    assert replay(out.read_bytes(), "sale").differences == ()
    assert isinstance(load_trace(out.read_bytes()), Trace)


def test_a_sale_by_chip_comes_out_the_same(tmp_path: Path) -> None:
    """The card's answers are in the trace, its number is not; no card and no issuer are asked again."""
    mint = Mint(Authority(tmp_path).make(OPENING.date()))
    with RecordedShop(tmp_path, mint=mint, heap="448k") as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        name = "up-debit"
        shop.bench.type("1234")
        shop.bench.press("enter")
        shop.bench.expect("请刷卡")
        shop.insert(name)
        shop.bench.expect("请输入密码")
        shop.bench.type(mint.population.cards[name].pin)
        shop.bench.press("enter")
        shop.bench.expect("请拔卡")
        shop.bench.parts.chip_slot.pull()
        shop.take_slips()
        data = dump(shop.recorded())
    trace = load_trace(data)
    inserted = next(event.what for event in trace.events if event.do == "chip_slot.insert")
    assert any("{" in answer for answer in inserted["answers"])
    assert trace.start.exact
    assert replay(data, "chip").differences == ()
    assert mint.population.cards[name].applications[0].pan.encode() not in gzip.decompress(data)
