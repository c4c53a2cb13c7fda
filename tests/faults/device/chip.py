# mypy: ignore-errors
"""The emulated flash chip of the firmware's tests, with every byte a place to stop and every operation counted."""

import nor_flash
from nor_flash import PAGE, SECTOR

BYTES = 8  # one more way to be cut short: exactly `depth` bytes done
WAYS = {"bits": nor_flash.BITS, "weak": nor_flash.WEAK, "swaying": nor_flash.SWAYING}


class PowerCut(BaseException):
    """No `except` in the firmware outlives its power."""


_CUT = PowerCut()  # made before the garbage collector may ask for it, when nothing can be made


class Chip(nor_flash.NorFlash):
    def __init__(self, sectors, journal, failed):
        """`journal` is its range of sectors: before it, in the file system, cells do not waver, and only in it they
        wear. `failed()` is called as the power goes."""
        super().__init__(sectors)
        self._view = memoryview(self.cells)
        self.failed = failed
        self._journal = range(journal.start * SECTOR, journal.stop * SECTOR)
        self.operations = 0
        # [sector, offset, size] of each operation, while somebody wants to know; size 0 if it changes no cell.
        self.log = None
        self._wear = {}  # operation: byte
        self._duds = set()
        self._stale = set()  # sectors that are not as the firmware must think, until they are erased
        self._kept = b""

    # -- what the explorer does --

    def program(self, image):
        """A chip fresh from the reel, with this on it."""
        self.cells[:] = image
        self.erases = [0] * len(self.erases)
        self._mend()

    def keep(self):
        self._kept = bytes(self.cells)

    def restore(self):
        self.cells[:] = self._kept
        self._mend()
        self.misread = -1

    def _mend(self):
        self.weak = {}
        self.worn = {}
        self._stale.clear()

    def switch_on(self, seed, log):
        """Power, chance from `seed`, no faults armed, and the count of operations at zero."""
        self.power_on()
        self._state = seed
        self._wear.clear()
        self._duds.clear()
        self.operations = 0
        self.log = [] if log else None

    def arm(self, fault):
        """("cut", operation, way, depth): a power cut in that operation.

        ("wear", operation, byte): this byte of what it programs loses none of its bits from then on.
        ("dud", operation): nothing comes of it.
        """
        if fault[0] == "cut":
            _, operation, way, depth = fault
            if way in ("before", "after"):
                self.cut(operation, None, way == "after")
            else:
                self.cut(operation, BYTES if way == "bytes" else WAYS[way], depth)
        elif fault[0] == "wear":
            self._wear[fault[1]] = fault[2]
        else:
            self._duds.add(fault[1])

    @property
    def off(self):
        return self._off

    # -- the chip --

    def readblocks(self, block, buf, offset=0):
        if self.weak or self._off:
            super().readblocks(block, buf, offset)
        else:  # nearly always, and by far the most frequent thing that happens in a life
            at = block * SECTOR + offset
            buf[:] = self._view[at : at + len(buf)]

    def _need_power(self):
        if self._off:
            raise _CUT

    def _program(self, at, data):
        if at // SECTOR in self._stale:  # no mistake of the firmware's: the chip keeps the bits that both have
            data = bytes(byte & was for byte, was in zip(data, self.cells[at : at + len(data)]))  # noqa: B905
        super()._program(at, data)

    def _operate(self, at, new, unit):
        if self.log is not None:
            weak = any(at <= address < at + len(new) for address in self.weak)
            size = len(new) if weak or new != self.cells[at : at + len(new)] else 0
            self.log.append((at // SECTOR, at % SECTOR, size))
        if self.operations in self._wear and unit == PAGE and at in self._journal:
            place = at + min(self._wear[self.operations], len(new) - 1)
            self.worn[place] = 0xFF
            new = bytearray(new)
            new[place - at] = self.cells[place]
        if unit == SECTOR:
            self._stale.discard(at // SECTOR)
        if self.operations in self._duds:
            self._stale.add(at // SECTOR)
            new = self.cells[at : at + len(new)]
        self.operations += 1
        try:
            if self._cut and self._cut[:2] == (0, BYTES):
                self._set(at, new[: self._cut[2]])
                self._off = True
                raise nor_flash.PowerCut
            super()._operate(at, new, unit)
        except nor_flash.PowerCut:
            self.failed()
            raise _CUT from None

    def _half(self, at, new, way):
        super()._half(at, new, way if at >= self._journal.start else nor_flash.BITS)
