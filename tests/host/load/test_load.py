"""Terminals of a load: what they believe, what they do without an answer, and that both sides' books agree."""

from __future__ import annotations

import json
import random
from contextlib import closing, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from typer.testing import CliRunner

from host_tools import cli
from host_tools.acquirer.chips import Chips
from host_tools.acquirer.fixture import load, open_bank
from host_tools.acquirer.host import Acquirer
from host_tools.load import bank as banks
from host_tools.load.fleet import Tally
from host_tools.load.measure import Load, measure
from host_tools.load.plot import plot
from host_tools.load.report import percentile, report
from host_tools.load.terminal import BadAnswer, Holder, Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from host_tools.load.terminal import Request

NOW = datetime(2026, 11, 23, 12, 0)
TID = "20000001"


class Counter:
    """One terminal before an acquirer, without a line between them."""

    def __init__(self, acquirer: Acquirer, chips: Chips, terminal: Terminal, holders: list[Holder]) -> None:
        self.acquirer = acquirer
        self.chips = chips
        self.terminal = terminal
        self.holders = holders

    def answer(self, request: Request) -> bytes:
        frame = self.acquirer.answer(request.frame)
        assert frame is not None
        return frame

    def say(self, request: Request) -> str:
        return self.terminal.believe(request, self.answer(request))

    def sale(self, amount: int = 100, holder: int = 0, *, by_chip: bool = True) -> Request:
        return self.terminal.sale(self.holders[holder], amount, NOW, by_chip=by_chip)


@contextmanager
def open_counter(tmp_path: Path) -> Iterator[Counter]:
    banks.write(tmp_path / "bank.yaml", 2)
    bank = load(tmp_path / "bank.yaml")
    with closing(open_bank(bank)) as store:
        chips = Chips(bank.issuers)
        acquirer = Acquirer(store, now=lambda: NOW, random=random.Random(1).randbytes, chips=chips)
        holders = [Holder(bank.cards[name], bank.issuers) for name in banks.names(TID)]
        counter = Counter(acquirer, chips, Terminal(bank.terminals[TID], random.Random(2).randbytes), holders)
        assert counter.say(counter.terminal.sign_in()) == "00"
        yield counter


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with open_counter(tmp_path) as counter:
        yield counter


def test_a_day_is_settled_balanced(counter: Counter) -> None:
    terminal = counter.terminal
    for holder in range(banks.CARDS):
        assert counter.say(counter.sale(100 + holder, holder)) == "00"
    assert counter.say(counter.sale(700, by_chip=False)) == "00"
    assert counter.say(terminal.void(terminal.sold.pop())) == "00"
    assert counter.say(terminal.refund(terminal.sold.pop(), 50)) == "00"
    assert terminal.counts == {("CUP", "debit"): 4, ("CUP", "credit"): 1, ("VIS", "debit"): 1, ("VIS", "credit"): 1}
    assert counter.say(terminal.settlement()) == "00"
    assert terminal.balanced and not terminal.signed_in
    assert counter.acquirer.ledger.check() == []


def test_sums_that_differ_are_not_balanced(counter: Counter) -> None:
    counter.say(counter.sale())
    counter.terminal.sums["CUP", "debit"] += 1
    counter.say(counter.terminal.settlement())
    assert not counter.terminal.balanced


def test_what_is_not_answered_is_reversed(counter: Counter) -> None:
    sale = counter.sale()
    counter.answer(sale)
    assert counter.say(counter.terminal.reversal(sale)) == "00"
    assert counter.say(counter.terminal.reversal(counter.sale())) == "25"
    counter.say(counter.terminal.settlement())
    assert counter.terminal.balanced


def test_an_advice_that_comes_twice_counts_once(counter: Counter) -> None:
    counter.say(counter.sale())
    refund = counter.terminal.refund(counter.terminal.sold.pop(), 40)
    counter.answer(refund)
    assert counter.say(refund) == "94"
    counter.say(counter.terminal.settlement())
    assert counter.terminal.balanced


def test_cryptograms_pins_and_macs_are_looked_at_by_the_host(counter: Counter) -> None:
    sale = counter.sale()
    bent = sale.frame[:-1] + bytes([sale.frame[-1] ^ 1])
    raw = counter.acquirer.answer(bent)
    assert raw is not None and counter.terminal.believe(sale, raw) == "A0"
    card = counter.holders[0].card
    object.__setattr__(card, "pin", "9" * 5)
    assert counter.say(counter.sale()) == "55"
    other = counter.holders[1]
    other.cryptograms, counter.holders[2].cryptograms = counter.holders[2].cryptograms, other.cryptograms
    assert counter.say(counter.sale(holder=1)) == "05"


