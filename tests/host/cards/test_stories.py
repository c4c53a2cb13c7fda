"""Traces of the kernels with cards of the population, and the stories that are told of them."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from host_tools.acquirer.chip_tables import chip_tables
from host_tools.cards.issuer import Verdict, unblock_pin
from host_tools.cards.minting import Mint
from host_tools.cli import app
from host_tools.emv import bits, names
from host_tools.emv.cli import picture
from host_tools.emv.decode import plain, read
from host_tools.emv.tale import status, tell
from host_tools.emv.trace import Recorder, load
from host_tools.emv.transaction import Transaction, transactions
from host_tools.keys.authority import CaKey
from tests.host.cards.kernel import Ask, Kernel, Said, approves, reply

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "stories"
OFFLINE = {"floor_limit": 5000_00}
CONTACT = (
    "up-debit",
    "up-expired",
    "up-pin-blocked",
    "up-plain-pin",
    "up-copy-cda",
    "up-declines",
    "mc-16",
    "second-choice",
)
TAPPED = ("up-offline", "visa-10", "mc-16", "mc-stripe")

Play = Callable[..., tuple[Said, Path]]


@pytest.fixture
def play(mint: Mint, ca_keys: list[CaKey], kernel: Kernel, verify: Ask, tmp_path: Path) -> Play:
    """Take a card through the kernel, and record what it heard and said."""

    def played(name: str, *, tap: bool = False, answer: Any = approves) -> tuple[Said, Path]:
        card = mint.card(name)
        said = kernel.tap(card, limits=OFFLINE) if tap else kernel.run(card, verify, answer)
        path = tmp_path / f"{name}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            recorder = Recorder(file, lambda: datetime(2026, 11, 23, 9, 0))
            recorder.terminal(chip_tables(ca_keys, mint.population.revoked))
            recorder.power("contactless" if tap else "contact")
            for command, told in said.exchanges:
                recorder.exchange(command, told)
        return said, path

    return played


def only(path: Path) -> Transaction:
    (found,) = transactions(load(path))
    return found


def printed(transaction: Transaction) -> str:
    console = Console(file=io.StringIO(), width=100, color_system=None)
    console.print(picture(tell(transaction)))
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"


def on_record(name: str, story: str) -> None:
    """One that has become another is in out/stories."""
    golden, found = GOLDEN / f"{name}.txt", ROOT / "out" / "stories" / f"{name}.txt"
    found.parent.mkdir(parents=True, exist_ok=True)
    found.write_text(story, "utf-8")
    assert story == (golden.read_text("utf-8") if golden.exists() else "")


@pytest.mark.parametrize(("name", "tap"), [(name, False) for name in CONTACT] + [(name, True) for name in TAPPED])
def test_the_story_on_record(play: Play, name: str, tap: bool) -> None:
    _, path = play(name, tap=tap)
    on_record(f"{name}{'-tapped' if tap else ''}", printed(only(path)))


def test_a_published_transaction(tmp_path: Path) -> None:
    """emvpt's, which neither our kernel nor our cards have had a hand in."""
    path = tmp_path / "published.jsonl"
    with path.open("w", encoding="utf-8") as file:
        recorder = Recorder(file, lambda: datetime(2026, 11, 23, 9, 0))
        recorder.power("contact")
        published = json.loads((ROOT / "tests" / "vectors" / "emv_contact.json").read_text("utf-8"))
        for command, answer in published["exchanges"]:
            recorder.exchange(bytes.fromhex(command), bytes.fromhex(answer))
    on_record("published", printed(only(path)))


@pytest.mark.parametrize(
    "name", ["up-bare", "up-credit", "up-quasi", "up-empty", "up-copy-cda", "up-declines", "mc-20"]
)
def test_status_that_no_message_has(play: Play, name: str) -> None:
    """Worked out of what was done, TSI is the kernel's."""
    said, path = play(name)
    assert status(only(path)).hex() == said.tsi


def test_scripts_are_told_of(play: Play) -> None:
    def unblocks(verdict: Verdict) -> dict[str, Any] | None:
        return reply(verdict, "00", verdict.script(unblock_pin()))

    said, path = play("up-plain-pin", answer=unblocks)
    assert said.tsi == "fc00"
    story = printed(only(path))
    assert status(only(path)).hex() == said.tsi
    assert "Issuer scripts after the second cryptogram (72)" in story
    assert "✓ PIN CHANGE/UNBLOCK: 9000 done" in story


