"""Times the firmware's primitives, and plain Python where it has a twin, for tests/benchmarks; prints JSON.

Standard input has two RSA moduli in hexadecimal, of 1984 and of 3072 bits, a line each. The answer is microseconds
by name, the best of several rounds.
"""

import gc
import json
import sys
import time

import des_plain
import sm4_plain
from suanpan.crypto import pss, sm2
from suanpan.crypto.aes_siv import Siv
from suanpan.crypto.des import Tdes
from suanpan.crypto.rsa import RsaPublicKey
from suanpan.crypto.sm3 import sm3
from suanpan.crypto.sm4 import Sm4
from vectors import load

ROUNDS = 15
RECORD = bytes(range(256))
WHERE = bytes(24)  # a record's number and the tag before it
KEY = bytes(range(16))


def square_and_multiply(data, n):
    """`data` to the power of 65537, modulo n: what pow() does, a step at a time."""
    x = number = int.from_bytes(data, "big")
    modulus = int.from_bytes(n, "big")
    for _ in range(16):
        x = x * x % modulus
    return (x * number % modulus).to_bytes(len(n), "big")


def best(repeats, function, *arguments):
    shortest = 1 << 30
    for _ in range(ROUNDS):
        gc.collect()
        start = time.ticks_us()
        for _ in range(repeats):
            function(*arguments)
        shortest = min(shortest, time.ticks_diff(time.ticks_us(), start))
    return shortest / repeats


n = bytes.fromhex(sys.stdin.readline())
update_key = RsaPublicKey(bytes.fromhex(sys.stdin.readline()), 65537)
number = bytes(1) + bytes(range(1, 248))
assert square_and_multiply(number, n) == RsaPublicKey(n, 65537).apply(number)
(vector,) = load("sm2")["sm2"]
signed = [bytes.fromhex(vector[name]) for name in ("public_key", "message", "signature")]
assert sm2.verify(*signed)

print(
    json.dumps(
        {
            "tdes": best(20, Tdes(KEY).encrypt, RECORD),
            "tdes_plain": best(1, des_plain.encrypt, KEY, RECORD),
            "sm4": best(20, Sm4(KEY).encrypt, RECORD),
            "sm4_plain": best(1, sm4_plain.encrypt, KEY, RECORD),
            "siv": best(200, Siv(KEY + KEY).seal, RECORD, WHERE),
            "sm3": best(20, sm3, RECORD),
            "rsa_1984": best(2, RsaPublicKey(n, 65537).apply, number),
            "rsa_1984_3": best(10, RsaPublicKey(n, 3).apply, number),
            "rsa_1984_plain": best(2, square_and_multiply, number, n),
            "pss_3072": best(1, pss.verify, update_key, bytes(32), b"\x55" * 384),
            "sm2": best(1, sm2.verify, *signed),
        }
    )
)
