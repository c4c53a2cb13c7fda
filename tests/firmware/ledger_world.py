"""A ledger on an emulated flash chip, and a shop's ordinary acts on it."""

from nor_flash import SECTOR, NorFlash
from suanpan.crypto.aes_siv import Siv
from suanpan.ledger.flash_log import FlashLog
from suanpan.ledger.journal import Journal
from suanpan.ledger.kinds import OFFLINE_SALE, SALE, VOID
from suanpan.ledger.ledger import Ledger
from suanpan.ledger.pan_vault import PanVault

PAN = "6210000000000000007"
MASKED = "621000*********0007"
CARD = {"pan": PAN, "expiry": "3012", "entry_mode": "021"}
MOMENT = {"operator": "01", "date": "261123", "time": "093105"}
ANSWER = {
    "auth_code": "A12345",
    "reference": "112309310001",
    "date": "1123",
    "time": "093107",
    "parties": "01020000",
    "org": "CUP",
}


class Slice:
    """Some sectors of a chip as a partition."""

    def __init__(self, flash, first, count):
        self._flash = flash
        self._first = first
        self._count = count

    def readblocks(self, block, buf, offset=0):
        self._flash.readblocks(self._first + block, buf, offset)

    def writeblocks(self, block, buf, offset=None):
        self._flash.writeblocks(self._first + block, buf, offset)

    def ioctl(self, op, arg):
        return self._count if op == 4 else self._flash.ioctl(op, self._first + arg)


def chip(sectors):
    """A blank chip for a journal of so many sectors."""
    return NorFlash(sectors + 1)


def mounted(flash, limit=9999):
    """The chip's last sector has the key of the card numbers, the others are the journal's."""
    sectors = len(flash.cells) // SECTOR - 1
    journal = Journal(FlashLog(Slice(flash, 0, sectors)), Siv(bytes(range(32))))
    vault = PanVault(
        Slice(flash, sectors, 1), 0, bytes(range(32, 64)), lambda n: bytes(flash.random(256) for _ in range(n))
    )
    return Ledger(journal, vault, limit)


def sign_in(ledger, batch="000001"):
    ledger.signed_in(batch, ledger.stan(), **MOMENT)


def pending(ledger, amount=100, kind=SALE, of=None):
    return ledger.pending(kind, amount, of=of, **CARD, **MOMENT)


def sell(ledger, amount=100, copies=2):
    with pending(ledger, amount) as entry:
        entry.approve(**ANSWER)
    for _ in range(copies):
        entry.copy_printed()
    return entry


def void(ledger, sale):
    with pending(ledger, sale.amount, VOID, sale) as entry:
        entry.approve(**ANSWER)
    return entry


def store(ledger, amount=100, **more):
    """A sale without the host."""
    return ledger.store(OFFLINE_SALE, amount, org="CUP", auth_code="654321", **CARD, **dict(MOMENT, **more))


def silent(ledger, amount=100):
    """A sale that the host does not answer."""
    with pending(ledger, amount) as entry:
        entry.unanswered("98")
    return entry


def sold(ledger):
    """Count and sum of the batch's sales."""
    return ledger.totals().get((SALE, "CUP"), (0, 0))


def attributes(entry):
    return {name: value for name, value in entry.__dict__.items() if name != "_ledger"}
