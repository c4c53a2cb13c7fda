"""The ceremony: what is made, what is refused, and what the directory gives away."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import psec
import pytest
from cryptography.utils import CryptographyDeprecationWarning

from host_tools.keys import components, errors
from host_tools.keys.components import Algorithm
from host_tools.keys.key_block import BadKeyBlock, WrongUse
from host_tools.keys.master_keys import Master
from tests.host.keys.desk import (
    HAN,
    HAN_SAYS,
    LI,
    LI_SAYS,
    SERIAL,
    TERMINAL,
    bring,
    enrol_both,
    every_byte,
    make_masters,
    sit_down,
    unlock_both,
)

if TYPE_CHECKING:
    from host_tools.keys.ceremony import Ceremony
    from host_tools.keys.custodians import Pair

# -- master keys -------------------------------------------------------------------------------------------


def test_two_custodians_make_and_open_a_master_key(ceremony: Ceremony, pair: Pair, directory: Path) -> None:
    brought, value = bring(Algorithm.AES, 32, "kbpk")
    assert ceremony.make_master(Master.KBPK, pair, Algorithm.AES, brought, value) == value
    again = sit_down(directory)
    key = again.masters.open(Master.KBPK, unlock_both(again))
    assert key.value == components.combine(Algorithm.AES, *brought)
    assert again.masters.described(Master.KBPK) == (Algorithm.AES, value, [LI, HAN])


def test_they_may_sit_down_in_either_order(keyed: Ceremony) -> None:
    other = keyed.pair(keyed.unlock(HAN, HAN_SAYS), keyed.unlock(LI, LI_SAYS))
    assert keyed.masters.open(Master.KBPK, other) == keyed.masters.open(Master.KBPK, unlock_both(keyed))


def test_a_third_custodian_does_not_stand_in(keyed: Ceremony, both: Pair) -> None:
    third = keyed.enrol("Wang Wei", "a third passphrase")
    with pytest.raises(errors.OtherCustodians):
        keyed.masters.open(Master.KBPK, keyed.pair(both.first, third))


@pytest.mark.parametrize("bit", range(40))
def test_a_wrong_check_value_keeps_nothing(ceremony: Ceremony, pair: Pair, directory: Path, bit: int) -> None:
    brought, value = bring(Algorithm.AES, 32, "kbpk")
    wrong = bytearray(value)
    wrong[bit >> 3] ^= 1 << (bit & 7)
    with pytest.raises(errors.WrongCheckValue):
        ceremony.make_master(Master.KBPK, pair, Algorithm.AES, brought, bytes(wrong))
    assert not ceremony.masters.has(Master.KBPK)
    assert ceremony.audit.verify()[-1].outcome == "refused: WrongCheckValue"


def test_part_of_a_check_value_is_a_wrong_one(ceremony: Ceremony, pair: Pair) -> None:
    brought, value = bring(Algorithm.AES, 32, "kbpk")
    for size in range(5):
        with pytest.raises(errors.WrongCheckValue):
            ceremony.make_master(Master.KBPK, pair, Algorithm.AES, brought, value[:size])


@pytest.mark.parametrize(
    ("master", "algorithm", "size"),
    [(Master.KBPK, Algorithm.SM4, 16), (Master.INJECTION, Algorithm.AES, 16), (Master.INJECTION, Algorithm.TDES, 24)],
)
def test_a_master_key_has_its_shape(
    ceremony: Ceremony, pair: Pair, master: Master, algorithm: Algorithm, size: int
) -> None:
    with pytest.raises(errors.WrongLength):
        ceremony.make_master(master, pair, algorithm, *bring(algorithm, size, "any"))
    assert not ceremony.masters.has(master)


def test_a_master_key_is_not_replaced(keyed: Ceremony, both: Pair) -> None:
    before = keyed.masters.open(Master.KBPK, both)
    with pytest.raises(errors.KeyExists):
        keyed.make_master(Master.KBPK, both, Algorithm.AES, *bring(Algorithm.AES, 32, "another"))
    assert keyed.masters.open(Master.KBPK, both) == before


def test_no_bit_of_a_sealed_component_can_be_changed(keyed: Ceremony, both: Pair, directory: Path) -> None:
    """Exhaustive: every bit of the first custodian's sealed component."""
    path = directory / "kbpk.json"
    content = json.loads(path.read_bytes())
    sealed = bytes.fromhex(content["components"][LI])
    for bit in range(len(sealed) * 8):
        altered = bytearray(sealed)
        altered[bit >> 3] ^= 1 << (bit & 7)
        content["components"][LI] = altered.hex()
        path.write_text(json.dumps(content), "utf-8")
        with pytest.raises(errors.Altered):
            keyed.masters.open(Master.KBPK, both)


def test_one_master_key_does_not_pass_for_the_other(keyed: Ceremony, both: Pair, directory: Path) -> None:
    (directory / "kbpk.json").write_bytes((directory / "injection.json").read_bytes())
    with pytest.raises(errors.Altered):
        keyed.masters.open(Master.KBPK, both)


