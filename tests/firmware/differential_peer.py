"""The firmware's side of tests/host/differential: answers one call after another, on the unix port.

A call is a line of an operation's name and its arguments in hexadecimal, between single spaces; the answer is
a line with the result in hexadecimal, or the name of the error behind an exclamation mark.
"""

import json
import sys

from suanpan.codec import iso8583
from suanpan.crypto.aes_siv import Cmac, Siv
from suanpan.crypto.check_value import check_value
from suanpan.crypto.des import Tdes
from suanpan.crypto.mac import cup_ecb
from suanpan.crypto.pbkdf2 import pbkdf2
from suanpan.crypto.pin_block import format0
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


OPERATIONS = {
    "tdes_encrypt": lambda key, data: Tdes(key).encrypt(data),
    "tdes_decrypt": lambda key, data: Tdes(key).decrypt(data),
    "cmac": lambda key, message: Cmac(key).digest(message),
    "siv_seal": lambda key, plain, *associated: Siv(key).seal(plain, *associated),
    "siv_open": lambda key, sealed, *associated: Siv(key).open(sealed, *associated),
    "cup_ecb": cup_ecb,
    "check_value": check_value,
    "pin_block": lambda key, pin, pan: format0(key, bytearray(pin), pan.decode()),
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
