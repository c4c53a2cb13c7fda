"""培训: everything works, and nothing of it counts.

From power-on to power-off the terminal has another ledger, acquirer, working keys and words, so that no flow has to
know: the ledger is in memory, the acquirer in the terminal, and neither flash nor a host hears of anything. That it is
a training is a parameter, which outlives the power; what is done in it does not.
"""

from micropython import const

from suanpan.acquirer.acquirer import Acquirer
from suanpan.crypto.aes_siv import Siv
from suanpan.crypto.secret import Secret
from suanpan.ledger.journal import Journal
from suanpan.ledger.key_store import MAK, TDES
from suanpan.ledger.ledger import Ledger
from suanpan.ledger.pan_vault import PanVault
from suanpan.overlay import Overlay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from suanpan.acquirer.framing import Line
    from suanpan.acquirer.session import Session
    from suanpan.ledger.flash_ring import Record
    from suanpan.ledger.key_store import KeyStore
    from suanpan.terminal import Terminal
    from suanpan.ui.strings import Strings

_FIRST_BATCH = const(990001)  # one that no host has: a slip of the training is found nowhere
_KEYS = b"TRAININGONLYHERE"  # which protect nothing
_SINGLE = const(8)  # bytes of a MAC key of the common suite
_TAG = const(16)  # of a record: what the one behind it is linked to
_MOST = const(64)  # records: some fifteen sales, of which the oldest are forgotten first
_SECTOR = const(64)  # bytes: what is used of one
_ERASE = const(6)  # ioctl of a block device


async def begin_training(t: "Terminal") -> None:
    """To be called before anything is done with the terminal."""
    batch = [_FIRST_BATCH]

    async def call() -> "Line":
        with Overlay():
            from suanpan.acquirer.training_line import TrainingLine

            return TrainingLine(t, batch)  # type: ignore[return-value]

    t.keys = _Keys(t.keys)  # type: ignore[assignment]
    t.acquirer = _Acquirer(call, t.parameters, t.keys, t.random)
    journal = Journal(_Log(), Siv(t.random(32)))  # type: ignore[arg-type]  # FlashLog's part of it
    # Nobody has altered what is in memory alone, and its beginning is missed by nobody.
    journal.verify = lambda start=0: None  # type: ignore[method-assign]
    t.ledger = Ledger(journal, PanVault(_Sector(), 0, t.random(32), t.random), t.parameters.batch_limit)
    t.screen.strings = _Words(t.screen.strings)  # type: ignore[assignment]


class _Acquirer(Acquirer):
    async def connect(self) -> "Session":
        host = await super().connect()
        host.line.suite = host.suite  # type: ignore[attr-defined]
        return host


class _Keys:
    """Such as everybody may know, whoever has been given a master key or not."""

    def __init__(self, live: "KeyStore") -> None:
        self.has = live.has

    def use(self, slot: int, algorithm: int = TDES) -> Secret:
        return Secret(bytearray(_KEYS[:_SINGLE] if slot == MAK and algorithm == TDES else _KEYS))

    def store(self, keys: "dict[int, bytearray]", algorithm: int = TDES) -> None:
        """They stay as they are."""


class _Words:
    """Those that have .training behind their names, where there are any."""

    def __init__(self, strings: "Strings") -> None:
        self._strings = strings
        self.languages = strings.languages
        self.choose = strings.choose

    @property
    def language(self) -> str:
        return self._strings.language

    def get(self, name: str) -> str:
        return self._strings.get(name + ".training") or self._strings.get(name)


class _Log:
    """FlashLog's part of a journal: one sector without an end, whose first records are let go of."""

    number = 0
    sectors = (0, 0)

    def __init__(self) -> None:
        self._records: "list[bytes]" = []
        self._link = b""  # of the oldest that is there

    def mount(self) -> None:
        """There is nothing to find."""

    prepare = turn = mount

    def reserve(self, sectors: int) -> None:
        """There is always room."""

    def starts_sector(self, size: int) -> bool:
        return not self._records

    def append(self, record: bytes, link: bytes) -> int:
        if not self._records:
            self._link = link
        self._records.append(record)
        self.number += 1
        self.release(self.number - _MOST + 1)
        return self.number

    def release(self, number: int) -> None:
        records = self._records
        while len(records) > 1 and self.number - len(records) + 1 < number:
            self._link = records.pop(0)[:_TAG]

    def seek(self, later: "Callable[[Record], bool]") -> int:
        return 0

    def records_from(self, seq: int, last: "int | None" = None, before: int = 0) -> "Iterator[Record]":
        number, link = self.number - len(self._records), self._link
        for record in self._records:
            number += 1
            yield number, link, record
            link = record[:_TAG]

    def newest_sector(self) -> "Iterator[Record]":
        return self.records_from(0)

    def newest_first(self) -> "Iterator[Record]":
        records = self._records
        number = self.number
        for at in range(len(records) - 1, -1, -1):
            yield number, records[at - 1][:_TAG] if at else self._link, records[at]
            number -= 1


class _Sector:
    """As much of a partition as PanVault asks for."""

    def __init__(self) -> None:
        self._bytes = bytearray(_SECTOR)

    def readblocks(self, block: int, buffer: bytearray, offset: int) -> None:
        buffer[:] = self._bytes[offset : offset + len(buffer)]

    def writeblocks(self, block: int, data: "bytes | bytearray", offset: int) -> None:
        self._bytes[offset : offset + len(data)] = data

    def ioctl(self, request: int, argument: int) -> "int | None":
        if request == _ERASE:
            self._bytes[:] = bytes(_SECTOR)
        return 0
