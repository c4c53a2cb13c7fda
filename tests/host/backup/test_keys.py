"""The backup key in the workshop: derived by two custodians, injected with the master key, taken out to read with."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING

import psec
import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from typer.testing import CliRunner

from host_tools.keys import errors
from host_tools.keys.ceremony import Ceremony
from host_tools.keys.cli import app
from host_tools.keys.components import Algorithm
from host_tools.keys.injection import Kind, Session
from host_tools.keys.master_keys import Key, Master, derive_backup_key, derive_injection_key
from tests.host.keys.desk import HAN, HAN_SAYS, LI, LI_SAYS, bring
from tests.host.keys.unit import pack, sha, unpack

if TYPE_CHECKING:
    from pathlib import Path

    from host_tools.keys.custodians import Pair

TERMINAL = "10000001"
SERIAL = "SP-VB-000001"
MASTER = Key(Algorithm.AES, bytes(range(32)))


@pytest.fixture
def ceremony(tmp_path: Path) -> Ceremony:
    hour = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    return Ceremony(tmp_path / "keys", now=lambda: hour, random=Random(1).randbytes, cost=2)


@pytest.fixture
def pair(ceremony: Ceremony) -> Pair:
    """With all masters but that of backups."""
    pair = ceremony.pair(ceremony.enrol(LI, LI_SAYS), ceremony.enrol(HAN, HAN_SAYS))
    for master in (Master.KBPK, Master.INJECTION):
        ceremony.make_master(master, pair, Algorithm.AES, *bring(Algorithm.AES, 32, master.value))
    ceremony.make_terminal_key(TERMINAL, pair, Algorithm.TDES, *bring(Algorithm.TDES, 16, "tmk"))
    return pair


@pytest.fixture
def with_backups(ceremony: Ceremony, pair: Pair) -> Pair:
    ceremony.make_master(Master.BACKUP, pair, Algorithm.AES, *bring(Algorithm.AES, 32, "backup"))
    return pair


def kdf(key: bytes, label: bytes, context: bytes) -> bytes:
    """SP 800-108r1, 4.1, with CMAC, written out."""
    blocks = []
    for counter in (1, 2):
        mac = CMAC(AES(key))
        mac.update(counter.to_bytes(4, "big") + label + b"\0" + context + (256).to_bytes(4, "big"))
        blocks.append(mac.finalize())
    return b"".join(blocks)


def test_each_terminal_number_has_its_own_and_none_is_an_injection_key() -> None:
    key = derive_backup_key(MASTER, TERMINAL)
    assert key.value == kdf(MASTER.value, b"suanpan backup key", TERMINAL.encode())
    assert key.value != derive_backup_key(MASTER, "10000002").value
    assert key.value != derive_injection_key(MASTER, TERMINAL)


def test_it_takes_two_and_leaves_a_line(ceremony: Ceremony, with_backups: Pair) -> None:
    key = ceremony.backup_key(with_backups, TERMINAL)
    line = ceremony.audit.verify()[-1]
    assert (line.act, line.who, line.key) == ("derive backup key", [LI, HAN], TERMINAL)
    assert line.check_value == Key(Algorithm.AES, key).check_value.hex().upper()
    third = ceremony.enrol("Wang Wei", "a third passphrase")
    with pytest.raises(errors.OtherCustodians):
        ceremony.backup_key(ceremony.pair(third, with_backups.second), TERMINAL)
    with pytest.raises(errors.BadTerminal):
        ceremony.backup_key(with_backups, "1")


def test_without_a_master_there_is_none(ceremony: Ceremony, pair: Pair) -> None:
    with pytest.raises(errors.NoSuchKey):
        ceremony.backup_key(pair, TERMINAL)


class Far:
    """A unit from the protocol's description, that shows what came behind the master key."""

    def __init__(self, injection_key: bytes) -> None:
        self._key = injection_key
        self.keys: list[tuple[str, str, bytes]] = []  # usage, mode, key

    def start(self, data: bytes) -> bytes:
        _, nonce = unpack(data)
        self._session = Session(self._key, nonce, bytes(16), SERIAL.encode())
        self._root = sha(self._key, b"suanpan injection 1", nonce, bytes(16), SERIAL.encode())
        content = bytes(16) + SERIAL.encode()
        return pack(Kind.UNIT, bytes(16) + self._session.proof(Kind.UNIT, content) + SERIAL.encode())

    def load(self, data: bytes) -> bytes:
        _, body = unpack(data)
        assert hmac.compare_digest(body[:32], self._session.proof(Kind.LOAD, body[32:]))
        at, values = 40, b""
        while at < len(body):
            block = at + 1 + body[at]
            values += body[at + 1 : block]
            at = block + int(body[block + 1 : block + 5])
            header, key = psec.tr31.unwrap(sha(self._root, b"key block"), body[block:at].decode())
            assert header.exportability == "N"
            self.keys.append((header.key_usage, header.mode_of_use, key))
        return pack(Kind.LOADED, self._session.proof(Kind.LOADED, values) + values)

    def forget_one(self, data: bytes) -> bytes:
        """A receipt for the master key alone."""
        self.load(data)
        value = unpack(data)[1][41:44]
        return pack(Kind.LOADED, self._session.proof(Kind.LOADED, value) + value)


def test_it_goes_with_the_master_key(ceremony: Ceremony, with_backups: Pair) -> None:
    far = Far(ceremony.injection_key(with_backups, SERIAL))
    with ceremony.injecting(with_backups, TERMINAL, SERIAL) as injection:
        injection.receive(far.load(injection.receive(far.start(injection.start()))))
    assert [usage + mode for usage, mode, _ in far.keys] == ["K0D", "D0B"]
    assert far.keys[1][2] == ceremony.backup_key(with_backups, TERMINAL)


def test_a_unit_that_has_not_kept_it_is_not_put_into_service(ceremony: Ceremony, with_backups: Pair) -> None:
    far = Far(ceremony.injection_key(with_backups, SERIAL))
    with pytest.raises(errors.NotLoaded), ceremony.injecting(with_backups, TERMINAL, SERIAL) as injection:
        injection.receive(far.forget_one(injection.receive(far.start(injection.start()))))


def test_a_workshop_without_backups_sends_the_master_key_alone(ceremony: Ceremony, pair: Pair) -> None:
    far = Far(ceremony.injection_key(pair, SERIAL))
    with ceremony.injecting(pair, TERMINAL, SERIAL) as injection:
        injection.receive(far.load(injection.receive(far.start(injection.start()))))
    assert [usage for usage, _, _ in far.keys] == ["K0"]


def test_taken_out_for_the_audit(ceremony: Ceremony, with_backups: Pair, tmp_path: Path) -> None:
    out = tmp_path / "10000001.key"
    typed = f"{LI}\n{LI_SAYS}\n{HAN}\n{HAN_SAYS}\n"
    done = CliRunner().invoke(app, ["backup-key", TERMINAL, str(out)], obj=ceremony, input=typed)
    assert done.exit_code == 0, done.output
    assert out.read_bytes() == ceremony.backup_key(with_backups, TERMINAL)
    assert out.stat().st_mode & 0o77 == 0
    assert out.read_bytes().hex() not in done.output
