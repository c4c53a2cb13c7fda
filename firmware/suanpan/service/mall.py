"""A cash desk that sells for several merchants: one terminal for each of them, in one case.

Each has its numbers, keys, journal, and with it batch, vouchers, queue and totals; seals of one open nothing of
another. What the flows see is one of them at a time, and none has to know: `turn` puts another one's things in their
places, and nobody else's are in memory. Nothing is written down of it: what a merchant owes its host is in its journal,
and found at power-on.
"""

from micropython import const

from suanpan.errors import DriverError
from suanpan.flows.idle import unsent
from suanpan.flows.merchants import power_on
from suanpan.ledger.key_store import TMK
from suanpan.ledger.ledger import Ledger
from suanpan.ledger.mall_parameters import MallParameters
from suanpan.ledger.region import Region, share
from suanpan.terminal import Terminal
from suanpan.ui.mall_screen import MallScreen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from suanpan.acquirer.framing import Line
    from suanpan.ledger.flash_ring import Partition
    from suanpan.ledger.key_store import KeyStore

    Records = list[Any]  # key store, journal and vault: main.py
    Opened = Callable[[int], Awaitable[Records]]
    Sealed = Callable[..., Awaitable[Records]]  # main.py

_COUNT = const(4)  # ioctl of a block device

# What a merchant owes, as it was when another one was turned to.
NOTHING = const(0)
UNSETTLED = const(1)
UNSENT = const(2)


def load(
    path: str, flash: "Partition", sealed: "Sealed"
) -> "tuple[MallParameters, Region, Sealed, Callable[[Terminal], Awaitable[None]]]":
    """For main.py: the parameters, the first merchant's part of the journal's flash, what opens that, and what goes on
    from power-on."""
    parameters: MallParameters = MallParameters.load(path)  # type: ignore[assignment]
    size = share(flash.ioctl(_COUNT, 0) or 0, len(parameters.merchants))
    now: "list[Records]" = []

    async def opened_first(of: bytes, partition: "Partition") -> "Records":
        now.append(await sealed(of, partition))
        return now[0]

    async def opened(at: int) -> "Records":
        """The last sector of a part has the key of the card numbers, but for the first merchant's."""
        part = Region(flash, at * size, size)
        if not at:
            return await sealed(b"", part)
        return await sealed(str(at + 1).encode(), Region(flash, at * size, size - 1), (part, size - 1))

    async def begin(t: Terminal) -> None:
        mall = Mall(t, opened, now[0], path.rsplit("/", 1)[0] + "/names.bin")
        if await mall.keyed():
            await power_on(mall)
            return
        from suanpan.flows.race import first
        from suanpan.service.mall_loading import be_loaded

        await first(be_loaded(mall), power_on(mall))

    return parameters, Region(flash, 0, size), opened_first, begin


class Mall(Terminal):
    """`at` is the index of the merchant whose terminal this is now, `proposed` of the one that was chosen last."""

    parameters: MallParameters
    screen: MallScreen

    def __init__(self, t: Terminal, opened: "Opened", records: "Records", names: str) -> None:
        """`t` is the first merchant's, which gives all to this one. `records` become those of whoever is turned to;
        `names` is the path of the font for names."""
        for name, value in t.__dict__.items():
            setattr(self, name, value)
        self.screen = MallScreen(t.screen, names)
        self.at = self.proposed = 0
        self.count = len(self.parameters.merchants)
        self._opened = opened
        self._records = records
        self._call = t.acquirer.call
        self.acquirer.call = self._calling
        del t.keys, t.ledger
        self._asked = False  # whether anybody has been called since the last turn
        self._owes = bytearray([UNSENT] * self.count)  # until it is known better
        self._owes[0] = NOTHING
        self._checked = bytearray(self.count)  # whether all records of a journal have been looked at
        self._signed_in = bytearray(self.count)

    def name(self, at: int) -> str:
        names: "dict[str, str]" = self.parameters.merchants[at]["merchant_name"]  # type: ignore[assignment]
        return names[self.screen.strings.language]

    async def turn(self, at: int) -> None:
        """Be the terminal of the merchant of this index. A training stays with the one that it began with.

        Raises JournalBroken, and what the holder of the secrets does: then it stays what it was.
        """
        if at == self.at or self.parameters.seldom("training_mode", 0):
            return
        records = await self._opened(at)
        ledger = Ledger(records[1], records[2], self.parameters.batch_limit)
        if not self._checked[at]:
            ledger.verify()
        self._owes[self.at] = self._owing()
        self._signed_in[self.at] = self.signed_in
        self.at = at
        self._owes[at] = NOTHING
        self._asked = False
        self.signed_in = bool(self._signed_in[at])
        self.parameters.turn(at)
        self._records[:] = records
        self.ledger = ledger
        self.keys = self.acquirer.keys = records[0]
        self.torn = None  # no card finishes at one what it began at another

    async def keyed(self) -> bool:
        """Whether every merchant has a master key."""
        for at in range(self.count):
            if not (await self.keys_of(at)).has(TMK):
                return False
        return True

    async def keys_of(self, at: int) -> "KeyStore":
        keys: "KeyStore" = (await self._opened(at))[0]
        return keys

    async def turn_to_debtor(self) -> None:
        """To whoever owes most, so that what may not be done while anybody owes anything is not."""
        await self.turn(self._debtor(NOTHING))

    def settled(self) -> bool:
        return super().settled() and not any(self._owes)

    async def prepare(self) -> bool:
        """Whoever is to tell its host something is turned to, once the one before has told all, or could not; then
        whoever has old records that nobody has looked at since power-on."""
        if self.parameters.seldom("training_mode", 0):
            return self.ledger.prepare()
        try:
            if self._asked or not unsent(self):
                await self.turn(self._debtor(UNSETTLED))
            if self.ledger.prepare():
                return True
            self._checked[self.at] = 1
            unchecked = self._checked.find(b"\0")
            if unchecked >= 0 and not unsent(self):
                await self.turn(unchecked)
            return unchecked >= 0
        except DriverError:  # of the secrets' holder: whoever sells next will be told
            return False

    def _owing(self) -> int:
        return UNSENT if unsent(self) else NOTHING if super().settled() else UNSETTLED

    def _debtor(self, floor: int) -> int:
        """The next one that owes most, if that is more than `floor`, or else this one again."""
        owes = bytearray(self._owes)
        owes[self.at] = self._owing()
        found, most = self.at, floor
        for ahead in range(1, self.count + 1):
            at = (self.at + ahead) % self.count
            if owes[at] > most:
                found, most = at, owes[at]
        return found

    async def _calling(self) -> "Line":
        self._asked = True
        return await self._call()
