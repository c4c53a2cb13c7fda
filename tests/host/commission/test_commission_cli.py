"""`suanpan commission` and `suanpan swap`: what cannot be is said before anybody types a passphrase."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from host_tools.boards.data import load
from host_tools.build.flash_image import sealed
from host_tools.cli import app
from host_tools.commission import errors
from host_tools.flash.errors import FlashError, NoPort, NoSoftware, NotAnImage, OtherChipsImage
from host_tools.flash.stand_in import stand_in
from host_tools.keys.ceremony import Ceremony
from host_tools.keys.errors import BadTerminal
from tests.host.flash.test_flash_cli import files as files  # noqa: PLC0414 - a fixture: images for esp32_devkitc

ORDER = {
    "board": "esp32_devkitc",
    "terminal": "10000001",
    "serial": "SP-000001",
    "merchant": "898110257340001",
    "name_zh": "算盘茶馆",
    "name_en": "SUANPAN TEA HOUSE",
    "account": "merchant 898110257340001",
    "place": "Counter 1",
    "host": "acquirer.example",
}


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Two custodians; that there is a signer is only looked at here."""
    ceremony = Ceremony(tmp_path / "keys", now=lambda: datetime(2026, 11, 23, tzinfo=UTC), random=Random(1).randbytes)
    ceremony.custodians._cost = 2
    for name, passphrase in (("Li Na", "correct horse battery"), ("Wang Wei", "another horse, battery")):
        ceremony.enrol(name, passphrase)
    (tmp_path / "keys" / "signer.pem").write_text("")
    return tmp_path / "keys"


def said(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [*map(str, words)], env={"COLUMNS": "400"})
    assert "custodian: name" not in done.output
    return done.exit_code, " ".join(done.output.split())


def test_images_and_order_are_for_one_another(
    files: tuple[Path, Path], keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock, image = files
    monkeypatch.setattr("host_tools.flash.ports.boards", lambda _find: [])

    def told(stock: Path, image: Path, keys: Path, port: str = "", **values: str) -> str:
        order = tmp_path / "order.toml"
        lines = [f'{name} = "{value}"\n' for name, value in (ORDER | values).items()]
        order.write_text("".join(lines) + "port = 8583\n", "utf-8")
        how = ("--stock", stock, "--image", image, "--database", tmp_path / "bank.db", "--work", tmp_path / "work")
        status, words = said("commission", order, *how, "--keys", keys, "--port", port)
        assert status == 1
        return words

    other, spoilt = tmp_path / "s3.bin", tmp_path / "spoilt.flash.bin"
    other.write_bytes(stand_in("esp32s3", program=30_000))
    content = bytearray(image.read_bytes())
    content[load(ORDER["board"]).partitions[4].offset + 5000] ^= 1
    spoilt.write_bytes(sealed(bytes(content)))  # whole, as far as its own hash goes
    cases: tuple[tuple[str, type[errors.CommissionError | FlashError]], ...] = (
        (told(stock, image, tmp_path / "none"), errors.NoCeremony),
        (told(image, image, keys), NotAnImage),
        (told(other, image, keys), OtherChipsImage),
        (told(stock, spoilt, keys), NoSoftware),
        (told(stock, image, keys, board="esp32s3_devkitc"), errors.NotFlashed),
        (told(stock, image, keys), NoPort),
    )
    for words, error in cases:
        assert error.says in words
    assert "there is no /dev/none" in told(stock, image, keys, port="/dev/none")
    assert "there is no board abacus" in told(stock, image, keys, board="abacus")
    assert not (tmp_path / "bank.db").exists()


def test_a_number_is_handed_over_only_if_there_is_such_a_one(keys: Path, tmp_path: Path) -> None:
    how = ("--database", tmp_path / "bank.db", "--keys", keys)
    for terminal, serial, error in (
        ("1", "SP-000002", BadTerminal),
        ("10000001", "SP 2", BadTerminal),
        ("99999999", "SP-000002", errors.NotEnrolled),
    ):
        status, words = said("swap", terminal, serial, *how)
        assert (status, error.says in words) == (1, True), words
    status, words = said("swap", "10000001", "SP-000002", "--database", tmp_path / "bank.db", "--keys", tmp_path)
    assert (status, errors.NoCeremony.says in words) == (1, True)
