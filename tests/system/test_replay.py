"""Traces: a day is recorded, comes out the same again, and another firmware is told by what it does otherwise."""

from __future__ import annotations

import asyncio
import gzip
import os
import re
import shutil
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from host_tools.acquirer.cards import tracks
from host_tools.acquirer.chips import Chips
from host_tools.acquirer.faults import Fault, Faults, Kind
from host_tools.acquirer.fixture import load, open_bank
from host_tools.acquirer.host import Acquirer
from host_tools.acquirer.scenario_file import read as read_scenario
from host_tools.acquirer.server import listen
from host_tools.bench.parts.field_cards import MifareClassic
from host_tools.bench.shop import OPENING, Shop
from host_tools.cards.entries import load as load_population
from host_tools.cards.minting import Mint
from host_tools.cli import app
from host_tools.demo.audit import found_in, secrets
from host_tools.demo.day import DAY
from host_tools.flash.factory import FACTORY_PASSWORD
from host_tools.keys.authority import Authority
from host_tools.keys.injection import Port
from host_tools.micropython.port import ROOT
from host_tools.replay import masking, minimising, trace_cli
from host_tools.replay.against import compare_with_host
from host_tools.replay.errors import CannotMinimise, DamagedTrace, HostTrouble
from host_tools.replay.minimising import minimise
from host_tools.replay.player import replay
from host_tools.replay.recorder import RecordedShop
from host_tools.replay.told import Ear, hear, trace_of
from host_tools.replay.trace import Trace, dump
from host_tools.replay.trace import load as load_trace
from tests.effort import EFFORT
from tests.system.books import sell

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
    assert all({"size", "bit"} <= event.what.keys() for event in trace.events if event.do == "fault")
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


def test_what_a_scenario_did_is_in_the_trace(tmp_path: Path) -> None:
    """As if somebody had armed it while the message was on its way: --minimise does."""
    scenario = read_scenario("rules: [{do: drop reply, when: {message: sale}, times: 1}]", "silent.yaml")
    with RecordedShop(tmp_path, scenario=scenario) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        shop.ask_for(12_34, shop.cards["plain"])
        shop.bench.expect("已冲正", timeout=40)
        trace = shop.recorded()
    fault = next(event for event in trace.events if event.do == "fault")
    sale = next(message for message in trace.messages if message.mti == "0200")
    assert (fault.what["kind"], fault.what["mti"], fault.at) == ("SILENT", "0200", sale.at + 10_000)
    assert replay(dump(trace), "scenario").differences == ()


def test_minimise_finds_the_sale_that_matters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sales, of which the firmware spoils those of 77.00."""
    with RecordedShop(tmp_path) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        for amount, card in ((12_34, "plain"), (77_00, "long")):
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


@pytest.mark.skipif(EFFORT <= 1, reason="two firmwares, four times, with all that a chip card makes them compute")
def test_minimise_makes_chip_cards_anew(chips: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are asked otherwise than they were: here nothing is left out, which other tests see to."""
    tree = _mutant(tmp_path, "suanpan/flows/tapped.py", 'TAPPED = "07', 'TAPPED = "08')
    monkeypatch.setenv("SUANPAN_FIRMWARE", str(tree))
    monkeypatch.setattr(minimising, "shrunk", lambda items, fails: list(items))
    trace = load_trace(chips)
    shortest = minimise(trace)
    assert shortest.differences[0].where.startswith("F22 ")
    now, then = (next(event for event in of.events if event.do == "chip_slot.insert") for of in (shortest.trace, trace))
    assert len(now.what["answers"]) == len(then.what["answers"])
    assert now.what["answers"] != then.what["answers"]
    assert not replay(dump(shortest.trace), "shortest").good
    monkeypatch.delenv("SUANPAN_FIRMWARE")
    assert replay(dump(shortest.trace), "shortest").differences == ()


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
        with closing(open_bank(masking.fixture())) as store:
            self.acquirer = Acquirer(
                store,
                now=lambda: datetime(2026, 11, 23, 9, 0),
                random=Random(5).randbytes,
                chips=Chips(load_population().issuers),
            )
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


def test_a_live_host_is_asked_by_chip_and_tap(chips: bytes, live_host: _LiveHost) -> None:
    """Under cryptograms that it has not seen; one that is not the card's is refused, as it would have been then."""
    trace = load_trace(chips)
    for name in ("first", "second"):
        assert compare_with_host(name, trace, "127.0.0.1", live_host.port).differences == ()
    assert live_host.books() == ([], 4)
    spoilt = replace(trace.messages[1], chip=re.sub("(9F2608)..", r"\g<1>00", trace.messages[1].chip))
    outcome = compare_with_host("spoilt", replace(trace, messages=[spoilt]), "127.0.0.1", live_host.port)
    assert outcome.differences[0].recorded == "00"


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


