"""Cryptograms of every version: against pyemv's own classes for them, and PBOC's against what has been published."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from cryptography.utils import CryptographyDeprecationWarning
from hypothesis import given, settings
from hypothesis import strategies as st
from pyemv import cvn

from host_tools.cards.cryptograms import METHODS, SIGNED, MasterKeys, numbered

pytestmark = pytest.mark.filterwarnings(
    f"ignore::{CryptographyDeprecationWarning.__module__}.CryptographyDeprecationWarning"
)

KEYS = MasterKeys(
    *(
        bytes.fromhex(text)
        for text in (
            "0123456789ABCDEFFEDCBA9876543210",
            "2315208C9110AD4023B5208C91105D40",
            "CE37B5D3E0A8F7134F5B6D794A8C1F2E",
        )
    )
)
THEIRS: dict[str, Any] = {
    "Visa 10": cvn.VisaCVN10,
    "Visa 18": cvn.VisaCVN18,
    "Mastercard 16": cvn.MasterCardCVN16,
    "Mastercard 20": cvn.MasterCardCVN20,
}
SIZES = {0x9F02: 6, 0x9F03: 6, 0x9F1A: 2, 0x95: 5, 0x5F2A: 2, 0x9A: 3, 0x9C: 1, 0x9F37: 4, 0x82: 2, 0x9F36: 2}
SIGNED_DATA = st.fixed_dictionaries({tag: st.binary(min_size=size, max_size=size) for tag, size in SIZES.items()})
PANS = st.integers(12, 19).flatmap(lambda size: st.text("0123456789", min_size=size, max_size=size))


@pytest.mark.parametrize("name", THEIRS)
@settings(max_examples=15, deadline=None)
@given(
    data=SIGNED_DATA,
    pan=PANS,
    psn=st.text("0123456789", min_size=2, max_size=2),
    results=st.binary(min_size=6, max_size=6),
    update=st.binary(min_size=4, max_size=4),
)
def test_as_pyemv_has_it(name: str, data: dict[int, bytes], pan: str, psn: str, results: bytes, update: bytes) -> None:
    ours = METHODS[name](KEYS, pan, psn)
    theirs = THEIRS[name](KEYS.ac, KEYS.smi, KEYS.smc, pan, psn)
    results = results if name.startswith("Mastercard") else results[:4]
    issuer_data = ours.issuer_data(results)
    assert ours.results(issuer_data) == results
    told = issuer_data if name == "Visa 18" else results
    arqc = ours.cryptogram(data, issuer_data)
    assert arqc == theirs.generate_ac(*(data[tag] for tag in SIGNED), told)

    atc = data[0x9F36]
    update = update[: ours.update_size]
    expected = {
        "Visa 10": lambda: theirs.generate_arpc(arqc, update),
        "Visa 18": lambda: theirs.generate_arpc(arqc, atc, update),
        "Mastercard 16": lambda: theirs.generate_arpc(arqc, update),
        "Mastercard 20": lambda: theirs.generate_arpc(arqc, atc, update),
    }[name]()
    assert ours.authentication(data, arqc, update) == expected + update

    enciphered = ours.encipher(ours.pin_block("123456"), atc, arqc)
    header = bytes([0x84, 0x24, 0x00, 0x02, len(enciphered) + ours.mac_size])
    command = header + enciphered + ours.command_mac(header, enciphered, atc, arqc)
    assert command == theirs.generate_pin_change_command("123456", arqc, atc)
    assert ours.pin(ours.decipher(enciphered, atc, arqc)) == "123456"


class TestPboc:
    """A transaction, its keys and what comes of them, as published at cnblogs.com/1024Planet/p/6256545.html."""

    CARD = METHODS["PBOC"](
        MasterKeys(
            bytes.fromhex("F0C34A8124CEE0A91A0B034AA97D6EAC"),
            bytes.fromhex("12B1AC4AF070CC35612BFE2D30AB600D"),
            bytes.fromhex("D30F45EABC12AC3EF56B0C0D7F8654DE"),
        ),
        "6228000100001",
        "01",
    )
    DATA: ClassVar = {
        tag: bytes.fromhex(value)
        for tag, value in {
            0x9F02: "000000000001", 0x9F03: "000000000000", 0x9F1A: "0156", 0x95: "0080046000", 0x5F2A: "0156",
            0x9A: "140701", 0x9C: "00", 0x9F37: "1E78EEBC", 0x82: "7D00", 0x9F36: "0240",
        }.items()
    }  # fmt: skip
    ISSUER_DATA = bytes.fromhex("07000103A04002010A010000001000D1F61152")

    def test_request(self) -> None:
        assert self.CARD.cryptogram(self.DATA, self.ISSUER_DATA).hex().upper() == "5D016C91005E7CC2"

    def test_answer(self) -> None:
        arqc = bytes.fromhex("5D016C91005E7CC2")
        assert self.CARD.authentication(self.DATA, arqc, b"01").hex().upper() == "21415243527CE78F" + "3031"

    def test_script_key(self) -> None:
        """From runxinzhi.com/iplus-p-4467211.html, which leaves out the ARQC: the MAC itself cannot be checked."""
        key = bytes.fromhex("40BF52BFD9AD67456B078A19011A1391")
        session = self.CARD._messaging(key, bytes.fromhex("0001"), bytes(8))
        assert session.hex().upper() == "85FF218BB721253B726B8F8BFFA4326E"

    def test_enciphered_data_come_back(self) -> None:
        """Unchecked against anybody else's."""
        atc, arqc = b"\0\7", bytes(8)
        enciphered = self.CARD.encipher(self.CARD.pin_block("9876"), atc, arqc)
        assert self.CARD.pin(self.CARD.decipher(enciphered, atc, arqc)) == "9876"


def test_versions_by_number() -> None:
    for name, method in METHODS.items():
        scheme = "UnionPay" if name == "PBOC" else name.split()[0]
        assert numbered(scheme, method(KEYS, "6200000000000013", "00").issuer_data(bytes(4))) is method
    assert numbered("UnionPay", bytes.fromhex("0700110300000001")) is None  # with SM4
    assert numbered("Discover", bytes(8)) is None
    assert numbered("Visa", b"") is None


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_keys_stay_out_of_sight(method: type) -> None:
    assert "ac" not in repr(KEYS)
    with pytest.raises(KeyError):
        method(KEYS, "6200000000000013", "00").cryptogram({}, bytes(18))
