"""NOR flash in memory behind esp32.Partition's block interface, with a plug that can be pulled at any operation.

Programming only clears bits and the chip does it in pages of 256 bytes; erasing sets a sector of 4096. A byte FF
leaves its cell alone; any other attempt to set a bit by programming is a mistake, and fails here.

An operation that the power cut interrupts leaves its cells in one of four ways; how far it had come is a depth from 0
to DEPTH. PREFIX: so many of its bytes done. In the others, the pages before the one in hand are done, and of that one
BITS: a random choice of bits, WEAK: all bits read at random, every time, until they are programmed or erased
again, SWAYING: the same, but every other time or so they all read as if they were done.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    Bytes = bytes | bytearray

SECTOR = 4096
PAGE = 256
DEPTH = 16

PREFIX, BITS, WEAK, SWAYING = range(4)
WAYS = (PREFIX, BITS, WEAK, SWAYING)


class PowerCut(Exception):
    pass


class NorFlash:
    def __init__(self, sectors: int, seed: int = 1) -> None:
        self.cells = bytearray(b"\xff" * (sectors * SECTOR))
        self.erases = [0] * sectors
        self.programs = self.programmed = self.reads = self.bytes_read = 0
        self.worn: dict[int, int] = {}  # address -> bits that can no more be cleared
        self.misread = -1  # the address that the next reading of it gets wrong
        self.calm = False  # weak cells read as before the operation, for as long as this is set
        self.weak: dict[int, tuple[int, bool]] = {}  # address -> (bits, whether they sway)
        self._state = seed
        self._cut: tuple[int, int | None, int] | None = None
        self._off = False

    # -- the block interface ---------------------------------------------------------------------------

    def readblocks(self, block: int, buf: bytearray, offset: int = 0) -> None:
        self._need_power()
        at = block * SECTOR + offset
        assert at >= 0 and at + len(buf) <= len(self.cells)
        self.reads += 1
        self.bytes_read += len(buf)
        buf[:] = self.cells[at : at + len(buf)]
        if at <= self.misread < at + len(buf):
            buf[self.misread - at] ^= 0xFF
            self.misread = -1
        if self.weak and not self.calm:
            done = self.random(2)
            for address, (bits, swaying) in self.weak.items():
                if at <= address < at + len(buf):
                    buf[address - at] ^= bits if done and swaying else bits & self.random(256)

    def writeblocks(self, block: int, buf: "Bytes", offset: "int | None" = None) -> None:
        if offset is None:
            for i in range(len(buf) // SECTOR):
                self._erase(block + i)
            offset = 0
        self._program(block * SECTOR + offset, buf)

    def ioctl(self, op: int, arg: int) -> int:
        if op == 4:
            return len(self.cells) // SECTOR
        if op == 5:
            return SECTOR
        if op == 6:
            self._erase(arg)
        return 0

    # -- faults ----------------------------------------------------------------------------------------

    def cut(self, operation: int, way: "int | None" = None, depth: int = 0) -> None:
        """Cut the power in the operation-th program or erase from now (0: the next one): after `depth` of DEPTH
        of it, in a `way`, or if there is no way, before it (depth 0) or after it."""
        self._cut = operation, way, depth

    def power_on(self) -> None:
        self._off = False
        self._cut = None

    def random(self, below: int) -> int:
        """The same numbers in every interpreter (Marsaglia's xorshift)."""
        x = self._state
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        self._state = x
        return (x >> 8) % below

    # -- the chip --------------------------------------------------------------------------------------

    def _need_power(self) -> None:
        if self._off:
            raise PowerCut

    def _program(self, at: int, data: "Bytes") -> None:
        assert at >= 0 and at + len(data) <= len(self.cells)
        self.programs += 1
        self.programmed += len(data)
        old = self.cells[at : at + len(data)]
        # As one number, where that will do: this is most of the work of the tests of the ledger.
        asked, was = int.from_bytes(data, "big"), int.from_bytes(old, "big")
        if asked & ~was:
            assert not any(new & ~was and new != 0xFF for new, was in zip(data, old)), "programming only clears bits"
        if self.worn:
            new = bytes(was & (byte | self.worn.get(at + i, 0)) for i, (byte, was) in enumerate(zip(data, old)))
        else:
            new = (asked & was).to_bytes(len(data), "big")
        self._operate(at, new, PAGE)

    def _erase(self, sector: int) -> None:
        self.erases[sector] += 1
        self._operate(sector * SECTOR, b"\xff" * SECTOR, SECTOR)

    def _operate(self, at: int, new: bytes, unit: int) -> None:
        """Bring the cells from `at` on to `new`, as far as the power lasts."""
        self._need_power()
        if self._cut is None:
            self._set(at, new)
            return
        later, way, depth = self._cut
        if later:
            self._cut = later - 1, way, depth
            self._set(at, new)
            return
        self._off = True
        if way is None:
            if depth:
                self._set(at, new)
        elif way == PREFIX:
            self._set(at, new[: len(new) * depth // DEPTH])
        else:
            # The chip works through the units (pages) one after the other; depth chooses one of them.
            first = at // unit * unit
            units = (at + len(new) - first + unit - 1) // unit
            start = max(0, first + units * depth // (DEPTH + 1) * unit - at)
            self._set(at, new[:start])
            end = min(len(new), (at + start) // unit * unit + unit - at)
            for i in range(start, end):
                self._half(at + i, new[i], way)
        raise PowerCut

    def _half(self, at: int, new: int, way: int) -> None:
        was = self.cells[at]
        if way == BITS:
            self.cells[at] = was ^ (was ^ new) & self.random(256)
        else:
            weak = was ^ new | self.weak.get(at, (0,))[0]
            if weak:
                self.weak[at] = weak, way == SWAYING

    def _set(self, at: int, new: bytes) -> None:
        erasing = len(new) == SECTOR
        for address in [address for address in self.weak if at <= address < at + len(new)]:
            bits, swaying = self.weak[address]
            bits &= 0 if erasing else new[address - at]
            if bits:
                self.weak[address] = bits, swaying
            else:
                del self.weak[address]
        self.cells[at : at + len(new)] = new
