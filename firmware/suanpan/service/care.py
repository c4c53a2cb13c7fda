"""保养: how much the parts have worked, and which of them is due.

Nothing is counted while somebody sells: what was swiped, put in, tapped and printed is in the journal, and read there.
A file beside the parameters says up to which record that was done, and what it came to by then: [record, percents of
the battery's charge, and for each part two numbers: in all, and since it was last seen to; then the records of more
merchants' journals]. It is no book: a file that cannot be read begins again, and one that cannot be written is written
the next time. What the battery has given is what it has less of than when somebody looked last; what it is charged with
in between is not seen, so this is the least.

Parts are numbered, not named: each name would stay in memory for ever.
"""

import json

from micropython import const

from suanpan.errors import DriverError
from suanpan.ledger.files import replace_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

PARTS = const(5)  # swipe slot, chip slot, tap reader, printer, battery
_COUNTS = const(12)  # numbers in the file, for one merchant
_WAYS = {2: 0, 5: 1, 7: 2}  # the part of an entry, by how F22 begins
_PRINTER = const(3)
_BATTERY = const(4)
# So much work until a part wants to be seen to; 0 is never. Of a head or a slot: to be cleaned. Of a battery, full
# charges, of which a cell stands some five hundred; they are counted in percents.
_DUE = (1000, 1000, 0, 1000, 50_000)
_PERCENT = const(100)
_MANY = const(20)  # transactions that are worth a write to flash
_MUCH = const(20)  # percents that are
_MOST = const(999)  # read at one time: as many as a batch has
_FILE = "/counters.json"


class Care:
    def __init__(self, t: "Terminal") -> None:
        self._path = t.emv_tables[: t.emv_tables.rindex("/")] + _FILE
        kept = [0, -1] + [0] * 2 * PARTS
        try:
            with open(self._path, "rb") as file:
                found = json.load(file)
            if len(found) >= len(kept) and all(type(count) is int for count in found):
                kept = found
        except (OSError, ValueError, TypeError):
            pass
        kept.extend([0] * (_COUNTS + t.at - len(kept)))
        self._kept = kept
        self.found = 0  # transactions that the file does not know of
        charge = _charge(t)
        self.given = kept[1] - charge if kept[1] >= 0 <= charge else 0  # percents; negative: it was charged
        self._add(_BATTERY, max(0, self.given))
        kept[1] = charge
        of = _COUNTS - 1 + t.at if t.at else 0
        counted = kept[of]
        practised = t.parameters.seldom("training_mode", 0)  # in a journal of its own, whose numbers mean nothing here
        for entry in () if practised else t.ledger.entries():
            if entry.number <= counted or self.found == _MOST:
                break
            kept[of] = max(kept[of], entry.number)
            self.found += 1
            way = _WAYS.get(int(entry.entry_mode[:2]), -1)
            if way >= 0:
                self._add(way, 1)
            self._add(_PRINTER, entry.printed)

    def worked(self, part: int) -> "tuple[int, int]":
        """Since it was seen to, and in all; of the battery full charges."""
        unit = _PERCENT if part == _BATTERY else 1
        return self._kept[2 * part + 3] // unit, self._kept[2 * part + 2] // unit

    def due(self, part: int) -> bool:
        return 0 < _DUE[part] <= self._kept[2 * part + 3]

    def seen_to(self, part: int) -> None:
        self._kept[2 * part + 3] = 0

    def save(self) -> None:
        try:
            replace_file(self._path, json.dumps(self._kept).encode())
        except OSError:
            return

    def _add(self, part: int, count: int) -> None:
        self._kept[2 * part + 2] += count
        self._kept[2 * part + 3] += count


async def remind(t: "Terminal") -> None:
    """At the end of the day, when there is time for it: say what is due, and keep what has been counted."""
    care = Care(t)
    if care.found >= _MANY or abs(care.given) >= _MUCH:
        care.save()
    for part in range(PARTS):
        if care.due(part):
            t.screen.buzzer.alert()
            await t.screen.notice(t.screen.title("care"), t.screen.message(f"due_{part}"))


def _charge(t: "Terminal") -> int:
    """Percents, or -1 where the gauge does not answer."""
    try:
        return t.battery.percent()
    except DriverError:
        return -1
