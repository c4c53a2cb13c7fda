"""The key store as the factory writes it, byte for byte, and what a flash image tells of it."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from random import Random

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from littlefs import LittleFS

from host_tools.acquirer.fixture import Enrolment, load
from host_tools.bench.shop import profile
from host_tools.flash.factory import SECTOR, Secrets, build_image, partitions, sealed_key

TMK = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
KEY_STORE_KEY = bytes(range(32))
# The same bytes are in tests/firmware/test_key_store.py, where the firmware opens them.
RECORD = bytes.fromhex("01012022e4cb711502668b31e87f7ccb60328a6cfd21ea1bb6774192c66e611a00fe03")


@pytest.fixture
def enrolment() -> Enrolment:
    return next(iter(load().terminals.values()))


def files(image: bytes) -> Iterator[tuple[str, bytes]]:
    data = partitions()["data"]
    fs = LittleFS(block_size=SECTOR, block_count=data.size // SECTOR, mount=False)
    fs.context.buffer[:] = image[data.offset : data.offset + data.size]
    fs.mount()
    for name in fs.listdir("/"):
        with fs.open(name, "rb") as file:
            yield name, file.read()


def test_a_record() -> None:
    assert sealed_key(KEY_STORE_KEY, 1, 1, TMK) == RECORD


def test_what_a_key_is_for_is_sealed_with_it() -> None:
    sealed = RECORD[3:]
    for slot in range(256):
        for algorithm in range(4):
            if (slot, algorithm) == (1, 1):
                continue
            with pytest.raises(InvalidTag):
                AESSIV(KEY_STORE_KEY).decrypt(sealed, [b"suanpan-key", bytes([slot, algorithm])])


def test_every_flipped_bit_is_refused() -> None:
    for bit in range(8 * 3, 8 * len(RECORD)):
        bad = bytearray(RECORD)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises(InvalidTag):
            AESSIV(KEY_STORE_KEY).decrypt(bytes(bad[3:]), [b"suanpan-key", bytes(bad[:2])])


def test_two_secrets_derive_two_keys() -> None:
    secrets = Secrets(keys=bytes(range(32)), journal=bytes(range(32, 64)))
    assert secrets.key_store_key == hmac.digest(bytes(range(32)), b"suanpan-keys", "sha256")
    assert secrets.journal_key == hmac.digest(bytes(range(32, 64)), b"suanpan-journal", "sha256")


@pytest.mark.parametrize("secure_element", [False, True])
def test_the_image_of_a_new_terminal(enrolment: Enrolment, secure_element: bool) -> None:
    image, secrets = build_image(profile(enrolment), Random(1).randbytes, secure_element=secure_element)
    content = dict(files(image))
    assert content["keys.bin"] == sealed_key(secrets.key_store_key, 1, 1, enrolment.tmk)
    area = partitions()["secrets"]
    for sector, secret in enumerate((secrets.keys, secrets.journal)):
        at = area.offset + sector * SECTOR
        assert image[at : at + SECTOR] == (b"" if secure_element else secret).ljust(SECTOR, b"\xff")
        assert image.count(secret) == (0 if secure_element else 1)
    assert enrolment.tmk not in image


@pytest.mark.parametrize(("suite", "algorithm"), [("tdes", 1), ("aes", 2), ("sm4", 3)])
def test_the_suite_of_a_new_terminal(suite: str, algorithm: int) -> None:
    """Once as a parameter, and once under the seal of its master key."""
    enrolment = next(found for found in load().terminals.values() if found.suite.name == suite)
    image, secrets = build_image(profile(enrolment), Random(1).randbytes)
    content = dict(files(image))
    assert json.loads(content["params.json"])["suite"] == suite
    assert content["keys.bin"] == sealed_key(secrets.key_store_key, 1, algorithm, enrolment.tmk)
    opened = AESSIV(secrets.key_store_key).decrypt(content["keys.bin"][3:], [b"suanpan-key", bytes([1, algorithm])])
    assert opened == enrolment.tmk


def test_no_two_terminals_have_a_secret_in_common(enrolment: Enrolment) -> None:
    made = [build_image(profile(enrolment), Random(seed).randbytes)[1] for seed in range(4)]
    assert len({secret for secrets in made for secret in (secrets.keys, secrets.journal)}) == 8
