"""Published vectors, and psec as the judge of what is ours."""

from __future__ import annotations

import warnings

import psec
import pytest
from cryptography.utils import CryptographyDeprecationWarning
from hypothesis import given
from hypothesis import strategies as st
from psec.tr31 import KeyBlockError

from host_tools.acquirer import crypto
from tests.host.acquirer.conftest import seeded
from tests.host.acquirer.till import encipher_pin

KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
PIK = bytes.fromhex("621A57EC4092E62F75E58F4C10E5A875")

digits = st.text("0123456789")


def test_cup_mac_vector() -> None:
    """solo123/pgate, test/integration/pos_mac_test.rb."""
    data = bytes.fromhex("1234567890ABCDEFABCDEF1234567890")
    assert crypto.cup_mac(bytes.fromhex("2222222222222222"), data) == b"E267B6E2"


def test_cup_mac_pads_with_zeros() -> None:
    assert crypto.cup_mac(KEY[:8], b"twelve bytes") == crypto.cup_mac(KEY[:8], b"twelve bytes\0\0\0\0")


def test_check_value_vector() -> None:
    """The documentation of psec.des.generate_kcv."""
    assert crypto.check_value(KEY).hex().startswith("08d7")


def test_single_des_vector() -> None:
    """NBS Special Publication 500-20, the first of the variable plaintext known answers."""
    key, plain = bytes.fromhex("0101010101010101"), bytes.fromhex("8000000000000000")
    assert crypto.tdes_encrypt(key, plain).hex().upper() == "95F8A5E5DD31D900"
    assert crypto.tdes_decrypt(key, crypto.tdes_encrypt(key, plain)) == plain


def test_working_keys_as_a_terminal_takes_them_apart() -> None:
    pik, mak = crypto.new_key(seeded(), 16), crypto.new_key(seeded(), 8)
    keys = crypto.wrap_working_keys(KEY, pik, mak)
    assert len(keys) == 40
    assert crypto.tdes_decrypt(KEY, keys[:16]) == pik
    assert keys[16:20] == crypto.tdes_encrypt(pik, bytes(8))[:4]
    assert crypto.tdes_decrypt(KEY, keys[20:28]) == mak
    assert keys[28:36] == bytes(8)
    assert keys[36:40] == crypto.tdes_encrypt(mak, bytes(8))[:4]
    assert all(byte.bit_count() % 2 == 1 for byte in pik + mak)


def test_pin_block_format_0() -> None:
    """PIN 1234 and PAN 43219876543210987, the worked example for ISO 9564-1 format 0."""
    block = encipher_pin(PIK, "1234", "43219876543210987")
    assert crypto.tdes_decrypt(PIK, block).hex().upper() == "0412AC89ABCDEF67"
    assert crypto.decipher_pin(PIK, block, "43219876543210987") == "1234"


@pytest.mark.parametrize("pin", ["1234", "123456", "123456789012"])
def test_pin_of_each_length(pin: str) -> None:
    assert crypto.decipher_pin(PIK, encipher_pin(PIK, pin, "6200000000000013"), "6200000000000013") == pin


@pytest.mark.parametrize(
    "clear",
    [
        "1412AC89ABCDEF67",  # format 1
        "0312AC89ABCDEF67",  # 3 digits
        "0D12AC89ABCDEF67",  # 13 digits
        "0412AC89ABCDEF68",  # filler is not F
        "041A3C89ABCDEF67",  # a digit that is none
    ],
)
def test_what_is_no_pin_block(clear: str) -> None:
    block = crypto.tdes_encrypt(PIK, bytes.fromhex(clear))
    with pytest.raises(crypto.PinBlockError) as caught:
        crypto.decipher_pin(PIK, block, "43219876543210987")
    assert caught.value.args == ()
    assert caught.value.__cause__ is None


@given(pin=st.text("0123456789", min_size=4, max_size=12), pan=st.text("0123456789", min_size=13, max_size=19))
def test_offset_equals_psec(pin: str, pan: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        expected = psec.pin.generate_ibm3624_offset(PIK, "0123456789012345", pin, pan[-16:].zfill(16), 0, 16, "F")
    assert crypto.pin_offset(PIK, pin, pan) == expected
    assert crypto.pin_matches(PIK, pin, pan, expected)
    assert not crypto.pin_matches(PIK, pin[:-1] + str((int(pin[-1]) + 1) % 10), pan, expected)
    assert not crypto.pin_matches(PIK, pin + "0", pan, expected)


def test_a_key_block_serves_one_use_under_one_master_key() -> None:
    box = crypto.KeyBox(bytes(range(32)))
    block = box.seal(crypto.KeyBox.PIK, PIK)
    assert box.open(crypto.KeyBox.PIK, block) == PIK
    assert PIK.hex() not in block.lower()
    with pytest.raises(KeyBlockError):
        box.open(crypto.KeyBox.MAK, block)
    with pytest.raises(KeyBlockError):
        box.open(crypto.KeyBox.PIK, block[:-1] + ("0" if block[-1] != "0" else "1"))
    with pytest.raises(KeyBlockError):
        crypto.KeyBox(bytes(32)).open(crypto.KeyBox.PIK, block)
