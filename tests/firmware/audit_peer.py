"""The firmware's side of tests/host/audit: lives a ledger's life on an emulated chip, and judges journals.

A call is a line of JSON: an operation and its arguments; the answer is another.

    live    number of sectors, seed, acts -> the partition in hexadecimal as it is then, and told() of it
    after   number of sectors, seed, past, acts -> the same, of a terminal that has been off between past and acts
    load    partition in hexadecimal      -> null; what is judged from here on
    judge   list of (offset, bytes in hexadecimal) to put there -> number of the first bad record, null if all is well
"""

import hashlib
import json
import sys

from ledger_world import ANSWER, CARD, MOMENT, Slice, chip, mounted, pending, sell, sign_in, silent, store, void
from nor_flash import SECTOR, NorFlash, PowerCut
from suanpan.crypto.aes_siv import Siv
from suanpan.errors import JournalBroken, SuanpanError
from suanpan.ledger.flash_log import FlashLog
from suanpan.ledger.journal import Journal
from suanpan.ledger.kinds import REFUND
from suanpan.ledger.record import UNANSWERED
from suanpan.ledger.watched import watched

KEY = bytes(range(32))
FIELDS = (
    "number", "kind", "batch", "stan", "pan", "entry_mode", "operator", "date", "time", "response", "auth_code",
    "reference", "host_date", "host_time", "parties", "org", "original", "original_reference", "amount", "printed",
    "of", "status", "voided", "refused",
)  # fmt: skip


def decline(ledger, amount):
    with pending(ledger, amount) as entry:
        entry.decline("51")


def sell_abroad(ledger, amount):
    """With a card of another organisation, which the answer names."""
    with pending(ledger, amount) as entry:
        entry.approve(**dict(ANSWER, org="VIS"))


def leave(ledger, amount):
    """The power goes while the host is at work."""
    with pending(ledger, amount):
        pass


def reverse(ledger):
    if ledger.reversal:
        ledger.reversal.reversed("00" if ledger.state.status == UNANSWERED else "25")


def void_latest(ledger, back):
    """Void the sale that is so many back from the newest one."""
    sales = [entry for entry in ledger.entries() if entry.kind == "sale" and entry.approved and not entry.voided]
    if back < len(sales) and sales[back].batch == ledger.batch:
        void(ledger, sales[back])


def refund(ledger, amount):
    ledger.store(REFUND, amount, org="VIS", original="000001000002" + "1122", **CARD, **MOMENT)


def deliver(ledger, refused):
    if ledger.oldest_unsent:
        ledger.delivered(ledger.oldest_unsent, "30" if refused else "00", bool(refused), "112309310009")


def settle(ledger, unbalanced):
    ledger.settling("01", MOMENT["date"], MOMENT["time"])
    ledger.settled("00", bool(unbalanced), MOMENT["date"], MOMENT["time"])


def reopen(ledger):
    ledger.settling("01", MOMENT["date"], MOMENT["time"])
    ledger.reopened("96")


def watch(ledger):
    ledger.begun = watched(ledger, **MOMENT)


def unwatch(ledger):
    """Somebody ends the trace that has begun since power-on, if one has."""
    if getattr(ledger, "begun", 0):
        watched(ledger, "02", MOMENT["date"], "094000", ledger.begun)
        del ledger.begun


ACTS = {
    "sign_in": sign_in,
    "sell": sell,
    "sell_abroad": sell_abroad,
    "decline": decline,
    "silent": silent,
    "leave": leave,
    "reverse": reverse,
    "void": void_latest,
    "store": store,
    "refund": refund,
    "deliver": deliver,
    "settle": settle,
    "ask": lambda ledger: ledger.settling("01", MOMENT["date"], MOMENT["time"]),
    "reopen": reopen,
    "watch": watch,
    "unwatch": unwatch,
    "prepare": lambda ledger: ledger.prepare(),
}


def live(sectors, seed, acts):
    """An act is its name and its arguments. Behind "cut", an operation, a way and a depth (nor_flash.py) the power
    goes in it; "wear" has a cell lose the power to be programmed. What the ledger refuses is not done."""
    flash = chip(sectors)
    flash._state = seed
    return lived(flash, sectors, acts)


pasts = {}  # what each has left in a chip


def after(sectors, seed, past, acts):
    key = hashlib.sha256(json.dumps([sectors, past])).digest()
    if key not in pasts:
        flash = chip(sectors)
        lived(flash, sectors, past)
        pasts[key] = bytes(flash.cells), dict(flash.worn)
    flash = chip(sectors)
    flash.cells[:], flash.worn = pasts[key][0], dict(pasts[key][1])
    flash._state = seed
    return lived(flash, sectors, acts)


def lived(flash, sectors, acts):
    ledger = mounted(flash)
    for name, *arguments in acts:
        if name == "wear":
            flash.worn[arguments[0]] = arguments[1]
            continue
        if name == "cut":
            flash.cut(*arguments[:3])
            name, *arguments = arguments[3:]  # noqa: PLW2901
        try:
            if ledger is None:
                ledger = mounted(flash)
            ACTS[name](ledger, *arguments)
        except PowerCut:
            ledger = None
        except SuanpanError:
            pass
        flash.power_on()
    return {"area": bytes(flash.cells[: sectors * SECTOR]).hex(), "told": told(mounted(flash))}


def told(ledger):
    """The ledger's own word: its transactions, oldest first, its state, and the sums of its batch."""
    entries = [[getattr(entry, name) for name in FIELDS] for entry in ledger.entries()]
    totals = [[kind, org, count, amount] for (kind, org), (count, amount) in ledger.totals().items()]
    state = ledger.state.fields()
    for name in ("totals", "undone"):
        state[name] = state[name].hex()
    return {"entries": entries[::-1], "totals": totals, "state": state}


judged = bytearray()


def load(area):
    judged[:] = bytes.fromhex(area)


def judge(patches):
    flash = NorFlash(len(judged) // SECTOR)
    flash.cells[:] = judged
    for offset, data in patches:
        flash.cells[offset : offset + len(data) // 2] = bytes.fromhex(data)
    journal = Journal(FlashLog(Slice(flash, 0, len(judged) // SECTOR)), Siv(KEY))
    try:
        journal.mount()
        journal.verify()
    except JournalBroken:
        return journal.broken_at
    return None


OPERATIONS = {"live": live, "after": after, "load": load, "judge": judge}
for line in sys.stdin:
    operation, *arguments = json.loads(line)
    print(json.dumps(OPERATIONS[operation](*arguments)))