def test_a_trace_that_cannot_be_said_keeps_no_other_from_it(day: bytes, live_host: _LiveHost, tmp_path: Path) -> None:
    (tmp_path / "bad.trace").write_bytes(day[:-40])
    (tmp_path / "good.trace").write_bytes(day)
    ran = CliRunner().invoke(app, ["replay", str(tmp_path), "--against", f"127.0.0.1:{live_host.port}"])
    assert ran.exit_code == 1
    assert "DamagedTrace" in ran.output and "2 traces, 1 with differences" in ran.output
    assert live_host.books() == ([], 3)


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


@pytest.fixture(scope="module")
def mint(tmp_path_factory: pytest.TempPathFactory) -> Mint:
    return Mint(Authority(tmp_path_factory.mktemp("authority")).make(OPENING.date()))


@pytest.fixture(scope="module")
def chips(tmp_path_factory: pytest.TempPathFactory, mint: Mint) -> bytes:
    """A card of another house, one that is drawn away and comes back, a tap; then a chip that enciphers its PIN."""
    with RecordedShop(tmp_path_factory.mktemp("chips"), mint=mint) as shop:
        bench, field = shop.bench, shop.bench.parts.field
        shop.open()
        bench.expect("请输入金额")
        bench.type("1234")
        bench.press("enter")
        bench.expect("挥卡")
        field.put(MifareClassic())
        bench.expect("存储卡不能付款")
        field.take()
        shop.tap("up-debit").leave(2, 3)
        bench.expect("请重新挥卡")
        field.take()
        shop.tap("up-debit")
        bench.expect("交易成功")
        field.take()
        shop.take_slips()
        bench.type("5678")
        bench.press("enter")
        bench.expect("请刷卡")
        shop.insert("up-enciphered-pin")
        bench.expect("请输入密码")
        bench.type("123450")  # wrong, and then right
        bench.press("enter")
        bench.expect("密码错")
        bench.expect("输完按确认")
        bench.type(mint.population.cards["up-enciphered-pin"].pin)
        bench.press("enter")
        bench.expect("请拔卡")
        bench.parts.chip_slot.pull()
        shop.take_slips()
        return dump(shop.recorded())


def test_sales_by_chip_and_tap_come_out_the_same(chips: bytes, mint: Mint) -> None:
    """The cards' answers are in the trace, their numbers are not; no card and no issuer are asked again."""
    trace = load_trace(chips)
    inserted = next(event.what for event in trace.events if event.do == "chip_slot.insert")
    tapped = [event.what["cards"][0] for event in trace.events if event.do == "field.put"]
    assert [card["kind"] for card in tapped] == ["MifareClassic", "IsoA", "IsoA"]
    assert all(any("{" in answer for answer in card["answers"]) for card in (inserted, tapped[2]))
    assert trace.start.exact
    outcome = replay(chips, "chips")
    assert (outcome.fault, outcome.differences) == ("", ())
    for name in ("up-debit", "up-enciphered-pin"):
        assert mint.population.cards[name].applications[0].pan.encode() not in gzip.decompress(chips)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What a terminal in its second week tells on its service line: of sales, an answer that never came, no network, a
    host that is down, a wrong PIN, and a password that is changed."""
    with Shop(tmp_path_factory.mktemp("told"), seed=5) as shop:
        bench = shop.bench
        shop.open()
        bench.expect("请输入金额")
        sell(shop, 3_00)
        _tell(shop)
        bench.run(5)
        shop.ask_for(12_34, shop.cards["plain"])
        shop.take_slips()
        shop.disturb(Kind.SILENT, "0200")
        shop.ask_for(66_00, shop.cards["long"])
        bench.expect("已冲正", timeout=60)
        bench.press("enter")
        bench.network(False)
        shop.ask_for(1_00, shop.cards["plain"])
        bench.expect("未扣款")
        bench.press("enter")
        bench.network(True)
        shop.disturb(Kind.REFUSED)
        shop.ask_for(2_00, shop.cards["plain"])
        bench.expect("未扣款")
        bench.press("enter")
        shop.ask_for(4_00, shop.cards["plain"], "999999")
        bench.expect("密码错")
        bench.press("enter")
        bench.expect("请输入金额")
        bench.press("menu", "7", "4", "2")
        for digits in (FACTORY_PASSWORD, "8520", "8520"):
            bench.expect("密码", "____")
            bench.type(digits)
            bench.press("enter")
        bench.expect("密码已修改")
        bench.press("enter")
        bench.expect("请输入金额")
        _tell(shop)
        bench.run(1)
        said = bytes(bench.parts.service.heard)
        bench.press("menu", "cancel")
        assert bench.parts.service.heard == said
        return said


def _tell(shop: Shop) -> None:
    """Begin, or end."""
    shop.bench.press("menu", "9", "5")
    shop.bench.expect("运行跟踪")
    shop.bench.press("enter")
    shop.bench.expect("请输入金额")


class _Plug:
    """A serial port that has these bytes to say."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int = 1, /) -> bytes:
        said, self._data = self._data[:size], self._data[size:]
        return said

    def write(self, data: bytes, /) -> object:
        raise AssertionError("a terminal that tells is asked nothing")


