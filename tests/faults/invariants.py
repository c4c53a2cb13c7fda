"""What must hold when the dust has settled, by the word of both sides: each violation in words.

Every transaction is exactly one of approved once, reversed, declined; the records are the totals are the host's books;
the queue is empty because the host has answered; what became of an issuer's script is told once; the chain of records
verifies; the terminal has become ready.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from host_tools.acquirer.chips import results
from tests.faults.bank import TERMINAL
from tests.faults.plastic import SCRIPTS
from tests.faults.rows import PROBED

if TYPE_CHECKING:
    from host_tools.acquirer.ledger import Ledger
    from host_tools.acquirer.store import Store
    from tests.faults.plastic import Scripts

Answer = dict[str, Any]  # of device/live.py
Name = tuple[str, str, str, int]  # kind, batch, STAN, fen: a transaction whose money is where it was moved
Sums = dict[tuple[str, str], tuple[int, int]]  # count and fen by kind and card organisation

_CREDIT: Final = frozenset(("void", "refund", "completion_void"))  # kinds that cardholders are paid by
_HOLD: Final = "pre_auth"  # money is kept, and not moved yet
_LET_GO: Final = "pre_auth_void"
_HELD: Final = (_HOLD, _LET_GO)
_ENDING: Final = frozenset((_LET_GO, "completion", "completion_advice"))  # what ends a hold that has its code
_VOIDS: Final = ("void", "completion_void")

# Statuses of firmware/suanpan/ledger/record.py.
_OPENED, _APPROVED, _DECLINED, _UNANSWERED, _STORED = 2, 3, 4, 5, 8
_ADVISED: Final = (
    "offline_sale",
    "offline_chip",
    "refund",
    "completion_advice",
    "tip",
    "adjustment",
)  # kinds whose slip may come before the host's word
_GOOD: Final = ("title.approved", "title.stored")  # what the screen says while a transaction's slip is printed
_NOT_READ: Final = "30"
_COPIES: Final = 2
_RESULT: Final = 5  # bytes for each script
_DONE: Final = 0x20  # in the first of them (EMV 4.3 Book 4, A5)


@dataclass(frozen=True, slots=True)
class HostBooks:
    """`standing` counts what was approved and not reversed, and what is still held; `paid` is what cardholders have
    spent in all, in fen. `scripted` are the requests that were answered with a script, with their answers' codes;
    `reports` counts what was told of them, and `done` the scripts that have come to their end by that."""

    standing: Counter[Name]
    sums: Sums
    paid: int
    faults: tuple[str, ...]
    scripted: frozenset[tuple[str, str, str]]
    reports: Counter[tuple[str, str]]
    done: int


def host_books(store: Store, ledger: Ledger) -> HostBooks:
    """`standing` and `paid` from the tables alone; `sums` of the open batch and `faults` by the books' own word."""
    rows = store.db.execute(
        """SELECT kind, batch, stan, amount FROM txn
           WHERE tid = ? AND code IN ('00', '10') AND kind NOT LIKE '%reversal'
           AND entry IS NOT NULL AND entry NOT IN (SELECT reverses FROM entry WHERE reverses IS NOT NULL)""",
        (TERMINAL,),
    )
    held = store.db.execute("SELECT ?, batch, stan, amount FROM hold WHERE tid = ? AND stands", (_HOLD, TERMINAL))
    standing = Counter((kind, batch, stan, amount) for kind, batch, stan, amount in (*rows, *held))
    (batch,) = store.db.execute("SELECT batch FROM terminal WHERE tid = ?", (TERMINAL,)).fetchone()
    sums = {key: (totals.count, totals.amount) for key, totals in ledger.sums(TERMINAL, batch).items()}
    (balance,) = store.db.execute(
        "SELECT sum(balance) FROM account WHERE name LIKE 'cardholder %' OR name LIKE 'wallet %'"
    ).fetchone()
    answered = store.db.execute("SELECT batch, stan, code, pan FROM txn WHERE tid = ? AND kind = 'sale'", (TERMINAL,))
    scripted = frozenset((batch, stan, code) for batch, stan, code, pan in answered if pan in SCRIPTS)
    told = store.db.execute(
        "SELECT of_batch, of_stan, chip FROM txn WHERE tid = ? AND kind = 'script_result'", (TERMINAL,)
    ).fetchall()
    reports = Counter((batch, stan) for batch, stan, _ in told)
    done = sum(results(chip)[::_RESULT].count(_DONE) for _, _, chip in told)
    return HostBooks(standing, sums, -balance, tuple(ledger.check()), scripted, reports, done)


