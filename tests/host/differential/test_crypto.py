"""The firmware's cryptography on the unix port, against cryptography, psec, hashlib, the acquirer's MAC."""

from __future__ import annotations

import hashlib

import psec
import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import assume, given
from hypothesis import strategies as st

from host_tools.acquirer.crypto import cup_mac
from tests.effort import examples
from tests.host.differential.peer import Peer, Refused

MANY = examples(250)


def keys(*sizes: int) -> st.SearchStrategy[bytes]:
    return st.sampled_from(sizes).flatmap(lambda size: st.binary(min_size=size, max_size=size))


def blocks(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(max_size=20 * size).map(lambda data: data[: len(data) // size * size])


def digits(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most)


def tdes(key: bytes) -> Cipher[modes.ECB]:
    return Cipher(TripleDES((key * 3)[:24]), modes.ECB())


@MANY
@given(key=keys(8, 16, 24), data=blocks(8))
def test_tdes(firmware: Peer, key: bytes, data: bytes) -> None:
    assert firmware.call("tdes_encrypt", key, data) == tdes(key).encryptor().update(data)
    assert firmware.call("tdes_decrypt", key, data) == tdes(key).decryptor().update(data)


@MANY
@given(key=keys(16, 32), message=st.binary(max_size=100))
def test_cmac(firmware: Peer, key: bytes, message: bytes) -> None:
    judge = CMAC(AES(key))
    judge.update(message)
    assert firmware.call("cmac", key, message) == judge.finalize()


@MANY
@given(
    key=keys(32, 64),
    plain=st.binary(min_size=1, max_size=300),
    associated=st.lists(st.binary(max_size=40), max_size=4),
)
def test_siv(firmware: Peer, key: bytes, plain: bytes, associated: list[bytes]) -> None:
    sealed = AESSIV(key).encrypt(plain, associated)
    assert firmware.call("siv_seal", key, plain, *associated) == sealed
    assert firmware.call("siv_open", key, sealed, *associated) == plain


@MANY
@given(key=keys(32, 64), plain=st.binary(min_size=1, max_size=100), where=st.binary(max_size=20), data=st.data())
def test_siv_opens_nothing_altered(firmware: Peer, key: bytes, plain: bytes, where: bytes, data: st.DataObject) -> None:
    sealed = bytearray(AESSIV(key).encrypt(plain, [where]))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Refused, match=r"^SealError$"):
        firmware.call("siv_open", key, bytes(sealed), where)


@MANY
@given(key=keys(8, 16), message=st.binary(max_size=300))
def test_cup_mac(firmware: Peer, key: bytes, message: bytes) -> None:
    assert firmware.call("cup_ecb", key, message) == cup_mac(key, message)


@MANY
@given(key=keys(8, 16, 24))
def test_check_value(firmware: Peer, key: bytes) -> None:
    assert firmware.call("check_value", key) == tdes(key).encryptor().update(bytes(8))[:4]


@MANY
@given(key=keys(16), pin=digits(4, 12), pan=digits(13, 19))
def test_pin_block(firmware: Peer, key: bytes, pin: str, pan: str) -> None:
    block = firmware.call("pin_block", key, pin.encode(), pan.encode())
    clear = tdes(key).decryptor().update(block)
    assert clear == psec.pinblock.encode_pinblock_iso_0(pin, pan)
    assert psec.pinblock.decode_pinblock_iso_0(clear, pan) == pin


@given(key=keys(16), pin=st.binary(max_size=14), pan=st.text("0123456789=F ", max_size=21))
def test_pin_block_refuses(firmware: Peer, key: bytes, pin: bytes, pan: str) -> None:
    assume(not (pin.isdigit() and 4 <= len(pin) <= 12 and pan.isdigit() and len(pan) >= 13))
    with pytest.raises(Refused, match=r"^PinError$"):
        firmware.call("pin_block", key, pin, pan.encode())


@given(
    password=st.binary(max_size=100),
    salt=st.binary(max_size=40),
    iterations=st.integers(1, 50),
    size=st.integers(1, 100),
)
def test_pbkdf2(firmware: Peer, password: bytes, salt: bytes, iterations: int, size: int) -> None:
    derived = firmware.call("pbkdf2", password, salt, bytes([iterations]), bytes([size]))
    assert derived == hashlib.pbkdf2_hmac("sha256", password, salt, iterations, size)