@pytest.mark.parametrize(
    ("old", "new"), [('"aes"', '"tdes"'), ('"aes"', '"rot13"'), ('"check_value": "', '"check_value": "0'), ("{", "")]
)
def test_an_altered_master_file_is_noticed(keyed: Ceremony, both: Pair, directory: Path, old: str, new: str) -> None:
    path = directory / "kbpk.json"
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(errors.Altered):
        keyed.masters.open(Master.KBPK, both)


def test_what_was_not_made_is_not_there(ceremony: Ceremony, pair: Pair) -> None:
    with pytest.raises(errors.NoSuchKey):
        ceremony.masters.open(Master.INJECTION, pair)
    with pytest.raises(errors.NoSuchKey):
        ceremony.injection_key(pair, SERIAL)


# -- terminals' keys ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kbpk", "kbpk_size", "algorithm", "size", "version", "letter"),
    [
        (Algorithm.TDES, 16, Algorithm.TDES, 16, "B", "T"),
        (Algorithm.TDES, 24, Algorithm.TDES, 16, "B", "T"),
        (Algorithm.TDES, 24, Algorithm.TDES, 24, "B", "T"),
        (Algorithm.AES, 16, Algorithm.TDES, 24, "D", "T"),
        (Algorithm.AES, 16, Algorithm.AES, 16, "D", "A"),
        (Algorithm.AES, 16, Algorithm.SM4, 16, "D", "4"),
        (Algorithm.AES, 32, Algorithm.AES, 32, "D", "A"),
    ],
)
def test_a_terminal_key_is_a_block_that_others_read(
    ceremony: Ceremony,
    pair: Pair,
    directory: Path,
    kbpk: Algorithm,
    kbpk_size: int,
    algorithm: Algorithm,
    size: int,
    version: str,
    letter: str,
) -> None:
    make_masters(ceremony, pair, kbpk, kbpk_size)
    brought, value = bring(algorithm, size, "tmk")
    assert ceremony.make_terminal_key(TERMINAL, pair, algorithm, brought, value) == value

    whole = components.combine(kbpk, *bring(kbpk, kbpk_size, "kbpk")[0])
    with warnings.catch_warnings(action="ignore", category=CryptographyDeprecationWarning):
        header, key = psec.tr31.unwrap(whole, (directory / "terminals" / f"{TERMINAL}.tr31").read_text("ascii"))
    assert key == components.combine(algorithm, *brought)
    assert (header.version_id, header.key_usage, header.algorithm) == (version, "K0", letter)
    assert (header.mode_of_use, header.exportability) == ("B", "E")
    assert header.blocks["LB"] == TERMINAL
    assert header.blocks["KC"][2:] == value.hex().upper()
    [entry] = ceremony.terminals.entries()
    assert (entry.terminal, entry.algorithm, entry.check_value, entry.serial) == (TERMINAL, algorithm, value, "")


@pytest.mark.parametrize(
    ("kbpk", "kbpk_size", "algorithm", "size"),
    [
        (Algorithm.TDES, 16, Algorithm.TDES, 24),
        (Algorithm.TDES, 24, Algorithm.AES, 16),
        (Algorithm.TDES, 24, Algorithm.SM4, 16),
        (Algorithm.AES, 16, Algorithm.AES, 32),
    ],
)
def test_a_key_is_not_protected_by_a_weaker_one(
    ceremony: Ceremony, pair: Pair, kbpk: Algorithm, kbpk_size: int, algorithm: Algorithm, size: int
) -> None:
    make_masters(ceremony, pair, kbpk, kbpk_size)
    with pytest.raises(errors.TooStrong):
        ceremony.make_terminal_key(TERMINAL, pair, algorithm, *bring(algorithm, size, "tmk"))
    assert ceremony.terminals.entries() == []


@pytest.mark.parametrize(
    "terminal", ["", "1000001", "100000010", "1000 001", "../../xy", "1000000\N{FULLWIDTH DIGIT ONE}"]
)
def test_a_terminal_has_a_number_of_eight(keyed: Ceremony, both: Pair, terminal: str) -> None:
    for replace in (False, True):
        with pytest.raises(errors.BadTerminal):
            keyed.make_terminal_key(terminal, both, Algorithm.TDES, *bring(Algorithm.TDES, 16, "x"), replace=replace)


def test_a_wrong_check_value_makes_no_terminal_key(keyed: Ceremony, both: Pair) -> None:
    brought, value = bring(Algorithm.TDES, 16, "other")
    with pytest.raises(errors.WrongCheckValue):
        keyed.make_terminal_key("10000002", both, Algorithm.TDES, brought, value[::-1])
    assert [entry.terminal for entry in keyed.terminals.entries()] == [TERMINAL]


def test_a_terminal_key_is_replaced_only_when_asked(keyed: Ceremony, both: Pair) -> None:
    other = bring(Algorithm.TDES, 16, "other")
    with pytest.raises(errors.KeyExists):
        keyed.make_terminal_key(TERMINAL, both, Algorithm.TDES, *other)
    assert keyed.terminals.bind(TERMINAL, SERIAL)
    keyed.make_terminal_key(TERMINAL, both, Algorithm.TDES, *other, replace=True)
    [entry] = keyed.terminals.entries()
    assert (entry.check_value, entry.serial) == (other[1], "")


