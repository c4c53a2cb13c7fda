"""Times encode and decode of the sample sale, for tests/benchmarks; prints microseconds as JSON.

On MicroPython the firmware's codec alone: [ours, ...]. On CPython beside pyiso8583 on the same message,
measured in turn: [[ours, pyiso8583], ...]; standard input is then the acquirer's field table, as JSON.
"""

import gc
import json
import sys
import time

from suanpan.codec import iso8583
from vectors import load

ON_CPYTHON = sys.implementation.name == "cpython"
ROUNDS = 21
REPEATS = 100  # within a round
BINARY = (52, 64)  # of this message

sample = load("iso8583")["messages"][0]
mti = sample["mti"]
message = bytes.fromhex(sample["message"])
fields = {
    int(number): bytes.fromhex(value) if int(number) in BINARY else value for number, value in sample["fields"].items()
}


def microseconds(function):
    gc.collect()
    start = time.perf_counter_ns() if ON_CPYTHON else time.ticks_us()
    for _ in range(REPEATS):
        function()
    if ON_CPYTHON:
        return (time.perf_counter_ns() - start) / 1000 / REPEATS
    return time.ticks_diff(time.ticks_us(), start) / REPEATS


def ours():
    return iso8583.decode(iso8583.encode(mti, fields))


assert ours() == (mti, fields)
if not ON_CPYTHON:
    print(json.dumps([microseconds(ours) for _ in range(ROUNDS)]))
    sys.exit()

import iso8583 as pyiso8583  # noqa: E402

spec = json.load(sys.stdin)
document = {number: value.replace("=", "D") for number, value in sample["fields"].items()}
document["t"] = mti


def theirs():
    return pyiso8583.decode(pyiso8583.encode(document, spec)[0], spec)


assert pyiso8583.encode(document, spec)[0] == message
print(json.dumps([(microseconds(ours), microseconds(theirs)) for _ in range(ROUNDS)]))
