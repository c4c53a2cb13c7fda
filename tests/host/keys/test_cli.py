"""`suanpan keys` as its people type it. What is typed without echo must not come back on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from host_tools.keys import cli
from host_tools.keys.components import Algorithm, check_value, combine
from host_tools.keys.master_keys import Master
from host_tools.keys.signer import Signer
from tests.host.keys.desk import HAN, HAN_SAYS, LI, LI_SAYS, SERIAL, TERMINAL, bring
from tests.host.keys.unit import Unit

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

    from host_tools.keys.ceremony import Ceremony
    from host_tools.keys.custodians import Pair

BOTH = [LI, LI_SAYS, HAN, HAN_SAYS]


def run(ceremony: Ceremony, *arguments: str, typed: list[str] | None = None) -> Result:
    """What the command does when `typed` is typed, a line for each question."""
    lines = "".join(line + "\n" for line in typed or [])
    return CliRunner().invoke(cli.app, arguments, input=lines, obj=ceremony, terminal_width=200)


def forms(algorithm: Algorithm, size: int) -> tuple[list[str], str, bytes]:
    """What two custodians type from their forms, the check value of the whole, and the whole."""
    components, value = bring(algorithm, size, "forms")
    typed: list[str] = []
    for component in components:
        typed += [component.hex(" ", 4).upper(), check_value(algorithm, component).hex()]
    return typed, value.hex(), combine(algorithm, *components)


def test_help_teaches_the_order(ceremony: Ceremony) -> None:
    said = run(ceremony, "--help").output
    steps = ["1 enrol", "2 master kbpk", "3 terminal", "4 inject"]
    assert sorted(steps, key=said.index) == steps
    for command in ("enrol", "master", "terminal", "inject", "show", "audit", "test-ca", "signer", "sign"):
        assert command in said
        assert run(ceremony, command, "--help").exit_code == 0


def test_a_person_enrols(ceremony: Ceremony) -> None:
    done = run(ceremony, "enrol", LI, typed=[LI_SAYS, LI_SAYS])
    assert done.exit_code == 0
    assert LI_SAYS not in done.output
    assert ceremony.unlock(LI, LI_SAYS)


def test_a_passphrase_mistyped_is_asked_again(ceremony: Ceremony) -> None:
    assert run(ceremony, "enrol", LI, typed=[LI_SAYS, "something else", LI_SAYS, LI_SAYS]).exit_code == 0
    assert ceremony.unlock(LI, LI_SAYS)


def test_a_master_key_from_two_forms(ceremony: Ceremony, pair: Pair) -> None:
    typed, value, key = forms(Algorithm.AES, 32)
    done = run(ceremony, "master", "kbpk", typed=[*BOTH, *typed, value])
    assert done.exit_code == 0
    for secret in (LI_SAYS, HAN_SAYS, typed[0], typed[2], key.hex()):
        assert secret.lower() not in done.output.lower()
    assert ceremony.masters.open(Master.KBPK, pair).value == key


def test_a_new_master_key_shown_to_each_custodian(ceremony: Ceremony, pair: Pair) -> None:
    done = run(ceremony, "master", "injection", typed=[*BOTH, "", "y", "", "", "y", "", "", "y"])
    assert done.exit_code == 0, done.output
    key = ceremony.masters.open(Master.INJECTION, pair)
    assert key.check_value.hex().upper() in done.output
    shown = [bytes.fromhex(line) for line in done.output.splitlines() if len(line.split()) == 8 and line.isupper()]
    assert len(shown) == 2
    assert combine(Algorithm.AES, *shown) == key.value


def test_a_new_key_that_was_not_noted_is_not_kept(ceremony: Ceremony, pair: Pair) -> None:
    assert run(ceremony, "master", "kbpk", typed=[*BOTH, "", "n", "", "n", "", "n"]).exit_code == 1
    assert not ceremony.masters.has(Master.KBPK)


def test_keys_are_generated_without_a_word(ceremony: Ceremony, pair: Pair) -> None:
    for arguments in (("master", "kbpk"), ("master", "injection"), ("terminal", TERMINAL)):
        assert run(ceremony, *arguments, "--generate", typed=BOTH).exit_code == 0
    [entry] = ceremony.terminals.entries()
    assert (entry.terminal, entry.algorithm) == (TERMINAL, Algorithm.TDES)


@pytest.mark.parametrize(
    ("typed", "says", "outcome"),
    [
        ([LI, LI_SAYS, LI, LI_SAYS], "One person", "OnePerson"),
        ([LI, LI_SAYS, "li lei李雷", LI_SAYS], "One person", "OnePerson"),
        ([LI, HAN_SAYS], "no such custodian", "BadCredential"),
        (["Nobody", LI_SAYS], "no such custodian", "BadCredential"),
    ],
)
def test_who_may_not_is_told_so(ceremony: Ceremony, pair: Pair, typed: list[str], says: str, outcome: str) -> None:
    done = run(ceremony, "master", "kbpk", "--generate", typed=typed)
    assert done.exit_code == 1
    assert says in done.output
    assert ceremony.audit.verify()[-1].outcome == f"refused: {outcome}"
    assert not ceremony.masters.has(Master.KBPK)


def _spoilt(at: int, text: str) -> list[str]:
    typed, value, _ = forms(Algorithm.TDES, 16)
    lines = [*typed, value]
    lines[at] = text
    return lines


GOOD = forms(Algorithm.TDES, 16)[0]


@pytest.mark.parametrize(
    ("typed", "outcome"),
    [
        (_spoilt(0, "not hexadecimal"), "NotHexadecimal"),
        (_spoilt(0, GOOD[0][:-2]), "WrongLength"),
        (_spoilt(0, "00" * 16), "WeakKey"),
        (_spoilt(0, "0123456789ABCDEF0123456789ABCDEF"), "WeakKey"),
        (_spoilt(0, "0123456789ABCDEF23456789ABCDEF00"), "BrokenParity"),
        (_spoilt(1, "000000"), "WrongCheckValue"),
        (_spoilt(1, "no"), "NotHexadecimal"),
        ([*GOOD[:2], *GOOD[:2], "000000"], "SameComponent"),
        (_spoilt(4, "000000"), "WrongCheckValue"),
        (_spoilt(4, "no"), "NotHexadecimal"),
    ],
)
def test_what_is_typed_wrong_is_refused_and_written_down(
    keyed: Ceremony, both: Pair, typed: list[str], outcome: str
) -> None:
    done = run(keyed, "terminal", "10000002", typed=[*BOTH, *typed])
    assert done.exit_code == 1
    assert done.output.count("refused:") == 1
    assert keyed.audit.verify()[-1].outcome == f"refused: {outcome}"
    assert [entry.terminal for entry in keyed.terminals.entries()] == [TERMINAL]


def test_a_terminal_key_is_replaced_when_asked(keyed: Ceremony, both: Pair) -> None:
    before = keyed.terminals.entries()
    assert run(keyed, "terminal", TERMINAL, "--generate", typed=BOTH).exit_code == 1
    assert keyed.terminals.entries() == before
    assert run(keyed, "terminal", TERMINAL, "--generate", "--replace", typed=BOTH).exit_code == 0
    assert keyed.terminals.entries() != before


class SerialPort:
    """pyserial's `Serial` as far as the command uses it, with a unit behind it."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._waiting = b""

    def __enter__(self) -> SerialPort:
        return self

    def __exit__(self, *_: object) -> None: ...

    def write(self, data: bytes) -> int:
        self._waiting += self._unit.answer(data)
        return len(data)

    def read(self, size: int = 1) -> bytes:
        data, self._waiting = self._waiting[:size], self._waiting[size:]
        return data