def test_a_power_cut_leaves_no_key_for_two_units(keyed: Ceremony, both: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a key is replaced, the old one never stands there unbound."""
    keyed.terminals.bind(TERMINAL, SERIAL)
    old = keyed.terminals.entries()[0].check_value

    def cut(self: Path, target: Path) -> Path:
        [entry] = keyed.terminals.entries()
        assert (entry.check_value, entry.serial) != (old, "")
        return replace(self, target)

    replace = Path.replace
    monkeypatch.setattr(Path, "replace", cut)
    keyed.make_terminal_key(TERMINAL, both, Algorithm.TDES, *bring(Algorithm.TDES, 16, "other"), replace=True)


def test_no_character_of_a_block_can_be_changed(keyed: Ceremony, both: Pair, directory: Path) -> None:
    """Exhaustive over the characters: each one bit away, where it is another digit and not the other case."""
    path = directory / "terminals" / f"{TERMINAL}.tr31"
    block = path.read_text("ascii")
    kbpk = keyed.masters.open(Master.KBPK, both)
    for at in range(len(block)):
        path.write_text(block[:at] + chr(ord(block[at]) ^ 1) + block[at + 1 :], "ascii")
        with pytest.raises((BadKeyBlock, WrongUse, errors.Altered)):
            keyed.terminals.open(TERMINAL, kbpk)


def test_a_renamed_block_is_not_another_terminals(keyed: Ceremony, both: Pair, directory: Path) -> None:
    folder = directory / "terminals"
    (folder / f"{TERMINAL}.tr31").rename(folder / "10000002.tr31")
    with pytest.raises(errors.Altered):
        keyed.terminals.open("10000002", keyed.masters.open(Master.KBPK, both))


def test_a_unit_has_one_terminal_number_and_a_number_one_unit(keyed: Ceremony) -> None:
    assert keyed.terminals.bind(TERMINAL, SERIAL)
    assert not keyed.terminals.bind(TERMINAL, SERIAL)
    with pytest.raises(errors.AlreadyBound):
        keyed.terminals.bind(TERMINAL, "SP-VB-000002")
    with pytest.raises(errors.AlreadyBound):
        keyed.terminals.bind("10000002", SERIAL)
    assert keyed.terminals.entries()[0].serial == SERIAL


@pytest.mark.parametrize("serial", ["", "S" * 51, "SP 1", "SP\n1", "序列"])
def test_a_unit_has_a_plain_serial_number(keyed: Ceremony, both: Pair, serial: str) -> None:
    with pytest.raises(errors.BadTerminal):
        keyed.injection_key(both, serial)


# -- what the directory gives away -------------------------------------------------------------------------


def test_no_key_and_no_component_lies_in_the_directory(keyed: Ceremony, both: Pair, directory: Path) -> None:
    secrets = [
        *(bring(Algorithm.AES, 32, "kbpk")[0] + bring(Algorithm.AES, 32, "injection")[0]),
        *bring(Algorithm.TDES, 16, "tmk")[0],
        components.combine(Algorithm.AES, *bring(Algorithm.AES, 32, "kbpk")[0]),
        components.combine(Algorithm.AES, *bring(Algorithm.AES, 32, "injection")[0]),
        components.combine(Algorithm.TDES, *bring(Algorithm.TDES, 16, "tmk")[0]),
        keyed.injection_key(both, SERIAL),
        LI_SAYS.encode(),
        HAN_SAYS.encode(),
    ]
    content = every_byte(directory).lower()
    for secret in secrets:
        for part in (secret[:8], secret[-8:]):
            assert part.lower() not in content
            assert part.hex().encode() not in content


def test_nobody_else_can_read_the_directory(keyed: Ceremony, directory: Path) -> None:
    assert directory.stat().st_mode & 0o777 == 0o700
    for path in directory.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0


def test_nothing_of_a_key_is_printed(keyed: Ceremony, both: Pair) -> None:
    key = keyed.masters.open(Master.KBPK, both)
    assert key.value.hex() not in repr(key)
    assert repr(key.value) not in repr(key)
    assert repr(both.first) == f"<Custodian {LI}>"


def test_every_act_is_a_line(ceremony: Ceremony) -> None:
    pair = enrol_both(ceremony)
    make_masters(ceremony, pair)
    value = ceremony.make_terminal_key(TERMINAL, pair, Algorithm.TDES, *bring(Algorithm.TDES, 16, "tmk"))
    ceremony.injection_key(pair, SERIAL)
    lines = ceremony.audit.verify()
    assert [(line.act, line.key, line.outcome) for line in lines] == [
        ("enrol custodian", "", "done"),
        ("enrol custodian", "", "done"),
        ("make master key", "kbpk", "done"),
        ("make master key", "injection", "done"),
        ("make terminal key", TERMINAL, "done"),
        ("derive injection key", SERIAL, "done"),
    ]
    assert lines[4].check_value == value.hex().upper()
    assert lines[4].who == [LI, HAN]
    assert lines[4].at == "2026-11-23T10:00:00+00:00"