def terminal_books(answer: Answer) -> Counter[Name]:
    """The same of the terminal's records."""
    good = [entry for entry in answer["entries"] if _good(entry)]
    ended = {entry["auth_code"] for entry in good if entry["kind"] in _ENDING and not entry["voided"]}
    return Counter(
        (entry["kind"], entry["batch"], entry["stan"], entry["amount"])
        for entry in good
        if entry["kind"] not in _HELD or (entry["kind"] == _HOLD and entry["auth_code"] not in ended)
    )


def net(standing: Counter[Name]) -> int:
    """What these transactions cost the cardholders."""
    signs = dict.fromkeys(_CREDIT, -1) | dict.fromkeys(_HELD, 0)
    return sum(signs.get(kind, 1) * amount * count for (kind, _, _, amount), count in standing.items())


def violations(before: Answer, lives: list[Answer], opening: int, host: HostBooks, scripts: Scripts) -> list[str]:
    """`before` is what the terminal said of itself before all this, `lives` what became of each life since; `opening`
    what cardholders had paid when the bank was new; `scripts` what cards know of theirs."""
    after = lives[-1]
    if after["end"] != "ready":
        return [f"not ready: {after['end']} {after['detail']}".rstrip()]
    if after["broken"]:
        return [f"a journal that is not sound was let pass: {after['broken']}"]
    found = [*_forgotten(before, after), *_unfinished(after), *_sums(after, host.sums), *_words(before, lives)]
    terminal = terminal_books(after)
    found += [f"at the host but not in the terminal: {_told(name)}" for name in host.standing - terminal]
    found += [f"in the terminal but not at the host: {_told(name)}" for name in terminal - host.standing]
    if host.paid - opening != net(terminal):
        found.append(f"cardholders have paid {host.paid - opening}, and the terminal knows of {net(terminal)}")
    found += [f"the host's books: {fault}" for fault in host.faults]
    return found + _scripts(after, host, scripts)


def unread(after: Answer) -> list[str]:
    """What was good and is no more because the host could not read it."""
    refused = [entry["stan"] for entry in after["entries"] if entry["refused"] and entry["response"] == _NOT_READ]
    return [f"transaction {stan} was good, and given up for a bit on the line" for stan in refused]


def altered(lives: list[Answer], before: HostBooks, host: HostBooks) -> list[str] | None:
    """Of a terminal that says it is out of order, as it may whose journal was altered; None of another."""
    if lives[-1]["end"] != "fault":
        return None
    return [] if host == before else ["it went on, and said only then that it is out of order"]


def _good(entry: Answer) -> bool:
    return bool(entry["approved"]) and not entry["refused"]


def _forgotten(before: Answer, after: Answer) -> list[str]:
    """Nothing of the open batch is lost; nothing good goes bad but what the host refuses; a void has its sale."""
    now = {(entry["batch"], entry["stan"]): entry for entry in after["entries"]}
    found = []
    for entry in before["entries"]:
        left = now.get((entry["batch"], entry["stan"]))
        if left is None:
            if entry["number"] > before["settled"]:
                found.append(f"transaction {entry['stan']} was forgotten")
        elif _good(entry) and not _good(left) and entry["status"] != _STORED:
            found.append(f"transaction {entry['stan']} was good, and is no more")
    voided = {entry["number"] for entry in after["entries"] if entry["voided"]}
    voids = {entry["of"] for entry in after["entries"] if entry["kind"] in _VOIDS and _good(entry)}
    return found if voided == voids else [*found, f"records {voided} count as voided, and {voids} are"]


