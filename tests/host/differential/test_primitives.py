"""The firmware's AES, SM4, SM3, HMAC, RSA and SM2 on the unix port, against cryptography, gmssl and CPython.

Their published vectors are recomputed here by the same libraries.
"""

from __future__ import annotations

import hashlib
import hmac

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4
from cryptography.hazmat.primitives.hashes import SHA256, SM3, Hash
from gmssl import sm2  # type: ignore[import-untyped]
from gmssl import sm3 as gmssl_sm3
from gmssl.sm4 import SM4_DECRYPT, SM4_ENCRYPT, CryptSM4  # type: ignore[import-untyped]
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.effort import examples
from tests.host.differential.peer import Peer, Refused
from tests.host.differential.test_vectors import hexadecimal, load

MANY = examples(250)
SOME = examples(40)  # where the judge is slow

ORDER = int(sm2.default_ecc_table["n"], 16)
GENERATOR = sm2.default_ecc_table["g"]
PRIVATE = rsa.generate_private_key(65537, 1024)
NUMBERS = PRIVATE.private_numbers()
MODULUS = NUMBERS.public_numbers.n
SIZE = 128


def octets(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)


AES_KEYS = st.sampled_from((16, 32)).flatmap(octets)
BLOCKS = st.integers(0, 10).flatmap(lambda count: octets(16 * count))


# -- ciphers ----------------------------------------------------------------------------------------------


@MANY
@given(key=AES_KEYS, data=BLOCKS)
def test_aes(firmware: Peer, key: bytes, data: bytes) -> None:
    judge = Cipher(AES(key), modes.ECB())
    assert firmware.call("aes_encrypt", key, data) == judge.encryptor().update(data)
    assert firmware.call("aes_decrypt", key, data) == judge.decryptor().update(data)


@MANY
@given(
    key=AES_KEYS,
    counter=octets(16) | st.integers(1, 16).map(lambda size: b"\xff" * size + bytes(16 - size)).map(lambda c: c[::-1]),
    data=st.binary(max_size=200),
)
def test_aes_ctr(firmware: Peer, key: bytes, counter: bytes, data: bytes) -> None:
    judge = Cipher(AES(key), modes.CTR(counter)).encryptor()
    assert firmware.call("aes_ctr", key, counter, data) == judge.update(data)


@MANY
@given(key=octets(16), data=BLOCKS)
def test_sm4(firmware: Peer, key: bytes, data: bytes) -> None:
    judge = Cipher(SM4(key), modes.ECB())
    assert firmware.call("sm4_encrypt", key, data) == judge.encryptor().update(data)
    assert firmware.call("sm4_decrypt", key, data) == judge.decryptor().update(data)


@MANY
@given(key=octets(16), block=octets(16))
def test_sm4_by_gmssl(firmware: Peer, key: bytes, block: bytes) -> None:
    judge = CryptSM4()
    for operation, mode in (("sm4_encrypt", SM4_ENCRYPT), ("sm4_decrypt", SM4_DECRYPT)):
        judge.set_key(key, mode)
        assert firmware.call(operation, key, block) == bytes(judge.one_round(judge.sk, list(block)))


# -- hashes -----------------------------------------------------------------------------------------------


@MANY
@given(parts=st.lists(st.binary(max_size=150), max_size=5))
def test_sm3(firmware: Peer, parts: list[bytes]) -> None:
    judge = Hash(SM3())
    for part in parts:
        judge.update(part)
    digest = firmware.call("sm3", *parts)
    assert digest == judge.finalize()
    assert digest.hex() == gmssl_sm3.sm3_hash(list(b"".join(parts)))


@MANY
@given(key=st.binary(max_size=150), parts=st.lists(st.binary(max_size=150), max_size=4))
def test_hmac_sha256(firmware: Peer, key: bytes, parts: list[bytes]) -> None:
    assert firmware.call("hmac_sha256", key, *parts) == hmac.digest(key, b"".join(parts), "sha256")


# -- RSA --------------------------------------------------------------------------------------------------


