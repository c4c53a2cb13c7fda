"""Measures the journal on an emulated flash, and a LittleFS file beside it, for tests/benchmarks; prints JSON.

Everything is one shop's journal, which grows from nothing to 100,000 records and is looked at on the way. Counts are
of flash operations, those that a data sheet gives a time for; times are this machine's.
"""

import gc
import json
import sys
import time

import vfs

from ledger_meter import SECTORS, MeteredFlash, opened, records, trade
from ledger_world import mounted

LOOKUPS = 5000  # records
FULL = 8000  # records that fill the ring, and more
WORN = int(sys.argv[1])  # records, 100,000
APPENDS = 1000
ROUNDS = 9
PROGSIZES = (32, 256)  # of LittleFS: MicroPython's own choice, and the chip's page

results = {}


def milliseconds(function, rounds=ROUNDS):
    times = []
    for _ in range(rounds):
        gc.collect()
        start = time.ticks_us()
        function()
        times.append(time.ticks_diff(time.ticks_us(), start) / 1000)
    return sorted(times)[rounds // 2]


def spent(flash):
    return flash.programs, flash.pages, flash.erased


def since(flash, before):
    return [now - then for now, then in zip(spent(flash), before)]


def commits(ledger, flash, last):
    """Trade on, watching each commit: [operations, pages, erases, microseconds] of all of them and of the one with the
    most pages, their number, what the journal's flash took with the idle time's share, and the records' sizes."""
    journal = ledger._journal
    append, seal = journal.append, journal.log.append
    total, dearest, sizes = [0, 0, 0, 0], [0, 0, 0, 0], []
    count = 0

    def sealed(record, link):
        if len(sizes) < APPENDS:
            sizes.append(len(record))
        return seal(record, link)

    def timed(event, fields):
        nonlocal count, dearest
        before, start = spent(flash), time.ticks_us()
        number = append(event, fields)
        cost = since(flash, before)
        cost.append(time.ticks_diff(time.ticks_us(), start))
        count += 1
        for i in range(4):
            total[i] += cost[i]
        if cost[1] > dearest[1]:
            dearest = cost
        return number

    pages, erases = flash.pages, sum(flash.erases[:-1])
    journal.append, journal.log.append = timed, sealed
    trade(ledger, last)
    journal.append, journal.log.append = append, seal
    return {
        "commits": count,
        "total": total,
        "dearest": dearest,
        "with_idle": [flash.pages - pages, sum(flash.erases[:-1]) - erases],
        "sizes": sizes,
    }


def little_fs(sizes, progsize):
    """[operations, pages, erases, microseconds] of as many records, each appended to a file and synced."""
    flash = MeteredFlash(SECTORS)
    vfs.VfsLfs2.mkfs(flash, progsize=progsize)
    vfs.mount(vfs.VfsLfs2(flash, progsize=progsize), "/bench")
    gc.collect()
    with open("/bench/journal", "ab") as file:
        before, start = spent(flash), time.ticks_us()
        for size in sizes:
            file.write(bytes(size))
            file.flush()
        cost = since(flash, before)
    cost.append(time.ticks_diff(time.ticks_us(), start))
    vfs.umount("/bench")
    return cost


def lookups(ledger, flash):
    most, reads, size, found = 0, flash.reads, flash.bytes_read, 0
    newest = int(ledger.state.stan)
    for number in range(2, newest + 1):
        flash.touched.clear()
        found += ledger.find(f"{number:06}") is not None
        most = max(most, len(flash.touched))
    middle = f"{newest // 2:06}"
    return {
        "found": found,
        "sectors": most,
        "reads": (flash.reads - reads) / (newest - 1),
        "bytes": (flash.bytes_read - size) / (newest - 1),
        "ms": milliseconds(lambda: ledger.find(middle)),
    }


def mounting(flash):
    most = [0, 0]
    ledger = mounted(flash)
    for _ in range(14):  # however far the newest sector is filled
        trade(ledger, records(ledger) + 4)
        reads, size = flash.reads, flash.bytes_read
        mounted(flash)
        most = [max(most[0], flash.reads - reads), max(most[1], flash.bytes_read - size)]
    ledger = None
    times = milliseconds(lambda: mounted(flash))
    gc.collect()
    before = gc.mem_alloc()
    ledger = mounted(flash)
    gc.collect()
    return {"reads": most[0], "bytes": most[1], "live": gc.mem_alloc() - before, "ms": times}


def verifying(ledger, flash):
    oldest = next(ledger._journal.log.records())[0]
    reads = flash.reads
    ledger.verify()
    return {
        "records": records(ledger) - oldest + 1,
        "reads": flash.reads - reads,
        "ms": milliseconds(ledger.verify),
    }


def measure():
    flash = MeteredFlash(SECTORS + 1)
    ledger = opened(flash)
    results["commit"] = costs = commits(ledger, flash, LOOKUPS)
    sizes = costs.pop("sizes")
    results["mean_size"] = sum(sizes) / len(sizes)
    results["little_fs"] = {str(progsize): little_fs(sizes, progsize) for progsize in PROGSIZES}
    results["appends"] = len(sizes)
    results["lookup"] = lookups(ledger, flash)
    trade(ledger, FULL)
    results["mount"] = mounting(flash)
    ledger = opened(flash)
    results["verify"] = verifying(ledger, flash)
    trade(ledger, WORN)
    results["erases"] = [min(flash.erases[:-1]), max(flash.erases[:-1]), flash.erases[-1]]


measure()
print(json.dumps(results))