def _unfinished(after: Answer) -> list[str]:
    """What recovery has left undone, though nothing was in its way."""
    found = []
    if after["due"]:
        found.append("a reversal is still due")
    if after["queued"]:
        found.append(f"{after['queued']} transactions are still waiting for the host")
    if after["settling"]:
        found.append("the settlement has no end")
    endless = [entry["stan"] for entry in after["entries"] if entry["status"] in (_OPENED, _UNANSWERED, _STORED)]
    found += [f"transaction {stan} has no end" for stan in endless]
    unprinted = [entry["stan"] for entry in after["entries"] if _good(entry) and entry["printed"] < _COPIES]
    found += [f"transaction {stan} has no slip" for stan in unprinted]
    numbers = Counter((entry["batch"], entry["stan"]) for entry in after["entries"])
    found += [f"voucher number {stan} was used {count} times" for (_, stan), count in numbers.items() if count > 1]
    return found


def _sums(after: Answer, theirs: Sums) -> list[str]:
    """The totals are what the records since the last settlement add up to, and what the host has of the batch."""
    sums: Sums = {}
    for entry in after["entries"]:
        if _good(entry) and entry["batch"] == after["batch"] and entry["number"] > after["settled"]:
            key = entry["kind"], entry["org"]
            count, amount = sums.get(key, (0, 0))
            sums[key] = count + 1, amount + entry["amount"]
    totals = {(kind, org): (count, amount) for kind, org, count, amount in after["totals"]}
    found = [] if sums == totals else [f"the totals are {totals}, the records come to {sums}"]
    moved = {key: sums for key, sums in totals.items() if key[0] not in _HELD}
    theirs = {key: sums for key, sums in theirs.items() if key[0] not in _HELD}
    return found if moved == theirs else [*found, f"the totals are {moved}, the host's {theirs}"]


def _scripts(after: Answer, host: HostBooks, scripts: Scripts) -> list[str]:
    """The host hears once what became of the script in an approval; in a refusal, where the card was there to run it;
    in what was taken back, at most once. Nothing is told as done that no card has done."""
    names = {(batch, stan) for batch, stan, _ in host.scripted}
    found = [f"a script's end was told for {stan}, which had none" for _, stan in host.reports.keys() - names]
    found += [
        f"a script's end was told {count} times for {stan}" for (_, stan), count in host.reports.items() if count > 1
    ]
    for entry in after["entries"]:
        name = entry["batch"], entry["stan"]
        counts = entry["status"] == _APPROVED or (entry["status"] == _DECLINED and scripts.answered)
        if counts and (*name, entry["response"]) in host.scripted and not host.reports[name]:
            found.append(f"the host does not know what became of the script for {entry['stan']}")
    if host.done > scripts.done:
        found.append(f"{host.done} scripts are told as done, and {scripts.done} are")
    return found


def _words(before: Answer, lives: list[Answer]) -> list[str]:
    """What people were told is how it ended. Acts from the `healthy`-th on are the probe, which must have gone well."""
    after = lives[-1]
    known = {(entry["batch"], entry["stan"]) for entry in before["entries"]}
    new = [entry for entry in after["entries"] if (entry["batch"], entry["stan"]) not in known]
    if not (new and new[0]["amount"] == PROBED and _good(new[0])):
        return [f"the terminal does not sell any more: {new[0]['response'] if new else after['told'][-1]}"]
    good = any(_good(entry) for entry in new if entry["amount"] != PROBED)
    # A probe that the power ended leaves its slip to the next life, and the day before may have left one.
    printable = sum(_good(entry) or entry["kind"] in _ADVISED for entry in new) > 1 or any(
        entry["printed"] < _COPIES for entry in before["entries"]
    )
    acts = [act for life in lives for act in life["told"][: life["healthy"] + 1]]
    found = []
    if not printable and any(title in _GOOD and then == "slip" for act in acts for title, then in pairwise(act)):
        found.append("a slip was printed for what did not come about")
    if good and any(title.startswith("title.failed") for act in acts for title in act):
        found.append("the terminal said that nothing was moved, and it was")
    return found


def _told(name: Name) -> str:
    kind, batch, stan, amount = name
    return f"{kind} {batch}/{stan} of {amount}"