def test_answers_that_no_terminal_believes(counter: Counter) -> None:
    sale, other = counter.sale(), counter.sale(200)
    answer = counter.answer(sale)
    for wrong, why in (
        (answer[:-1] + bytes([answer[-1] ^ 1]), "MAC"),
        (answer[:-9], "no message"),
        (counter.answer(other), "field 4"),
        (counter.answer(counter.terminal.settlement()), "something else"),
    ):
        with pytest.raises(BadAnswer, match=why):
            counter.terminal.believe(sale, wrong)
    assert counter.terminal.counts == {}
    assert counter.terminal.believe(sale, answer) == "00"


def test_an_answer_that_is_not_the_issuer_s(counter: Counter) -> None:
    counter.chips.spoil = True
    with pytest.raises(BadAnswer, match="ARPC"):
        counter.say(counter.sale())
    assert counter.terminal.counts == {}


def test_a_load_and_its_books(tmp_path: Path) -> None:
    """As the command does it, with a picture and figures."""
    figures, picture = tmp_path / "load.json", tmp_path / "load.png"
    words = ["load", "--terminals", "5", "--rate", "100", "--seconds", "1"]
    done = CliRunner().invoke(cli.app, [*words, "--report", str(figures), "--plot", str(picture)])
    assert done.exit_code == 0, done.output
    told = json.loads(figures.read_text("utf-8"))
    assert told["reconciled"] and told["answered"] == told["asked"] == 100
    assert told["settled"] == 5 and told["trouble"] == [] and told["unanswered"] == 0
    assert [told["codes"][f"{kind} 00"] for kind in ("sale", "void", "refund", "settlement")] == [90, 5, 5, 5]
    assert 0 < told["percentiles"]["p50"] <= told["percentiles"]["p99"] <= told["longest"]
    assert "reconciled" in done.output and "100 at 100/s for 1 s" in done.output
    with Image.open(picture) as found:
        assert found.format == "PNG" and found.width > 800


def test_a_load_on_a_bad_line(tmp_path: Path) -> None:
    """What is lost is reversed or told again, by terminals that call again; nothing is lost or doubled."""
    (tmp_path / "line.yaml").write_text(
        """rules:
  - {do: drop reply, when: {message: [sale, void, refund]}, every: 13}
  - {do: reply after reversal, when: {message: sale}, after: 3, every: 17}
  - {do: wrong MAC, when: {message: sale}, after: 5, every: 19}
  - {do: close, after: 11, every: 23}
  - {do: restart, after: 60, times: 1, ms: 300}
""",
        "utf-8",
    )
    asked = Load(terminals=6, rate=120, seconds=1, patience=0.5, scenario=str(tmp_path / "line.yaml"))
    _, told = measure(asked)
    assert told.unanswered > 10 and told.unbelieved["its MAC is wrong"] > 0
    assert any(code.startswith("reversal of a sale") for code in told.codes)
    assert told.reconciled


@pytest.mark.parametrize(("part", "expected"), [(50, 2), (75, 3), (90, 4), (99.9, 4), (1, 1)])
def test_percentiles(part: float, expected: float) -> None:
    assert percentile([1, 2, 3, 4], part) == expected
    assert percentile([], part) == 0


def test_a_load_that_nobody_answered(tmp_path: Path) -> None:
    told = report(Tally(lost=2), 1, 10, 5)
    assert not told.reconciled and told.per_second == 0
    plot(Tally(), told, tmp_path / "nothing.png")


def test_a_rate_is_counted_to_the_last_answer() -> None:
    tally = Tally(times=[(number / 10, 0.1, "sale") for number in range(50)])
    tally.settled[True] = 1
    told = report(tally, 1, 10, 5)
    assert told.reconciled and told.per_second == pytest.approx(10)


def test_the_command_refuses(tmp_path: Path) -> None:
    run = CliRunner().invoke
    assert run(cli.app, ["load", "--terminals", "3", "--write-bank", str(tmp_path / "bank.yaml")]).exit_code == 0
    assert len(load(tmp_path / "bank.yaml").terminals) == 3
    for wrong, says in (
        (["--against", "127.0.0.1:1"], "go together"),
        (["--terminals", "9001"], "terminals are 1 to 9000"),
        (["--scenario", "none"], "cannot be read"),
    ):
        done = run(cli.app, ["load", *wrong])
        assert done.exit_code == 1
        assert says in " ".join(done.output.split())
