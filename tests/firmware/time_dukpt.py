"""Times what a terminal does for a DUKPT transaction and with a key block, for tests/benchmarks; prints JSON.

Microseconds, a list for each name, one entry a round.
"""

import gc
import json
import time

from suanpan.crypto import dukpt_aes, dukpt_tdes, key_block, pin_block
from vectors import load

ROUNDS = 15
STEPS = 64  # transactions of a round: as many derivations, up to 6 at once


def microseconds(function, *arguments):
    gc.collect()
    start = time.ticks_us()
    result = function(*arguments)
    return time.ticks_diff(time.ticks_us(), start), result


def steps(register):
    for _ in range(STEPS):
        register.next().wipe()


def pin(register, module):
    with register.next() as transaction, transaction.key(module.PIN) as key:
        if module is dukpt_tdes:
            return pin_block.format0(key.view, bytearray(b"1234"), "4012345678909")
        return pin_block.format4(key.view, bytearray(b"1234"), "4012345678909", bytes)


times = {}
for _ in range(ROUNDS):
    for name, module, size in (
        ("tdes", dukpt_tdes, 16),
        ("aes_16", dukpt_aes, 16),
        ("aes_24", dukpt_aes, 24),
        ("aes_32", dukpt_aes, 32),
    ):
        taken, register = microseconds(module.Register.load, bytes(range(size)), bytes(module.Register.KSN))
        times.setdefault(name + "_load", []).append(taken)
        taken, _ = microseconds(steps, register)
        times.setdefault(name + "_next", []).append(taken / STEPS)
        # The worst: only the top bit is set, and every one below is derived.
        register._count(1 << register.BITS - 1)
        taken, _ = microseconds(pin, register, module)
        times.setdefault(name + "_worst", []).append(taken)
    for vector in load("key_blocks")["blocks"]:
        if vector["origin"] in ("TR-31:2018, A.7.2.2", "TR-31:2018, A.7.4"):
            block = vector["block"].encode()
            demand = (vector["usage"], vector["algorithm"], vector["mode"], vector["exportability"])
            taken, _ = microseconds(key_block.unwrap, bytes.fromhex(vector["kbpk"]), block, *demand)
            times.setdefault("block_" + block[:1].decode(), []).append(taken)
print(json.dumps(times))
