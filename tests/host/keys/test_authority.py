"""The test CA."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from host_tools.keys import errors
from host_tools.keys.authority import Authority

if TYPE_CHECKING:
    from pathlib import Path

    from host_tools.keys.authority import CaKey
    from host_tools.keys.ceremony import Ceremony

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[CaKey]]:
    directory = tmp_path_factory.mktemp("authority")
    return directory, Authority(directory).make(TODAY)


def test_each_scheme_has_both_keys(made: tuple[Path, list[CaKey]]) -> None:
    assert [(key.rid, key.index, key.private.key_size, key.exponent) for key in made[1]] == [
        (rid, index, bits, exponent)
        for rid in ("A000000333", "A000000003", "A000000004")
        for index, bits, exponent in ((0xF1, 1408, 3), (0xF3, 1984, 65537))
    ]


def test_they_are_good_for_ten_years(made: tuple[Path, list[CaKey]]) -> None:
    assert {key.expires for key in made[1]} == {date(2036, 12, 31)}


def test_moduli_are_whole_and_of_one_key_each(made: tuple[Path, list[CaKey]]) -> None:
    moduli = {key.modulus for key in made[1]}
    assert len(moduli) == 6
    assert all(modulus[0] & 0x80 for modulus in moduli)
    assert {len(modulus) for modulus in moduli} == {176, 248}


def test_they_come_back_from_their_files(made: tuple[Path, list[CaKey]]) -> None:
    directory, keys = made
    again = Authority(directory).keys()
    assert [(key.name, key.scheme, key.expires, key.modulus) for key in again] == [
        (key.name, key.scheme, key.expires, key.modulus) for key in keys
    ]
    assert (directory / "A000000333-F1.pem").read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")


def test_they_are_not_made_twice(made: tuple[Path, list[CaKey]]) -> None:
    directory, keys = made
    with pytest.raises(errors.KeyExists):
        Authority(directory).make(TODAY)
    assert Authority(directory).keys()[0].modulus == keys[0].modulus


def test_none_were_made(tmp_path: Path) -> None:
    with pytest.raises(errors.NoSuchKey):
        Authority(tmp_path).keys()


@pytest.mark.parametrize(
    "index", ["[", "[1]", '[{"scheme": "Visa", "rid": "A0", "index": 1, "expires": "2036-12-31"}]']
)
def test_a_spoilt_index_is_noticed(tmp_path: Path, index: str) -> None:
    (tmp_path / "index.json").write_text(index, "ascii")
    with pytest.raises(errors.Altered):
        Authority(tmp_path).keys()


def test_the_act_is_a_line_and_so_is_its_refusal(ceremony: Ceremony) -> None:
    ceremony.make_authority("Li Lei")
    with pytest.raises(errors.KeyExists):
        ceremony.make_authority("Li Lei")
    outcomes = [(line.act, line.who, line.outcome) for line in ceremony.audit.verify()]
    assert outcomes == [
        ("make test CA", ["Li Lei"], "done"),
        ("make test CA", ["Li Lei"], "refused: KeyExists"),
    ]
