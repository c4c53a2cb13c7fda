"""Bench scripts in virtual time: the same script and seed give the same bytes, and what does not come true is told."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from host_tools.bench.process import BOARD
from host_tools.bench.script import ScriptError, parse, read
from host_tools.bench.script_cli import app
from host_tools.bench.script_stage import ShopStage, at_once
from host_tools.bench.shop import Shop
from host_tools.screens.cli import differences

ROOT = Path(__file__).parents[2]
DAY = ROOT / "tests" / "scripts" / "day.bench"
SALE = DAY.with_name("sale.bench")
DOCUMENT = ROOT / "docs" / "bench-scripts.md"


class Played:
    """What a script leaves behind: digests of all wires and of the flash, screenshots, books."""

    def __init__(self, directory: Path, script: Path, seed: int = 7, language: str = "zh") -> None:
        directory.mkdir()
        with Shop(directory, seed=seed, language=language) as shop:
            stage = ShopStage(shop)
            at_once(read(script).play(stage))
            self.bytes = shop.bench.digest.hexdigest(), hashlib.sha256(shop.bench.flash.image()).hexdigest()
            self.pictures = stage.pictures
            self.sold = shop.acquirer.ledger.totals(shop.terminal.tid, 1)


def test_the_same_script_and_seed_give_the_same_bytes_twice(tmp_path: Path) -> None:
    first, second = Played(tmp_path / "first", DAY), Played(tmp_path / "second", DAY)
    assert first.bytes == second.bytes
    assert first.pictures.keys() == second.pictures.keys() == {"approved", "refused", "reversed"}
    assert all(differences(first.pictures[name], second.pictures[name]) is None for name in first.pictures)
    other = Played(tmp_path / "other", DAY, seed=8)
    assert other.bytes[0] != first.bytes[0]
    assert other.bytes[1] != first.bytes[1]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_day_comes_to_what_it_says(tmp_path: Path, language: str) -> None:
    day = Played(tmp_path / "day", DAY, language=language)
    assert (day.sold.count, day.sold.amount) == (1, 12_34)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_example_in_the_document(tmp_path: Path, language: str) -> None:
    example = re.findall(r"```bench\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)[0]
    script = tmp_path / "example.bench"
    script.write_text(example, "utf-8")
    played = Played(tmp_path / "played", script, language=language)
    assert list(played.pictures) == ["reversed"]
    assert played.sold.count == 0


@pytest.fixture
def stage(shop: Shop) -> ShopStage:
    return ShopStage(shop)


def play(stage: ShopStage, text: str) -> None:
    at_once(parse(text, "test").play(stage))


NOT_TRUE = {
    "expect screen 请刷卡 within 5 s": "no screen 请刷卡 within 5 s; the screen says:\n    |09:00",
    "expect paper 商户存根 within 5 s": "no paper 商户存根 within 5 s",
    "expect light 2 within 5 s": "no light 2 within 5 s",
    "expect message 0200 within 5 s": "no message 0200 within 5 s",
    "scan 1234": "this board has no scanner",
    "swipe gold": "nobody has a card gold; there are: plain, long",
    "insert plain\ninsert long": "there is a card in the slot",
}


@pytest.mark.parametrize("text", NOT_TRUE)
def test_what_does_not_come_true_is_told_with_its_line(stage: ShopStage, text: str) -> None:
    last = text.splitlines()[-1]
    line = len(text.splitlines())
    with pytest.raises(ScriptError, match=re.escape(f"test:{line}: {last}: {NOT_TRUE[text]}")):
        play(stage, text)


def test_hands_and_eyes(shop: Shop, stage: ShopStage) -> None:
    """What the day does not need."""
    play(stage, "insert plain wrong way\npull\ninsert plain\npull\npull\ntap plain\npull\ntap long")
    assert len(shop.bench.parts.field.cards) == 1
    play(stage, "expect light 1 off\npaper out\ncover open")
    assert shop.bench.parts.printer.out_of_paper
    play(stage, "paper in\ncover closed\nhost down\npower on")  # it is on
    assert not shop.host_up
    assert not shop.bench.parts.printer.out_of_paper
    play(stage, "type 1\npress enter\nexpect screen 请刷卡\nswipe plain badly\nexpect screen 请重新刷卡")
    play(stage, "press enter\nswipe stripe 1234567890\nexpect screen 不是银行卡\npress enter cancel")
    before = shop.bench.now()
    play(stage, "wait 2.5 s\npower off\npower off")
    assert 2.5 <= (shop.bench.now() - before).total_seconds() < 2.6
    with pytest.raises(ScriptError, match="test:2: expect screen 柜员号 within 1 s: no screen 柜员号"):
        play(stage, "press 1\nexpect screen 柜员号 within 1 s")


def test_a_board_of_other_parts(tmp_path: Path) -> None:
    """The same words for another stripe reader, and for a scanner that the first board has not."""
    with Shop(tmp_path, heap="320k", pins=BOARD / "pins_other_parts.py") as shop:
        stage = ShopStage(shop)
        play(stage, SALE.read_text("utf-8"))
        asked = "type 1\npress enter\nexpect screen 请刷卡\n"
        play(stage, asked + "scan 134567890123456789\nexpect screen 无此卡号\npull\npress enter")
        play(stage, asked + "swipe plain badly\nexpect screen 请重新刷卡")


def test_a_lit_light_is_seen(shop: Shop, stage: ShopStage) -> None:
    play(stage, "case open\nwait 1 s\ncase closed")
    shop.bench.power_off()
    lights = shop.bench.parts.lights
    lights.lit = (False, True, False, False)
    play(stage, "expect light 2\nexpect light 1 off")


def test_the_command(tmp_path: Path) -> None:
    script = tmp_path / "short.bench"
    script.write_text("power on\nexpect screen 柜员号\nscreenshot log-in\n", "utf-8")
    out = tmp_path / "out"
    runs = [CliRunner().invoke(app, ["run", str(script), "--seed", "3", "--out", str(out)]) for _ in range(2)]
    assert [result.exit_code for result in runs] == [0, 0]
    assert runs[0].output == runs[1].output
    assert re.search(
        r"short\.bench:2: expect screen 柜员号\n(.*\n)+wires [0-9a-f]{64}\nflash [0-9a-f]{64}\n", runs[0].output
    )
    assert (out / "log-in.png").exists()
    script.write_text("power on\nexpect screen 请刷卡 within 1 s\n", "utf-8")
    failed = CliRunner().invoke(app, ["run", str(script)])
    assert failed.exit_code == 1
    assert "bench: short.bench:2: expect screen 请刷卡 within 1 s: no screen 请刷卡" in failed.output
