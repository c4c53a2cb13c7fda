"""Custodians: who is who, and who opens what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from host_tools.keys import errors
from host_tools.keys.custodians import Custodians
from tests.host.keys.desk import HAN, HAN_SAYS, LI, LI_SAYS, every_byte

if TYPE_CHECKING:
    from pathlib import Path

    from host_tools.keys.ceremony import Ceremony
    from host_tools.keys.custodians import Pair


def test_a_custodian_comes_back(ceremony: Ceremony, pair: Pair) -> None:
    back = ceremony.unlock(LI, LI_SAYS)
    assert back.open(pair.first.seal(b"secret", b"label"), b"label") == b"secret"


@pytest.mark.parametrize(("name", "said"), [(LI, HAN_SAYS), (LI, ""), (LI, LI_SAYS + " "), ("Nobody", LI_SAYS)])
def test_another_passphrase_opens_nothing(ceremony: Ceremony, pair: Pair, name: str, said: str) -> None:
    with pytest.raises(errors.BadCredential):
        ceremony.unlock(name, said)


def test_a_passphrase_typed_as_a_name_is_not_written_down(ceremony: Ceremony, pair: Pair, directory: Path) -> None:
    with pytest.raises(errors.BadCredential):
        ceremony.unlock(LI_SAYS, "")
    assert LI_SAYS.encode() not in every_byte(directory)
    assert ceremony.audit.verify()[-1].outcome == "refused: BadCredential"


@pytest.mark.parametrize("name", [HAN, "han meimei", "HanMeimei", "  Han\tMeimei ", "Ｈａｎ Meimei"])
def test_one_name_is_one_person(ceremony: Ceremony, pair: Pair, name: str) -> None:
    with pytest.raises(errors.AlreadyEnrolled):
        ceremony.enrol(name, "another passphrase")
    with pytest.raises(errors.OnePerson):
        ceremony.pair(pair.second, ceremony.unlock(name, HAN_SAYS))


def test_one_passphrase_is_one_person(ceremony: Ceremony, pair: Pair) -> None:
    with pytest.raises(errors.SameCredential):
        ceremony.enrol("Wang Wei", LI_SAYS)
    assert ceremony.custodians.names == [LI, HAN]


@pytest.mark.parametrize("name", ["", "  ", "\x1b[2J"])
def test_who_has_no_name_is_nobody(ceremony: Ceremony, name: str) -> None:
    with pytest.raises(errors.NoName):
        ceremony.enrol(name, LI_SAYS)


def test_a_short_passphrase_is_refused(ceremony: Ceremony) -> None:
    with pytest.raises(errors.ShortPassphrase):
        ceremony.enrol(LI, "elevenchars")


def test_custodians_do_not_open_for_each_other(pair: Pair) -> None:
    with pytest.raises(errors.Altered):
        pair.second.open(pair.first.seal(b"secret"))


def test_an_altered_registry_is_noticed(ceremony: Ceremony, pair: Pair, directory: Path) -> None:
    path = directory / "custodians.json"
    for content in (b"{", b"[1]", b'[{"name": "x"}]', path.read_bytes().replace(b'"cost": 2', b'"cost": 3')):
        path.write_bytes(content)
        with pytest.raises(errors.Altered):
            ceremony.unlock(LI, LI_SAYS)


def test_guessing_is_slow_by_default(tmp_path: Path) -> None:
    path = tmp_path / "custodians.json"
    Custodians(path, bytes).enrol(LI, LI_SAYS)
    assert json.loads(path.read_bytes())[0]["cost"] == 2**17
