"""Check values and components: what makes a key, and what is refused."""

from __future__ import annotations

import warnings
from itertools import product

import psec
import pytest
from cryptography.utils import CryptographyDeprecationWarning
from gmssl import sm4  # type: ignore[import-untyped]
from hypothesis import assume, given
from hypothesis import strategies as st

from host_tools.keys import components, errors
from host_tools.keys.components import Algorithm
from tests.host.keys.desk import bring

SHAPES = [(algorithm, size) for algorithm in Algorithm for size in algorithm.sizes]


def test_check_value_of_tdes_is_psecs() -> None:
    key = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    with warnings.catch_warnings(action="ignore", category=CryptographyDeprecationWarning):
        assert components.check_value(Algorithm.TDES, key) == psec.des.generate_kcv(key, 3)


def test_check_value_of_aes_is_of_the_cmac_subkey_step() -> None:
    """RFC 4493, 4: the CMAC of sixteen zero bytes is AES-128 of K1."""
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    subkey = bytes.fromhex("fbeed618357133667c85e08f7236a8de")
    assert components.check_value(Algorithm.AES, key) == psec.aes.encrypt_aes_ecb(key, subkey)[:5]


def test_check_value_of_sm4_is_of_a_zero_block() -> None:
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    cipher = sm4.CryptSM4()
    cipher.set_key(key, sm4.SM4_ENCRYPT)
    assert components.check_value(Algorithm.SM4, key) == cipher.crypt_ecb(bytes(16))[:3]


@pytest.mark.parametrize(("algorithm", "size"), SHAPES)
def test_a_key_is_the_exclusive_or_of_its_components(algorithm: Algorithm, size: int) -> None:
    (first, second), _ = bring(algorithm, size, "any")
    key = components.combine(algorithm, first, second)
    difference = psec.tools.xor(psec.tools.xor(first, second), key)
    parity_bits = b"\x01" if algorithm is Algorithm.TDES else b"\x00"
    assert all(byte & ~parity_bits[0] == 0 for byte in difference)
    if algorithm is Algorithm.TDES:
        assert psec.des.adjust_key_parity(key) == key


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_one_component_says_nothing_of_the_key(first: bytes, key: bytes) -> None:
    """Whatever one custodian holds, every key is as likely: there is a second component that makes it."""
    second = psec.tools.xor(first, key)
    for value in (first, second, key):
        assume(value[:8] != value[8:])
    assert components.combine(Algorithm.AES, first, second) == key


@pytest.mark.parametrize(("algorithm", "size"), SHAPES)
@pytest.mark.parametrize("period", [1, 2, 4, 8])
def test_repetitions_are_weak(algorithm: Algorithm, size: int, period: int) -> None:
    pattern = psec.des.adjust_key_parity(bytes(range(0x23, 0x23 + period)))
    with pytest.raises(errors.WeakKey):
        components.require_sound(algorithm, pattern * (size // period))


@pytest.mark.parametrize(("algorithm", "size"), SHAPES)
def test_zeros_are_weak(algorithm: Algorithm, size: int) -> None:
    with pytest.raises(errors.WeakKey):
        components.require_sound(algorithm, bytes(size))


# SP 800-67, 3.4.2: the four weak keys and the six pairs of half-weak ones.
WEAK_DES = """
0101010101010101 FEFEFEFEFEFEFEFE E0E0E0E0F1F1F1F1 1F1F1F1F0E0E0E0E
011F011F010E010E 1F011F010E010E01 01E001E001F101F1 E001E001F101F101 01FE01FE01FE01FE FE01FE01FE01FE01
1FE01FE00EF10EF1 E01FE01FF10EF10E 1FFE1FFE0EFE0EFE FE1FFE1FFE0EFE0E E0FEE0FEF1FEF1FE FEE0FEE0FEF1FEF1
"""


@pytest.mark.parametrize(("weak", "place", "size"), list(product(WEAK_DES.split(), range(3), (16, 24))))
def test_weak_des_keys_are_refused_in_every_place(weak: str, place: int, size: int) -> None:
    good = bytes.fromhex("0123456789ABCDEF 23456789ABCDEF01 456789ABCDEF0123")[:size]
    at = min(place * 8, size - 8)
    components.require_sound(Algorithm.TDES, good)
    with pytest.raises(errors.WeakKey):
        components.require_sound(Algorithm.TDES, good[:at] + bytes.fromhex(weak) + good[at + 8 :])


def test_two_key_tdes_in_the_clothes_of_three_is_refused() -> None:
    two = bytes.fromhex("0123456789ABCDEF 23456789ABCDEF01")
    with pytest.raises(errors.WeakKey):
        components.require_sound(Algorithm.TDES, two + two[:8])


@pytest.mark.parametrize("bit", range(128))
def test_every_broken_parity_is_refused(bit: int) -> None:
    key = bytearray.fromhex("0123456789ABCDEF 23456789ABCDEF01")
    key[bit >> 3] ^= 1 << (bit & 7)
    with pytest.raises(errors.BrokenParity):
        components.require_sound(Algorithm.TDES, bytes(key))


@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize("size", [0, 8, 15, 17, 31, 33])
def test_wrong_lengths_are_refused(algorithm: Algorithm, size: int) -> None:
    with pytest.raises(errors.WrongLength):
        components.require_sound(algorithm, bytes(range(size)))
    with pytest.raises(errors.WrongLength):
        components.new_component(algorithm, size, bytes)


def test_components_of_two_lengths_are_refused() -> None:
    with pytest.raises(errors.WrongLength):
        components.combine(Algorithm.AES, bytes(range(16)), bytes(range(32)))


@pytest.mark.parametrize(("algorithm", "size"), SHAPES)
def test_the_same_component_twice_is_refused(algorithm: Algorithm, size: int) -> None:
    (first, _), _ = bring(algorithm, size, "any")
    with pytest.raises(errors.SameComponent):
        components.combine(algorithm, first, first)


def test_sound_components_that_make_a_weak_key_are_refused() -> None:
    (first, _), _ = bring(Algorithm.AES, 16, "any")
    with pytest.raises(errors.WeakKey):
        components.combine(Algorithm.AES, first, bytes(byte ^ 0xFF for byte in first))
