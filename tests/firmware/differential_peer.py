"""The firmware's side of tests/host/differential: answers one call after another, on the unix port.

A call is a line of an operation's name and its arguments in hexadecimal, between single spaces; the answer is
a line with the result in hexadecimal, or the name of the error behind an exclamation mark.
"""

import json
import sys

from suanpan.codec import iso8583
from suanpan.crypto import dukpt_aes, dukpt_tdes, key_block, mac, pss, sm2, track_cipher
from suanpan.crypto.aes import Aes, ctr
from suanpan.crypto.aes192 import Aes192
from suanpan.crypto.aes_siv import Cmac, Siv
from suanpan.crypto.check_value import aes_check_value, check_value
from suanpan.crypto.des import Tdes
from suanpan.crypto.hmac_sha256 import hmac_sha256
from suanpan.crypto.pbkdf2 import pbkdf2
from suanpan.crypto.pin_block import format0, format3, format4
from suanpan.crypto.rsa import RsaPublicKey
from suanpan.crypto.sm3 import Sm3
from suanpan.crypto.sm4 import Sm4
from suanpan.errors import SuanpanError


def iso8583_encode(mti, fields):
    """`fields` is JSON, by number; a value in a list is bytes, in hexadecimal."""
    values = {}
    for number, value in json.loads(fields).items():
        values[int(number)] = bytes.fromhex(value[0]) if isinstance(value, list) else value
    return iso8583.encode(mti.decode(), values)


def iso8583_decode(message):
    mti, values = iso8583.decode(message)
    fields = {}
    for number, value in values.items():
        fields[number] = [value.hex()] if isinstance(value, bytes) else value
    return json.dumps([mti, fields]).encode()


def sm3(*parts):
    hashing = Sm3()
    for part in parts:
        hashing.update(part)
    return hashing.digest()


def dice(throws):
    """A source of chance that gives `throws` out, in order."""
    given = iter(throws)
    return lambda count: bytes(next(given) for _ in range(count))


def dukpt_load(kind, initial_key, ksn):
    return kind.Register.load(initial_key, ksn).state


def dukpt_next(kind, state, *asked):
    """The state after it, and of the transaction KSN, key and each working key: a use in 2 bytes, and its size."""
    register = kind.Register(bytearray(state))
    with register.next() as transaction:
        answer = bytearray(register.state)
        answer.extend(transaction.ksn)
        answer.extend(transaction.view)
        for use in asked:
            arguments = (int.from_bytes(use[:2], "big"), use[2])
            with transaction.key(*(arguments if kind is dukpt_aes else arguments[:1])) as key:
                answer.extend(key.view)
        return answer


def unwrap(kbpk, block, *demand):
    """The demanded header fields and the version number as they were found, then the key."""
    found = key_block.unwrap(kbpk, block, *[text.decode() for text in demand])
    header = found.usage + found.algorithm + found.mode + found.exportability + found.version_number
    return header.encode() + json.dumps(found.optional).encode() + b"\0" + found.key


OPERATIONS = {
    "tdes_encrypt": lambda key, data: Tdes(key).encrypt(data),
    "tdes_decrypt": lambda key, data: Tdes(key).decrypt(data),
    "aes_encrypt": lambda key, data: Aes(key).encrypt(data),
    "aes_decrypt": lambda key, data: Aes(key).decrypt(data),
    "aes_ctr": lambda key, counter, data: ctr(Aes(key), counter, data),
    "sm4_encrypt": lambda key, data: Sm4(key).encrypt(data),
    "sm4_decrypt": lambda key, data: Sm4(key).decrypt(data),
    "sm3": sm3,
    "hmac_sha256": hmac_sha256,
    "rsa": lambda n, e, data: RsaPublicKey(n, int.from_bytes(e, "big")).apply(data),
    "pss_verify": lambda n, digest, signature: bytes([pss.verify(RsaPublicKey(n, 65537), digest, signature)]),
    "sm2_verify": lambda key, identity, message, signature: bytes([sm2.verify(key, message, signature, identity)]),
    "cmac": lambda key, message: Cmac(key).digest(message),
    "siv_seal": lambda key, plain, *associated: Siv(key).seal(plain, *associated),
    "siv_open": lambda key, sealed, *associated: Siv(key).open(sealed, *associated),
    "cup_ecb": lambda key, message: mac.cup_ecb(Tdes(key), message),
    "cup_ecb_sm4": lambda key, message: mac.cup_ecb(Sm4(key), message),
    "iso9797_1": mac.iso9797_1,
    "iso9797_3": mac.iso9797_3,
    "tdes_cmac": lambda key, message: mac.cmac(Tdes(key), message),
    "check_value": check_value,
    "aes_check_value": aes_check_value,
    "pin_block": lambda key, pin, pan: format0(key, bytearray(pin), pan.decode()),
    "pin_block_3": lambda key, pin, pan, throws: format3(key, bytearray(pin), pan.decode(), dice(throws)),
    "pin_block_4": lambda key, pin, pan, throws: format4(key, bytearray(pin), pan.decode(), dice(throws)),
    "track": lambda key, track: track_cipher.encrypt(key, track.decode()).encode(),
    "aes192": lambda key, data: Aes192(key).encrypt(data),
    "dukpt_tdes_load": lambda *arguments: dukpt_load(dukpt_tdes, *arguments),
    "dukpt_tdes_next": lambda *arguments: dukpt_next(dukpt_tdes, *arguments),
    "dukpt_aes_load": lambda *arguments: dukpt_load(dukpt_aes, *arguments),
    "dukpt_aes_next": lambda *arguments: dukpt_next(dukpt_aes, *arguments),
    "dukpt_aes_update": lambda state, size: bytes(dukpt_aes.Register(bytearray(state)).update_key(size[0]).view),
    "unwrap": unwrap,
    "pbkdf2": lambda password, salt, iterations, size: pbkdf2(
        password, salt, int.from_bytes(iterations, "big"), int.from_bytes(size, "big")
    ),
    "iso8583_encode": iso8583_encode,
    "iso8583_decode": iso8583_decode,
}

while True:
    line = sys.stdin.readline()
    if not line:
        break
    call = line.rstrip("\n").split(" ")
    try:
        print(OPERATIONS[call[0]](*[bytes.fromhex(argument) for argument in call[1:]]).hex())
    except SuanpanError as error:
        print("!" + type(error).__name__)
