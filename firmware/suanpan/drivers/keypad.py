"""4x4 matrix keypad on eight GPIOs: open-drain rows, pulled-up columns, a key joins its row to its column.

At rest all rows are low, so that any key pulls its column low and the edge wakes the scanner: an idle keypad
costs nothing. A contact is then found by scanning the rows one by one, each three times, 5 ms apart.

The key that is down first and alone wins, and nothing more is taken before all are up: a second key, and the
phantom that three keys of a rectangle make, never reach the queue. Keys that edit or leaf through are taken again and
again while they are held; digits and those that decide something never are.
"""

import asyncio

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from machine import Pin

_SCAN_MS = const(5)
_STEADY = const(3)  # equal looks that make a contact or a release: good keys bounce for less than 10 ms
_QUEUE = const(8)  # keys typed ahead
_REPEATING = ("clear", "up", "down")
_HELD_MS = const(500)  # until a key is taken again
_AGAIN_MS = const(120)  # and between two more times
_MOST = const(24)  # times: a key that hangs keeps nobody from timing out


class Keypad:
    """`run` is the scanner, to be started once as a task; `key` hands out what it found, in order.

    Rows are set up as Pin.OPEN_DRAIN, columns as Pin.IN and Pin.PULL_UP. `legend` names the keys row by row,
    `random(n)` gives n random bytes. While `scrambled` is set (a PIN is being entered) every scan walks the
    rows in a new random order, so that the row lines, seen from outside, do not tell the key. `last_ticks` is
    when the key last handed out was taken (`asyncio.core.ticks`, ms).
    """

    def __init__(
        self,
        rows: "tuple[Pin, ...]",
        columns: "tuple[Pin, ...]",
        legend: "tuple[str, ...]",
        random: "Callable[[int], bytes]",
    ) -> None:
        self.scrambled = False
        self.last_ticks = 0
        self._rows = rows
        self._columns = columns
        self._legend = legend
        self.random = random
        self._order = bytearray(range(len(rows)))
        self._edge = asyncio.ThreadSafeFlag()
        self._pushed = asyncio.Event()
        self._keys = bytearray(_QUEUE)
        self._ticks = [0] * _QUEUE
        self._head = 0
        self._count = 0

    async def run(self) -> None:
        self._rest()
        self._listen()
        if self._touched():
            await self._release()  # what is down from the start hangs, and has not been pressed
        while True:
            await self._until(True)
            key = await self._contact()
            self._push(key)
            await self._release(key)

    async def key(self) -> str:
        """The next key pressed, by its name in the legend."""
        while not self._count:
            self._pushed.clear()
            await self._pushed.wait()
        at = self._head
        name = self._legend[self._keys[at]]
        self.last_ticks = self._ticks[at]
        self._keys[at] = 0  # it may have been a digit of a PIN
        self._head = (at + 1) % _QUEUE
        self._count -= 1
        return name

    def flush(self) -> None:
        """Forget what was typed ahead."""
        for at in range(_QUEUE):
            self._keys[at] = 0
        self._count = 0

    def stuck(self) -> "tuple[str, ...]":
        """The keys that are down at this moment: with nobody at the terminal (self-test), those that hang."""
        down = self._scan()
        return tuple(name for key, name in enumerate(self._legend) if down >> key & 1)

    def _push(self, key: int) -> None:
        if key < 0 or self._count == _QUEUE:
            return
        at = (self._head + self._count) % _QUEUE
        self._keys[at] = key
        self._ticks[at] = asyncio.core.ticks()  # type: ignore[attr-defined]  # the stubs lack it
        self._count += 1
        self._pushed.set()

    def _listen(self) -> None:
        for column in self._columns:
            column.irq(handler=self._on_edge, trigger=column.IRQ_FALLING | column.IRQ_RISING)

    def _on_edge(self, _pin: "Pin") -> None:
        self._edge.set()

    async def _until(self, touched: bool) -> None:
        """Sleep until the columns show some key down (True) or all up (False)."""
        while self._touched() != touched:
            await self._edge.wait()  # an edge of the last scan only makes us look once more

    async def _contact(self) -> int:
        """The key that went down alone and stays down; -1 if that was noise, or several keys at once."""
        first = steady = quiet = 0
        while True:
            down = self._scan()
            if down:
                if not steady or not down & first:
                    first, steady = down, 0
                steady += 1
                quiet = 0
            else:
                steady = 0
                quiet += 1
            if quiet == _STEADY:
                return -1
            if steady == _STEADY:
                break
            await asyncio.sleep_ms(_SCAN_MS)
        if first & (first - 1):
            return -1
        key = -1
        while first:
            first >>= 1
            key += 1
        return key

    async def _release(self, key: int = -1) -> None:
        """Until all are up; `key` is taken again meanwhile if it is one that does, and down alone."""
        left = _MOST if key >= 0 and self._legend[key] in _REPEATING else 0
        quiet = 0
        again_ms = _HELD_MS
        while quiet < _STEADY:
            if not left:
                await self._until(False)
            await asyncio.sleep_ms(_SCAN_MS)
            quiet = 0 if self._touched() else quiet + 1
            again_ms -= _SCAN_MS
            if left and again_ms <= 0:
                left -= 1
                again_ms = _AGAIN_MS
                if self._scan() == 1 << key:
                    self._push(key)

    def _rest(self) -> None:
        for row in self._rows:
            row.value(0)

    def _touched(self) -> bool:
        return any(not column.value() for column in self._columns)

    def _scan(self) -> int:
        """Bit r * columns + c is set where the key of row r and column c is down; leaves the rows at rest."""
        if self.scrambled:
            self._shuffle()
        for row in self._rows:
            row.value(1)
        down = 0
        for r in self._order:
            self._rows[r].value(0)
            bit = 1 << r * len(self._columns)
            for column in self._columns:
                if not column.value():
                    down |= bit
                bit <<= 1
            self._rows[r].value(1)
        self._rest()
        return down

    def _shuffle(self) -> None:
        """Fisher and Yates; a byte modulo 4 or less is even enough for a camouflage."""
        order = self._order
        noise = self.random(len(order) - 1)
        for i in range(len(order) - 1, 0, -1):
            j = noise[i - 1] % (i + 1)
            order[i], order[j] = order[j], order[i]