@MANY
@given(n=st.binary(min_size=64, max_size=384), e=st.sampled_from((3, 65537)), data=st.data())
def test_rsa_public_operation(firmware: Peer, n: bytes, e: int, data: st.DataObject) -> None:
    n = bytes([n[0] or 1, *n[1:-1], n[-1] | 1])
    modulus = int.from_bytes(n, "big")
    number = data.draw(st.integers(0, modulus - 1) | st.sampled_from((0, 1, modulus - 1)))
    result = firmware.call("rsa", n, e.to_bytes(3, "big"), number.to_bytes(len(n), "big"))
    assert int.from_bytes(result, "big") == pow(number, e, modulus)
    assert len(result) == len(n)


@given(excess=st.integers(0, (1 << 8 * SIZE) - 1 - MODULUS))
def test_rsa_refuses_what_is_not_below_the_modulus(firmware: Peer, excess: int) -> None:
    with pytest.raises(Refused, match=r"^SignatureError$"):
        firmware.call("rsa", octets_of(MODULUS), b"\3", octets_of(MODULUS + excess))


def octets_of(number: int) -> bytes:
    return number.to_bytes(SIZE, "big")


def pss_is_valid(n: int, digest: bytes, signature: bytes) -> bool:
    scheme = padding.PSS(padding.MGF1(SHA256()), 32)
    try:
        rsa.RSAPublicNumbers(65537, n).public_key().verify(signature, digest, scheme, Prehashed(SHA256()))
    except InvalidSignature:
        return False
    return True


def pss_encoding(digest: bytes, salt: bytes, separator: bytes) -> bytearray:
    """RFC 8017, 9.1.1: for a modulus of 1024 bits and a salt of any length."""
    h = hashlib.sha256(bytes(8) + digest + salt).digest()
    block = (separator + salt).rjust(SIZE - 33, b"\0")
    mask = b"".join(hashlib.sha256(h + bytes([0, 0, 0, i])).digest() for i in range(3))
    encoding = bytearray(a ^ b for a, b in zip(block, mask, strict=False)) + h + b"\xbc"
    encoding[0] &= 0x7F
    return encoding


@SOME
@given(digest=octets(32), salt=octets(32))
def test_pss_verifies_what_was_signed(firmware: Peer, digest: bytes, salt: bytes) -> None:
    encoding = int.from_bytes(pss_encoding(digest, salt, b"\1"), "big")
    signature = octets_of(pow(encoding, NUMBERS.d, MODULUS))
    assert pss_is_valid(MODULUS, digest, signature)
    assert firmware.call("pss_verify", octets_of(MODULUS), digest, signature) == b"\1"


@MANY
@given(
    digest=octets(32),
    salt=octets(32) | st.binary(max_size=60),
    separator=st.sampled_from((b"\1", b"\0", b"\2", b"\1\0", b"\x81")),
    at=st.integers(0, SIZE - 1),
    difference=st.sampled_from((0, 1, 2, 4, 8, 16, 32, 64, 128, 255)),
)
def test_pss_verifies_nothing_else(
    firmware: Peer, digest: bytes, salt: bytes, separator: bytes, at: int, difference: int
) -> None:
    encoding = pss_encoding(digest, salt, separator)
    encoding[at] ^= difference
    number = int.from_bytes(encoding, "big")
    assume(number < MODULUS)
    signature = octets_of(pow(number, NUMBERS.d, MODULUS))
    valid = pss_is_valid(MODULUS, digest, signature)
    assert firmware.call("pss_verify", octets_of(MODULUS), digest, signature) == bytes([valid])


# -- SM2 --------------------------------------------------------------------------------------------------


def sm2_judge(private: int) -> sm2.CryptSM2:
    judge = sm2.CryptSM2(f"{private:064x}", "")
    judge.public_key = judge._kg(private, GENERATOR)  # the constructor would strip leading zeros off it
    return judge


