"""What a journal costs: its flash with meters on it, and a shop that goes on for as many records as one likes."""

from ledger_world import ANSWER, MOMENT, mounted, sell, sign_in, store, void
from nor_flash import PAGE, SECTOR, NorFlash

SECTORS = 128  # of the journal's partition, 512 KB
_BATCH = 300


class MeteredFlash(NorFlash):
    """Counts as the chip's data sheet does: a program operation over a page's end is one for each page."""

    def __init__(self, sectors: int) -> None:
        super().__init__(sectors)
        self.pages = self.erased = 0
        self.touched: set[int] = set()  # sectors that were read

    def readblocks(self, block: int, buf: bytearray, offset: int = 0) -> None:
        first = block + offset // SECTOR
        self.touched.update(range(first, first + (offset % SECTOR + len(buf) + SECTOR - 1) // SECTOR))
        super().readblocks(block, buf, offset)

    def _program(self, at: int, data: "bytes | bytearray") -> None:
        self.pages += (at % PAGE + len(data) + PAGE - 1) // PAGE
        super()._program(at, data)

    def _erase(self, sector: int) -> None:
        self.erased += 1
        super()._erase(sector)


def opened(flash):
    """The ledger on this flash, in its first batch if it is new."""
    ledger = mounted(flash)
    if not ledger.batch:
        sign_in(ledger)
    return ledger


def records(ledger):
    return ledger._journal.log.number


def trade(ledger, last):
    """Sales with two slips each, now and then one without the host or one taken back, and settlements, until the
    journal has `last` records. An amount is its voucher's number; the erasing is left to idle time."""
    while records(ledger) < last:
        if ledger.state.count >= _BATCH:
            close_batch(ledger)
        number = int(ledger.state.stan) + 1
        if number % 10 == 3:
            store(ledger, number)
        elif number % 10 == 7:
            deliver(ledger, number % 20 == 7)
            sell(ledger, number)
        elif number % 40 == 9:
            void(ledger, sell(ledger, number))
        else:
            sell(ledger, number)
        ledger.prepare()


def deliver(ledger, refused=False):
    """The oldest stored transaction, if there is one."""
    entry = ledger.oldest_unsent
    if entry:
        ledger.delivered(entry, "51" if refused else "00", refused, "112309310009")


def close_batch(ledger):
    while ledger.oldest_unsent:
        deliver(ledger)
    ledger.settling("01", MOMENT["date"], MOMENT["time"])
    ledger.settled("00", False, ANSWER["date"], ANSWER["time"])
    sign_in(ledger, f"{int(ledger.batch) + 1:06}")
