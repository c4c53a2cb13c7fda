"""Published vectors, and other people's libraries as judges of what is ours."""

from __future__ import annotations

import warnings

import psec
import pytest
from cryptography.utils import CryptographyDeprecationWarning
from hypothesis import given
from hypothesis import strategies as st
from psec.tr31 import KeyBlockError

from host_tools.acquirer import crypto
from host_tools.acquirer.crypto import AES, SM4, TDES, BlockCipher
from host_tools.acquirer.key_box import KeyBox

KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
PIK = bytes.fromhex("621A57EC4092E62F75E58F4C10E5A875")


def test_cup_mac_vector() -> None:
    """solo123/pgate, test/integration/pos_mac_test.rb."""
    data = bytes.fromhex("1234567890ABCDEFABCDEF1234567890")
    assert crypto.cup_mac(bytes.fromhex("2222222222222222"), data) == b"E267B6E2"


@pytest.mark.parametrize("cipher", [TDES, AES, SM4], ids=lambda cipher: cipher.letter)
def test_cup_mac_pads_with_zeros(cipher: BlockCipher) -> None:
    padded = b"twelve bytes".ljust(16, b"\0")
    assert crypto.cup_mac(KEY, b"twelve bytes", cipher=cipher) == crypto.cup_mac(KEY, padded, cipher=cipher)


@pytest.mark.parametrize(
    ("cipher", "key", "plain", "encrypted"),
    [
        # NBS Special Publication 500-20, the first of the variable plaintext known answers: single DES
        (TDES, "0101010101010101", "8000000000000000", "95F8A5E5DD31D900"),
        # FIPS 197, appendix C.1
        (
            AES,
            "000102030405060708090A0B0C0D0E0F",
            "00112233445566778899AABBCCDDEEFF",
            "69C4E0D86A7B0430D8CDB78070B4C55A",
        ),
        # GB/T 32907-2016, appendix A.1
        (SM4, KEY.hex(), KEY.hex(), "681EDF34D206965E86B3E94F536E4246"),
    ],
    ids=["DES", "AES", "SM4"],
)
def test_block_cipher_vectors(cipher: BlockCipher, key: str, plain: str, encrypted: str) -> None:
    secret, data = bytes.fromhex(key), bytes.fromhex(plain)
    assert cipher.encrypt(secret, data).hex().upper() == encrypted
    assert cipher.decrypt(secret, bytes.fromhex(encrypted)) == data
    assert cipher.encrypt(secret, data * 3) == bytes.fromhex(encrypted) * 3


@given(pin=st.text("0123456789", min_size=4, max_size=12), pan=st.text("0123456789", min_size=13, max_size=19))
def test_offset_equals_psec(pin: str, pan: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        expected = psec.pin.generate_ibm3624_offset(PIK, "0123456789012345", pin, pan[-16:].zfill(16), 0, 16, "F")
    assert crypto.pin_offset(PIK, pin, pan) == expected
    assert crypto.pin_matches(PIK, pin, pan, expected)
    assert not crypto.pin_matches(PIK, pin[:-1] + str((int(pin[-1]) + 1) % 10), pan, expected)
    assert not crypto.pin_matches(PIK, pin + "0", pan, expected)


@pytest.mark.parametrize("cipher", [TDES, AES, SM4], ids=lambda cipher: cipher.letter)
def test_a_key_block_serves_one_use_and_one_cipher_under_one_master_key(cipher: BlockCipher) -> None:
    box = KeyBox(bytes(range(32)))
    block = box.seal(KeyBox.PIK, cipher, PIK)
    assert box.open(KeyBox.PIK, cipher, block) == PIK
    assert block[7] == cipher.letter
    assert PIK.hex() not in block.lower()
    with pytest.raises(KeyBlockError):
        box.open(KeyBox.MAK, cipher, block)
    for other in {TDES, AES, SM4} - {cipher}:
        with pytest.raises(KeyBlockError):
            box.open(KeyBox.PIK, other, block)
        with pytest.raises(KeyBlockError):
            box.open(KeyBox.PIK, other, block[:7] + other.letter + block[8:])
    with pytest.raises(KeyBlockError):
        box.open(KeyBox.PIK, cipher, block[:-1] + ("0" if block[-1] != "0" else "1"))
    with pytest.raises(KeyBlockError):
        KeyBox(bytes(32)).open(KeyBox.PIK, cipher, block)