def _heard(said: bytes) -> Trace:
    ear = Ear()
    hear(_Plug(said), ear)
    assert ear.over == "the terminal has ended it"
    return trace_of(ear.rows)


def test_a_real_terminals_trace_comes_out_the_same(told: bytes) -> None:
    trace = _heard(told)
    assert [message.mti for message in trace.messages] == ["0200", "0200", "0400", "0200"]
    assert [message.fields[3][2] for message in trace.messages] == ["000003", "000004", "000004", "000005"]
    assert len(trace.slips) == 2
    file = dump(trace)
    outcome = replay(file, "told")
    assert (outcome.fault, outcome.differences) == ("", ())
    assert dump(load_trace(file)) == file


def test_another_firmware_is_told_by_a_real_terminals_trace(told: bytes, other_entry_mode: Path) -> None:
    outcome = replay(dump(_heard(told)), "told")
    assert outcome.differences[0].where == "F22 服务点输入方式码 entry mode of message 1, 0200 消费 sale"


def test_what_a_terminal_tells_is_no_secret(told: bytes, tmp_path: Path, mint: Mint) -> None:
    """Also of cards with a chip, which it tells no more of than that they paid; with the heap that it always has."""
    with Shop(tmp_path, mint=mint) as shop:
        bench = shop.bench
        shop.open()
        bench.expect("请输入金额")
        _tell(shop)
        bench.type("1234")
        bench.press("enter")
        bench.expect("挥卡")
        shop.tap("up-debit")
        bench.expect("交易成功")
        bench.parts.field.take()
        shop.take_slips()
        bench.type("5678")
        bench.press("enter")
        bench.expect("请刷卡")
        shop.insert("up-online-pin")
        bench.expect("输完按确认")
        bench.type(mint.population.cards["up-online-pin"].pin)
        bench.press("enter")
        bench.expect("请拔卡")
        bench.parts.chip_slot.pull()
        shop.take_slips()
        bench.run(1_900)  # it has forgotten that it tells, and ends by itself
        said = bytes(bench.parts.service.heard)
        keys = shop.secrets
        cards = list(shop.cards.values())
    ear = Ear()
    ear.feed(said)
    assert ear.over == "the terminal has ended it"
    assert [row.text[:4] for row in ear.rows if row.letter == "M"] == ["0200", "0200"]
    for heard in (said, told):
        assert found_in(heard, secrets(cards)) == []
        assert keys.keys not in heard and keys.journal not in heard
    ear = Ear()
    ear.feed(told)
    unseen = [row.text for row in ear.rows if row.letter == "K" and row.text == "*"]
    pins = [load().cards[name].pin for name in ("plain", "long", "plain", "plain")]
    assert len(unseen) == len("".join(pins)) + 6 + 3 * 4


def test_a_line_that_loses_something(told: bytes) -> None:
    """What came before is good; a terminal that is switched off, too."""
    middle = len(told) // 2
    for said, over in ((told[:middle] + told[middle + 40 :], "was lost"), (told[:middle] + told, "switched off")):
        ear = Ear()
        hear(_Plug(said), ear)
        assert over in ear.over
        assert replay(dump(trace_of(ear.rows)), "cut").fault == ""
    with pytest.raises(DamagedTrace, match="begun already"):
        hear(_Plug(told[200:]), Ear())


def test_the_command_listens_on_a_serial_port(told: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.openpty()
    tty.setraw(theirs)

    def heard(port: Port, ear: Ear, rows: Callable[[int], None]) -> None:
        """The terminal begins when the port is open."""
        speaking = threading.Thread(target=_speak, args=(ours, told))
        speaking.start()
        hear(port, ear, rows)
        speaking.join()

    monkeypatch.setattr(trace_cli, "hear", heard)
    out = tmp_path / "told.trace"
    ran = CliRunner().invoke(app, ["trace", "record", str(out), "--port", os.ttyname(theirs)])
    os.close(ours)
    os.close(theirs)
    assert ran.exit_code == 0, ran.output
    assert "4 messages, 2 slips; the terminal has ended it" in ran.output.replace("\n", " ")
    assert out.read_bytes() == dump(_heard(told))


def _speak(line: int, data: bytes) -> None:
    while data:
        data = data[os.write(line, data[:1000]) :]