@pytest.fixture
def unit(keyed: Ceremony, both: Pair, monkeypatch: pytest.MonkeyPatch) -> Unit:
    """At the port /dev/ttyUSB0."""
    unit = Unit(SERIAL.encode(), TERMINAL.encode(), keyed.injection_key(both, SERIAL))

    def opened(port: str, baudrate: int, timeout: float) -> SerialPort:
        assert (port, baudrate, timeout) == ("/dev/ttyUSB0", 115_200, 5)
        return SerialPort(unit)

    monkeypatch.setattr("serial.serial_for_url", opened)
    return unit


def test_a_unit_is_loaded(keyed: Ceremony, both: Pair, unit: Unit) -> None:
    done = run(keyed, "inject", TERMINAL, SERIAL, "/dev/ttyUSB0", typed=BOTH)
    assert done.exit_code == 0, done.output
    assert unit.tmk == keyed.terminals.open(TERMINAL, keyed.masters.open(Master.KBPK, both)).value
    again = run(keyed, "inject", TERMINAL, SERIAL, "/dev/ttyUSB0", typed=BOTH)
    assert again.exit_code == 1
    assert "has a master key already" in " ".join(again.output.split())


def test_a_port_that_is_not_there_is_told(keyed: Ceremony) -> None:
    done = run(keyed, "inject", TERMINAL, SERIAL, "/dev/none", typed=BOTH)
    assert done.exit_code == 1
    assert "/dev/none" in done.output
    assert not isinstance(done.exception, OSError)


