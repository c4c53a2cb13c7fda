"""Boards that an archive is made of and restored to."""

from ledger_world import MOMENT, Slice
from nor_flash import NorFlash
from suanpan.crypto.aes_siv import Siv
from suanpan.ledger.backup import archive
from suanpan.ledger.backup_restore import Restoration
from suanpan.ledger.flash_log import FlashLog
from suanpan.ledger.journal import Journal
from suanpan.ledger.ledger import Ledger
from suanpan.ledger.pan_vault import PanVault

SECTORS = 8
KEY = bytes(range(100, 132))
TERMINAL = "10000001"
NUMBER = bytes(range(200, 216))
MOMENT_OF_IT = "261123180000"


class Board:
    """A flash and what is made of it; `seed` makes its secrets its own."""

    def __init__(self, sectors=SECTORS, seed=1):
        self.flash = NorFlash(sectors + 1, seed)
        self.sectors = sectors
        self.seed = seed
        self.switch_on()

    def switch_on(self):
        self.flash.power_on()
        return self.mount()

    def mount(self):
        self.journal = Journal(
            FlashLog(Slice(self.flash, 0, self.sectors)), Siv(bytes((self.seed + i) % 256 for i in range(32)))
        )
        self.vault = PanVault(
            Slice(self.flash, self.sectors, 1),
            0,
            bytes((self.seed * 7 + i) % 256 for i in range(32)),
            lambda n: bytes(self.flash.random(256) for _ in range(n)),
        )
        self.ledger = Ledger(self.journal, self.vault, 9999)
        return self.ledger

    def save(self, key=KEY, terminal=TERMINAL, number=NUMBER):
        return list(archive(self.journal, self.vault, Siv(key), terminal, number, MOMENT_OF_IT))

    def restoration(self, key=KEY, terminal=TERMINAL):
        return Restoration(self.journal, self.vault, Siv(key), terminal)

    def restore(self, items, **how):
        restoration = self.restoration(**how)
        for item in items:
            restoration.feed(item)
        return restoration

    def records(self):
        """Number, event and fields of every record, oldest first."""
        return [
            (number, event, {name: value for name, value in fields.items() if name != "card"})
            for number, event, fields in reversed(list(self.journal.newest_first()))
        ]


def settle(ledger):
    ledger.settling("01", MOMENT["date"], MOMENT["time"])
    ledger.settled("00", False, MOMENT["date"], MOMENT["time"])


def deliver(ledger):
    ledger.delivered(ledger.oldest_unsent, "00", False, "112309310009")
