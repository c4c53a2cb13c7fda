"""Times encode and decode of messages, for tests/benchmarks, which says in standard input what they are.

On MicroPython the firmware's codec alone: {name: [ours, ...]} in microseconds. On CPython, in processor time, beside
pyiso8583 on the same messages, measured in turn: {name: [[ours, pyiso8583], ...]}; its field table comes along.
"""

import gc
import json
import sys
import time

from suanpan.codec import iso8583

ON_CPYTHON = sys.implementation.name == "cpython"
ROUNDS = 11
REPEATS = 50  # within a round
BINARY = (52, 55, 59, 62, 64)  # hexadecimal in what is asked
BYTES = (63,)  # bytes to the firmware, text to pyiso8583


def microseconds(function):
    gc.collect()
    start = time.process_time_ns() if ON_CPYTHON else time.ticks_us()
    for _ in range(REPEATS):
        function()
    if ON_CPYTHON:
        return (time.process_time_ns() - start) / 1000 / REPEATS
    return time.ticks_diff(time.ticks_us(), start) / REPEATS


def of_ours(sample):
    mti = sample["mti"]
    fields = {}
    for number, value in sample["fields"].items():
        if int(number) in BINARY:
            fields[int(number)] = bytes.fromhex(value)
        elif int(number) in BYTES:
            fields[int(number)] = value.encode()
        else:
            fields[int(number)] = value.replace("D", "=")

    def ours():
        return iso8583.decode(iso8583.encode(mti, fields))

    assert iso8583.encode(mti, fields).hex() == sample["message"] and ours() == (mti, fields)
    return ours


def of_pyiso8583(sample, spec):
    import iso8583 as pyiso8583

    document = dict(sample["fields"], t=sample["mti"])

    def theirs():
        return pyiso8583.decode(pyiso8583.encode(document, spec)[0], spec)

    assert pyiso8583.encode(document, spec)[0].hex() == sample["message"]
    return theirs


asked = json.loads(sys.stdin.readline())
found = {}
for name, sample in asked["messages"].items():
    ours = of_ours(sample)
    if ON_CPYTHON:
        theirs = of_pyiso8583(sample, asked["spec"])
        found[name] = [(microseconds(ours), microseconds(theirs)) for _ in range(ROUNDS)]
    else:
        found[name] = [microseconds(ours) for _ in range(ROUNDS)]
print(json.dumps(found))
