"""Times taps on the contactless kernels, for tests/benchmarks; prints JSON.

The reader's serial line is standard input, which does not block; the arguments are a number of rounds and a file: what
is laid down, and the schemes' keys. By round, the nanoseconds of processor time from the moment that a card has been
found until it may go, and until the outcome is there.
"""

import asyncio
import gc
import json
import sys

import suanpan.errors  # noqa: F401 - which a terminal has anyway
from suanpan.cards.contactless import ContactlessReader
from suanpan.drivers.pn532 import Pn532
from suanpan.drivers.pn532_hsu import HsuLink
from suanpan.emv.application import Application
from suanpan.emv.entry_point import EntryPoint
from suanpan.emv.outcome import MESSAGE_CARD_READ
from suanpan.emv.preprocessing import Combination
from suanpan.emv.tables import CaKey

ROUNDS = int(sys.argv[1])
with open(sys.argv[2]) as file:
    ASKED = json.load(file)
LIKELY = ("combination", "transaction", "unionpay")  # as flows/tap_reader.py has it


class Tables:
    def key(self, rid, index):
        row = ASKED["keys"].get(f"{rid.hex()}{index:02x}")
        return row and CaKey(bytes.fromhex(row[0]), row[1], row[2])

    def revoked(self, rid, index, serial):
        return False

    def excepted(self, pan, sequence):
        return False


def spent_ns():
    with open("/proc/self/schedstat") as schedule:
        return int(schedule.read().split()[0])


def random(count):
    return bytes(range(0x21, 0x21 + count))


def combinations():
    for row in ASKED["applications"]:
        application = Application(bytes.fromhex(row["aid"]), version=bytes.fromhex(row["version"]))
        settings = {"cvm_limit": 1000_00, "floor_limit": row["floor_limit"]}
        if row["ttq"]:
            settings["ttq"] = bytes.fromhex(row["ttq"])
        yield Combination(application, row["kernel"], **settings)


async def main():
    terminals = {int(tag, 16): bytes.fromhex(value) for tag, value in ASKED["terminals"].items()}
    reader = ContactlessReader(Pn532(HsuLink(open(0, "r+b"))))
    rounds = []
    for _ in range(ROUNDS):
        gone = []

        def signal(request, gone=gone):
            if request.message == MESSAGE_CARD_READ:
                gone.append(spent_ns())

        point = EntryPoint(list(combinations()), dict(terminals), Tables(), random, signal)
        point.prepare()
        for name in LIKELY:
            __import__("suanpan.emv." + name)
        gc.collect()
        card = await reader.tap()
        start = spent_ns()
        outcome = await point.present(card)
        rounds.append((gone[0] - start, spent_ns() - start, outcome.result))
        await reader.off()
        await asyncio.sleep_ms(20)  # the chip takes a moment to fall asleep
    print(json.dumps(rounds))


asyncio.run(main())