@pytest.mark.parametrize("name", ["up-long", "up-plain-pin", "up-pin-key", "three"])
@pytest.mark.parametrize("tap", [False, True])
def test_nothing_of_a_card_is_in_a_trace(play: Play, mint: Mint, name: str, tap: bool) -> None:
    """Neither number, track, name nor PIN, nor the certificate that the number can be opened from."""
    said, path = play(name, tap=tap)
    text = path.read_text("utf-8")
    card = mint.population.cards[name]
    for entry in card.applications:
        for secret in (
            entry.pan,
            entry.cardholder.encode().hex().upper(),
            f"D{entry.expires[:4]}{entry.service_code}0",
        ):
            assert secret not in text
    for command, answer in said.exchanges:
        certificate = answer.hex().upper().partition("9F4681")[2]
        assert not certificate or certificate[2:40] not in text
        if command[1] == 0x20:
            assert command[5:].hex().upper() not in text
    kept = [row["answer"]["data"] for row in load(path) if "answer" in row]
    for (command, answer), shown in zip(said.exchanges, kept, strict=True):
        assert len(shown) == 2 * len(answer) - 4
        assert command[1] == 0x84 or {tag.tag for tag in read(shown)} == {tag.tag for tag in read(answer[:-2].hex())}


def test_every_line_is_decoded(play: Play) -> None:
    _, path = play("up-debit")
    rows = [row for row in load(path) if "command" in row]
    assert [row["command"]["name"] for row in rows[:2]] == ["SELECT", "READ RECORD"]
    first = rows[0]["answer"]["objects"][0]
    assert (first["tag"], first["name"]) == ("6F", "File Control Information (FCI) Template")
    assert first["objects"][0] == {
        "tag": "84",
        "name": "Dedicated File (DF) Name",
        "value": b"1PAY.SYS.DDF01".hex().upper(),
    }
    generated = next(row for row in rows if row["command"]["name"] == "GENERATE AC")["answer"]["objects"][0]["objects"]
    assert generated[0] == {
        "tag": "9F27",
        "name": "Cryptogram Information Data",
        "value": "80",
        "says": ["ARQC (online)"],
    }


def test_the_command(play: Play) -> None:
    _, path = play("up-debit")
    result = CliRunner().invoke(app, ["emv", "explain", str(path), "--apdus"])
    assert result.exit_code == 0, result.output
    assert "Terminal action analysis" in result.output
    assert "> 80AE9000" in result.output


@pytest.mark.parametrize("text", ["", "{", "[]", '{"trace": "suanpan apdu", "version": 2}', '{"at": ""}'])
def test_what_is_no_trace(tmp_path: Path, text: str) -> None:
    path = tmp_path / "trace"
    path.write_text(text, "utf-8")
    result = CliRunner().invoke(app, ["emv", "explain", str(path)])
    assert result.exit_code == 1


def test_names_are_those_of_another_list() -> None:
    listed = json.loads((ROOT / "tests" / "vectors" / "emv_tags.json").read_text("utf-8"))["tags"]
    for tag, name in listed.items():
        ours = names.tag_name(int(tag, 16))
        assert name.startswith(ours), tag
        assert re.fullmatch(r"( \([A-Z]+\))?", name[len(ours) :]), tag


@pytest.mark.parametrize(("words", "begins"), [(bits.TVR, "# TVR"), (bits.TSI, "# TSI")])
def test_bits_are_those_of_the_kernel(words: dict[int, str], begins: str) -> None:
    """Written twice, from the same annex: by the firmware, whose names are short, and here."""
    source = (ROOT / "firmware" / "suanpan" / "emv" / "bits.py").read_text("utf-8")
    listed = source.partition(begins)[2].partition("# TSI" if "TVR" in begins else "def ")[0]
    assert [int(value, 16) for value in re.findall(r"const\((0x[0-9A-F]+)\)", listed)] == list(words)


def test_stars_stand_for_digits() -> None:
    assert plain("12**") == b"\x12\x00"
