"""Times the firmware's triple DES beside its plain twin, for tests/benchmarks; prints JSON.

Pairs of microseconds a block, viper and plain, measured in turn; then the microseconds of a key schedule.
"""

import gc
import json
import time

import des_plain
from suanpan.crypto.des import Tdes

KEY = bytes(range(16))
BLOCKS = 32
ROUNDS = 15
REPEATS = 50  # of the fast one, within a round


def microseconds(repeats, function, *arguments):
    gc.collect()
    start = time.ticks_us()
    for _ in range(repeats):
        function(*arguments)
    return time.ticks_diff(time.ticks_us(), start) / repeats


data = bytes(8 * BLOCKS)
cipher = Tdes(KEY)
assert cipher.encrypt(data) == des_plain.encrypt(KEY, data)

pairs = []
for _ in range(ROUNDS):
    viper = microseconds(REPEATS, cipher.encrypt, data)
    plain = microseconds(1, des_plain.encrypt, KEY, data) - microseconds(1, des_plain.encrypt, KEY, b"")
    pairs.append((viper / BLOCKS, plain / BLOCKS))
print(json.dumps([pairs, [microseconds(REPEATS, Tdes, KEY) for _ in range(ROUNDS)]]))
