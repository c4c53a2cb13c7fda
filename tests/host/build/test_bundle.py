"""A release: the same bytes whoever makes it and wherever, signed, and no larger than its slot."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from host_tools.build import bundle, release
from host_tools.build.application import application, first_stage, listing
from host_tools.build.bundle import BundleError, read
from host_tools.build.flash_image import DoesNotFit, flash_image
from host_tools.build.partition_table import TABLE_AT, TABLE_SIZE, of_board, unpack
from host_tools.build.release import BadVersion, number_of
from host_tools.cli import app
from host_tools.flash.errors import OtherChipsImage
from host_tools.flash.stand_in import stand_in
from host_tools.micropython.compiler import own_version
from host_tools.micropython.port import ROOT
from tests.effort import EFFORT
from tests.system.software import PASSPHRASE, board, image, signer, signer_file

# What is made of the sources before mpy-cross sees them, of a whole tree of them and of its users, as one digest.
_LINKED = """
import sys, hashlib, json
from pathlib import Path
from host_tools.micropython.compiler import AS_TEXT
from host_tools.micropython.lean import lean
root = Path(sys.argv[1])
sources = {path.relative_to(root): path.read_text("utf-8") for path in (root / "suanpan").rglob("*.py")}
texts = lean({".".join(path.with_suffix("").parts): text for path, text in sources.items()}, [])
print(hashlib.sha256(json.dumps(sorted(texts.items())).encode()).hexdigest())
"""


def _linked(root: Path, seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _LINKED, str(root)],
        env=os.environ | {"PYTHONHASHSEED": seed},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_what_is_linked_is_the_same_in_another_directory_with_other_times_and_orders(tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    parts = ("slots", "codec", "errors")
    for root, times in ((tmp_path / "one", 0), (copy, 1_000_000_000)):
        for part in parts:
            shutil.copytree(ROOT / "firmware" / "suanpan" / part, root / "suanpan" / part)
        for path in root.rglob("*.py"):
            os.utime(path, (times, times))
    assert _linked(tmp_path / "one", "1") == _linked(copy, "2")


def test_a_release_comes_out_the_same_twice() -> None:
    first, second = (release.make(board(), signer().sign, version="", number=7, floor=3) for _ in range(2))
    assert first.bundle == second.bundle
    manifest, packed = bundle.read(first.bundle, signer().public)
    assert (manifest.board, manifest.version, manifest.number, manifest.floor) == ("virtual", first.version, 7, 3)
    assert manifest.schema >= 5
    assert packed == image()
    assert hashlib.sha256(packed).hexdigest() == manifest.sha256


@pytest.mark.skipif(EFFORT < 2, reason="a copy of the project compiles everything anew: EFFORT=2")
def test_a_copy_of_the_project_with_other_file_times_makes_the_same(tmp_path: Path) -> None:
    for part in ("firmware", "boards", "host_tools"):
        shutil.copytree(ROOT / part, tmp_path / part)
    for path in tmp_path.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    program = (
        "import sys, hashlib\nfrom host_tools.boards.data import load\n"
        "from host_tools.build.application import application, listing\n"
        "print(listing(application(load(sys.argv[1]))))"
    )
    for name in ("virtual", "esp32_devkitc"):
        told = [
            subprocess.run(
                [sys.executable, "-c", program, name],
                env=os.environ | {"PYTHONPATH": str(root), "PYTHONHASHSEED": str(seed)},
                cwd=root,
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for seed, root in enumerate((tmp_path, ROOT))
        ]
        assert told[0] == told[1]


def test_what_is_in_it() -> None:
    files = application(board())
    assert {"main.mpy", "board.mpy", "parts.mpy", "pins.mpy", "assets/strings.tsv", "suanpan/flows/sale.mpy"} <= set(
        files
    )
    # The first stage is not the application's to bring, nor is what a chip has in C.
    assert not {"boot.mpy", "start.mpy", "suanpan/slots/choice.mpy", "link.mpy", "machine.mpy", "esp32.mpy"} & set(
        files
    )
    lines = listing(files).splitlines()
    assert f"{hashlib.sha256(files['main.mpy']).hexdigest()}  main.mpy" in lines
    assert len(lines) == len(files)
    first = first_stage(board(), signer().public)
    assert len(first["boot.py"].splitlines()) <= 52  # it is to be read at a glance
    assert json.loads(first["board.json"]) == {"board": "virtual", "lights": [9, 10, 11, 12]}


def test_a_flash_image_has_everything_in_its_place() -> None:
    made = release.make(board(), signer().sign)
    flash = flash_image(board(), made.bundle, signer().public)
    table = unpack(flash[TABLE_AT : TABLE_AT + TABLE_SIZE])
    assert table.keys() == of_board(board()).keys()
    assert bundle.read(flash[table["slot_a"].offset : table["slot_a"].end], signer().public)[1] == image()
    for name in ("nvs", "factory", "slot_b", "journal", "secrets"):
        assert set(flash[table[name].offset : table[name].end]) == {0xFF}, name


def test_a_bundle_that_is_too_large_names_the_largest(monkeypatch: pytest.MonkeyPatch) -> None:
    small = replace(board(), partitions=tuple(replace(row, size=0x40000) for row in board().partitions))
    with pytest.raises(DoesNotFit, match=r"a slot 262,144; the largest: assets/gb2312.bin 29,784, assets/strings.tsv"):
        release.make(small, signer().sign)


def test_whatever_is_wrong_with_a_bundle_is_said() -> None:
    whole = release.make(board(), signer().sign).bundle
    for wrong, why in (
        (b"", "not a bundle"),
        (b"\xff" * 8192, "not a bundle"),
        (whole[:-1], "cut short"),
        (whole[:5000] + b"\0" + whole[5001:], "damaged"),
        (whole.replace(b'"number":', b'"nUmber":', 1), "not signed"),
    ):
        with pytest.raises(BundleError, match=why):
            bundle.read(wrong, signer().public)
    with pytest.raises(BundleError, match="cannot be read"):
        bundle.read(whole.replace(b'"number":', b'"nUmber":', 1))


@pytest.mark.parametrize(("version", "number"), [("0.1.0", 1000), ("1.2.3", 1002003), ("12.0.999", 12000999)])
def test_versions_are_compared_as_numbers(version: str, number: int) -> None:
    assert number_of(version) == number


@pytest.mark.parametrize("version", ["1.2", "1.2.3.4", "1.2.1000", "v1.2.3", "1.-2.3", ""])
def test_what_is_no_version(version: str) -> None:
    with pytest.raises(BadVersion):
        number_of(version)


def build(*arguments: object, typed: str = PASSPHRASE) -> Result:
    return CliRunner().invoke(app, ["build", *map(str, arguments)], input=f"{typed}\n", terminal_width=200)


def test_the_command(tmp_path: Path) -> None:
    key = tmp_path / "signer.pem"
    key.write_bytes(signer_file())
    for folder in ("one", "two"):
        done = build("--signer", key, "--out", tmp_path / folder)
        assert done.exit_code == 0, done.output
        assert "suanpan/flows" in done.output
    made = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert [name.removeprefix(f"virtual-{own_version()}.") for name in made] == ["bundle", "flash.bin", "sha256"]
    for name in made:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_in_a_ceremony_it_is_written_down_who_signed_and_who_could_not(tmp_path: Path) -> None:
    (tmp_path / "signer.pem").write_bytes(signer_file())
    arguments = ("--ceremony", tmp_path, "--name", "Li Na", "--out", tmp_path / "made")
    assert build(*arguments, typed="not the passphrase").exit_code == 1
    assert not (tmp_path / "made").exists()
    assert build(*arguments).exit_code == 0
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text("utf-8").splitlines()]
    assert [(line["act"], line["who"], line["outcome"]) for line in lines] == [
        ("sign", ["Li Na"], "refused: BadCredential"),
        ("sign", ["Li Na"], "done"),
    ]


def test_what_the_command_refuses(tmp_path: Path) -> None:
    key = tmp_path / "signer.pem"
    key.write_bytes(signer_file())
    for arguments, why in (
        (("--board", "abacus"), "there is no board abacus: there are "),
        (("--version", "1.2"), "is no version"),
    ):
        done = build("--signer", key, "--out", tmp_path / "made", *arguments)
        assert done.exit_code == 1
        assert why in done.output
        assert "passphrase" not in done.output  # nobody is asked for it in vain
    assert build("--signer", key, typed="not the passphrase").exit_code == 1
    assert build("--signer", tmp_path / "none.pem").exit_code == 2
    assert build("--signer", key, "--ceremony", tmp_path).exit_code == 2
    assert build().exit_code == 2
    assert not (tmp_path / "made").exists()


def test_micropython_itself_for_a_board_with_room_for_two(tmp_path: Path) -> None:
    key, stock, other = tmp_path / "signer.pem", tmp_path / "stock.bin", tmp_path / "other.bin"
    key.write_bytes(signer_file())
    stock.write_bytes(stand_in("esp32s3", program=30_000))
    other.write_bytes(stand_in("esp32", program=30_000))
    how = ("--signer", key, "--out", tmp_path / "made", "--version", "1.30.0", "--micropython")
    assert build(*how, stock, "--board", "esp32s3_devkitc").exit_code == 0
    (made,) = (tmp_path / "made").iterdir()
    manifest, image = read(made.read_bytes(), signer().public)
    assert (manifest.board, manifest.number) == ("esp32s3_devkitc/micropython", 1_030_000)
    assert image == stock.read_bytes()[0x10000:]
    for name, why in (("esp32_devkitc", "no partition ota_1"), ("esp32s3_devkitc", OtherChipsImage.says)):
        said = build(*how, other, "--board", name).output
        assert why in said and "passphrase" not in said
    assert build("--signer", key, "--micropython", stock, "--board", "esp32s3_devkitc").exit_code == 2