def test_show_needs_no_passphrase(keyed: Ceremony, both: Pair) -> None:
    keyed.terminals.bind(TERMINAL, SERIAL)
    done = run(keyed, "show")
    assert done.exit_code == 0
    for fact in (LI, HAN, "kbpk", TERMINAL, SERIAL, keyed.terminals.entries()[0].check_value.hex().upper()):
        assert fact in done.output


def test_names_are_shown_as_they_are(ceremony: Ceremony) -> None:
    assert run(ceremony, "enrol", "[/red] Wang", typed=[LI_SAYS, LI_SAYS]).exit_code == 0
    for command in ("show", "audit"):
        assert "[/red] Wang" in run(ceremony, command).output


def test_the_audit_is_shown_and_checked(keyed: Ceremony, directory: Path) -> None:
    lines = keyed.audit.verify()
    done = run(keyed, "audit")
    assert done.exit_code == 0
    assert lines[-1].digest in done.output
    assert run(keyed, "audit", "--noted", lines[0].digest).exit_code == 0
    assert run(keyed, "audit", "--noted", "0" * 64).exit_code == 1
    path = directory / "audit.jsonl"
    path.write_bytes(path.read_bytes().replace(b"Han", b"Hen", 1))
    spoilt = run(keyed, "audit")
    assert spoilt.exit_code == 1
    assert "Line 2" in spoilt.output


def test_the_test_ca(ceremony: Ceremony) -> None:
    assert run(ceremony, "test-ca", "--name", LI).exit_code == 0
    shown = run(ceremony, "show").output
    for fact in ("UnionPay", "A000000333", "F3", "1984", "65537", "2036-12-31"):
        assert fact in shown
    assert run(ceremony, "test-ca", typed=[LI]).exit_code == 1


def test_an_update_is_signed(ceremony: Ceremony, directory: Path, tmp_path: Path) -> None:
    image = tmp_path / "app.bin"
    image.write_bytes(b"an update")
    secret = "only for updates"
    made = run(ceremony, "signer", "--name", LI, typed=[secret, secret])
    assert made.exit_code == 0
    assert Signer.load(directory / "signer.pem", secret).public.to_json() in made.output
    assert run(ceremony, "sign", str(image), "--name", LI, typed=["not the secret"]).exit_code == 1
    assert run(ceremony, "sign", str(image), "--name", LI, typed=[secret]).exit_code == 0
    assert len((tmp_path / "app.bin.sig").read_bytes()) == 384


def test_the_directory_is_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUANPAN_KEYS", str(tmp_path / "chosen"))
    assert CliRunner().invoke(cli.app, ["test-ca", "--name", LI]).exit_code == 0
    assert (tmp_path / "chosen" / "authority" / "index.json").exists()
