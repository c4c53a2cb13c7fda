"""Times a contactless transaction, for tests/benchmarks; prints JSON.

The reader's serial line is standard input, which does not block. The arguments are a number of rounds, and the commands
in hexadecimal. By round: the nanoseconds of processor time that the commands have taken together; and the heap that
driver and cards take, code and buffers.
"""

import asyncio
import gc
import json
import sys
from binascii import unhexlify

import suanpan.errors  # noqa: F401 - which a terminal has anyway

ROUNDS = int(sys.argv[1])
COMMANDS = [unhexlify(command) for command in sys.argv[2:]]


def spent_ns():
    with open("/proc/self/schedstat") as schedule:
        return int(schedule.read().split()[0])


def made():
    from suanpan.cards.contactless import ContactlessReader
    from suanpan.drivers.pn532 import Pn532
    from suanpan.drivers.pn532_hsu import HsuLink

    return ContactlessReader(Pn532(HsuLink(open(0, "r+b"))))


async def main():
    gc.collect()
    before = gc.mem_alloc()
    reader = made()
    gc.collect()
    heap = gc.mem_alloc() - before
    rounds = []
    for _ in range(ROUNDS):
        card = await reader.tap()
        start = spent_ns()
        for command in COMMANDS:
            _, status = await card.exchange(command)
            assert status == 0x9000
        rounds.append(spent_ns() - start)
        await reader.off()
    print(json.dumps({"rounds": rounds, "heap": heap}))


asyncio.run(main())