def sm2_digest(public_key: str, identity: bytes, message: bytes) -> bytes:
    table = sm2.default_ecc_table
    curve = bytes.fromhex(table["a"] + table["b"] + table["g"] + public_key)
    z = gmssl_sm3.sm3_hash(list((8 * len(identity)).to_bytes(2, "big") + identity + curve))
    return bytes.fromhex(gmssl_sm3.sm3_hash(list(bytes.fromhex(z) + message)))


def verified(judge: sm2.CryptSM2, signature: bytes, digest: bytes) -> bool:
    try:
        return bool(judge.verify(signature.hex(), digest))
    except TypeError:  # gmssl breaks off at the point at infinity, which is no signature's
        return False


@SOME
@given(
    private=st.integers(1, ORDER - 2) | st.integers(1, 3) | st.integers(ORDER - 4, ORDER - 2),
    nonce=st.integers(1, ORDER - 1),
    identity=st.binary(max_size=40),
    message=st.binary(max_size=200),
    flipped=st.none() | st.integers(0, 511),
)
def test_sm2(firmware: Peer, private: int, nonce: int, identity: bytes, message: bytes, flipped: int | None) -> None:
    judge = sm2_judge(private)
    digest = sm2_digest(judge.public_key, identity, message)
    signature = bytearray.fromhex(judge.sign(digest, f"{nonce:064x}"))
    if flipped is not None:
        signature[flipped >> 3] ^= 1 << (flipped & 7)
    assert verified(judge, bytes(signature), digest) == (flipped is None)
    key = bytes.fromhex(judge.public_key)
    assert firmware.call("sm2_verify", key, identity, message, bytes(signature)) == bytes([flipped is None])


# -- the published vectors --------------------------------------------------------------------------------


def test_vectors_of_aes() -> None:
    for vector in load("aes", "ecb"):
        key, plain, cipher = hexadecimal(vector, "key", "plain", "cipher")
        assert Cipher(AES(key), modes.ECB()).encryptor().update(plain) == cipher
    for vector in load("aes", "ctr"):
        key, counter, plain, cipher = hexadecimal(vector, "key", "counter", "plain", "cipher")
        assert Cipher(AES(key), modes.CTR(counter)).encryptor().update(plain) == cipher


def test_vectors_of_sm4() -> None:
    for vector in load("sm4", "ecb"):
        key, plain, cipher = hexadecimal(vector, "key", "plain", "cipher")
        assert Cipher(SM4(key), modes.ECB()).encryptor().update(plain) == cipher
    for vector in load("sm4", "repeated"):
        key, block, cipher = hexadecimal(vector, "key", "plain", "cipher")
        judge = Cipher(SM4(key), modes.ECB()).encryptor()
        for _ in range(vector["times"]):
            block = judge.update(block)
        assert block == cipher


def test_vectors_of_sm3() -> None:
    for vector in load("sm3", "sm3"):
        assert gmssl_sm3.sm3_hash(list(bytes.fromhex(vector["message"]))) == vector["digest"]


def test_vectors_of_hmac() -> None:
    for vector in load("hmac_sha256", "hmac"):
        key, message, mac = hexadecimal(vector, "key", "message", "mac")
        assert hmac.digest(key, message, "sha256")[: len(mac)] == mac


def test_vectors_of_rsa() -> None:
    for vector in load("rsa", "public"):
        n, data, result = (int(vector[name], 16) for name in ("n", "data", "result"))
        assert pow(data, vector["e"], n) == result


def test_vectors_of_pss() -> None:
    for key in load("pss", "keys"):
        for vector in key["signatures"]:
            digest, signature = hexadecimal(vector, "digest", "signature")
            assert pss_is_valid(int(key["n"], 16), digest, signature) == vector["valid"]


def test_vectors_of_sm2() -> None:
    for vector in load("sm2", "sm2"):
        judge = sm2_judge(1)
        judge.public_key = vector["public_key"]
        identity, message = hexadecimal(vector, "identity", "message")
        assert judge.verify(vector["signature"], sm2_digest(judge.public_key, identity, message))
