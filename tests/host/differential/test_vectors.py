"""The test data that the firmware is held to, recomputed by libraries that have nothing to do with it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import psec
import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from host_tools.acquirer import spec
from host_tools.acquirer.crypto import cup_mac
from host_tools.micropython.port import ROOT


def load(file: str, *groups: str) -> list[dict[str, Any]]:
    data = json.loads((ROOT / "tests" / "vectors" / f"{file}.json").read_text("utf-8"))
    assert data["source"]
    return [vector for group in groups for vector in data[group]]


def hexadecimal(vector: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(vector[name]) for name in names]


def tdes(key: bytes, data: bytes) -> bytes:
    return Cipher(TripleDES((key * 3)[:24]), modes.ECB()).encryptor().update(data)


@pytest.mark.parametrize("group", ["variable_plaintext", "variable_key", "substitution_table", "ecb"])
def test_des(group: str) -> None:
    for vector in load("des", group):
        key, plain, cipher = hexadecimal(vector, "key", "plain", "cipher")
        assert tdes(key, plain) == cipher


def test_aes_cmac() -> None:
    for vector in load("aes_cmac", "cmac"):
        key, message, mac = hexadecimal(vector, "key", "message", "mac")
        judge = CMAC(AES(key))
        judge.update(message)
        judge.verify(mac)


def test_aes_siv() -> None:
    for vector in load("aes_siv", "siv"):
        key, plain, sealed = hexadecimal(vector, "key", "plain", "sealed")
        associated = [bytes.fromhex(string) for string in vector["associated"]]
        assert AESSIV(key).encrypt(plain, associated) == sealed


def test_pbkdf2() -> None:
    for vector in load("pbkdf2_sha256", "pbkdf2"):
        password, salt, derived = hexadecimal(vector, "password", "salt", "derived")
        assert hashlib.pbkdf2_hmac("sha256", password, salt, vector["iterations"], len(derived)) == derived


def test_cup_mac() -> None:
    for vector in load("payment", "cup_ecb"):
        assert cup_mac(*hexadecimal(vector, "key", "message")) == vector["mac"].encode()


def test_pin_block() -> None:
    for vector in load("payment", "pin_block_format_0"):
        clear = psec.pinblock.encode_pinblock_iso_0(vector["pin"], vector["pan"])
        assert clear == bytes.fromhex(vector["clear"])


def test_check_value() -> None:
    for vector in load("payment", "check_value"):
        key, value = hexadecimal(vector, "key", "value")
        assert tdes(key, bytes(8))[:4] == value


def test_iso8583() -> None:
    prefix = bytes.fromhex("6000030000603100311003")
    for vector in load("iso8583", "messages"):
        fields = {}
        for key, value in vector["fields"].items():
            number = int(key)
            content = spec.FIELDS[number].content
            if number == 63:
                fields[number] = bytes.fromhex(value).decode()
            else:
                fields[number] = value.replace("=", "D") if content == "z" else value
        message = spec.decode(prefix + bytes.fromhex(vector["message"]))
        assert (message.mti, message.fields) == (vector["mti"], fields)
