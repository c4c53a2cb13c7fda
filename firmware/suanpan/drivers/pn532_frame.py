"""The PN532's frames (NXP UM0701-02, 6.2.1), in buffers made once.

Slicing makes an object, so each buffer comes with views of its beginning, a step of 16 bytes apart. What we send is one
of them and a rest, which has a buffer and views of its own.
"""

# A viper pointer takes any buffer, where the stubs only know the pointer.
# mypy: disable-error-code="arg-type"

from micropython import const

from suanpan.drivers.pn532_octets import clear, copy, start, total

TYPE_CHECKING = False
if TYPE_CHECKING:
    Readable = bytes | bytearray | memoryview

LONGEST = const(265)  # TFI and data
_STEP = const(16)
_SIZE = const(288)
_SHORT_HEAD = const(5)  # 00 00 FF, length, LCS
_LONG_HEAD = const(8)  # 00 00 FF FF FF, length (2), LCS

# What `Incoming.find` says
NOTHING = const(0)
ACKNOWLEDGED = const(1)
ANSWER = const(2)


class Buffer:
    def __init__(self) -> None:
        self.data = bytearray(_SIZE)
        whole = memoryview(self.data)
        self._views = tuple(whole[:size] for size in range(_STEP, _SIZE + 1, _STEP))

    def view(self, size: int) -> memoryview:
        """The first `size` bytes, and up to 15 more."""
        return self._views[(min(size, _SIZE) - 1) // _STEP]

    def wipe(self) -> None:
        clear(self.data, 0, _SIZE)


class Outgoing(Buffer):
    """A command: `begin`, `put` what belongs to it, `finish`. The frame is then `head`, if there is one, and `rest`."""

    def __init__(self) -> None:
        super().__init__()
        self.code = 0
        self.head: memoryview | None = None
        self._end = 0
        self._rest = bytearray(_STEP)
        rest = memoryview(self._rest)
        self._rests = tuple(rest[:size] for size in range(1, _STEP + 1))
        self.rest = self._rests[0]

    def begin(self, code: int) -> None:
        self.code = code
        data = self.data
        data[_LONG_HEAD] = 0xD4
        data[_LONG_HEAD + 1] = code
        self._end = _LONG_HEAD + 2

    def put(self, source: "Readable", start: int, count: int) -> None:
        """The caller sees to it that there is room: 263 bytes in all."""
        copy(self.data, self._end, source, start, count)
        self._end += count

    def byte(self, value: int) -> None:
        self.data[self._end] = value
        self._end += 1

    def finish(self) -> None:
        data = self.data
        size = self._end - _LONG_HEAD
        data[0] = data[1] = 0
        data[2] = 0xFF
        if size <= 255:
            at = _SHORT_HEAD
            data[3] = size
            data[4] = -size & 0xFF
            copy(data, at, data, _LONG_HEAD, size)
        else:
            at = _LONG_HEAD
            data[3] = data[4] = 0xFF
            data[5] = size >> 8
            data[6] = size & 0xFF
            data[7] = -(data[5] + data[6]) & 0xFF
        end = at + size
        data[end] = -total(data, at, size) & 0xFF
        data[end + 1] = 0
        steps = (end + 1) // _STEP
        rest = end + 2 - steps * _STEP
        copy(self._rest, 0, data, steps * _STEP, rest)
        self.head = self._views[steps - 1] if steps else None
        self.rest = self._rests[rest - 1]

    def wipe(self) -> None:
        super().wipe()
        clear(self._rest, 0, _STEP)


class Incoming(Buffer):
    """What has come. `take` it, `find` a frame in it, `drop` that; the frame is `size` bytes from `at` on, with TFI.

    `got` is how much there is, `missing` how much of a frame that has begun is not there yet, and `damaged` says that
    something was which began like an answer and was none.
    """

    def __init__(self) -> None:
        super().__init__()
        self.got = self.at = self.size = self.missing = self._end = 0
        self.damaged = False

    def forget(self) -> None:
        self.got = self.missing = self._end = 0
        self.damaged = False

    def take(self, piece: "Readable", count: int) -> None:
        if count > _SIZE - self.got:  # no frame is so long
            self.forget()
            self.damaged = True
        copy(self.data, self.got, piece, 0, count)
        self.got += count

    def drop(self) -> None:
        """Done with the frame that was found."""
        self.got -= self._end
        copy(self.data, 0, self.data, self._end, self.got)
        self._end = 0

    def find(self) -> int:
        data = self.data
        got = self.got
        at = 0
        self.missing = 0
        while True:
            at = start(data, at, got)
            if at < 0:
                return NOTHING
            head = 2
            if got < at + head:
                self.missing = 2
                return NOTHING
            size = data[at]
            check = data[at + 1]
            if size + check == 0xFF:
                if size == 0:
                    self._end = at + 2
                    return ACKNOWLEDGED
                if size == 0xFF:  # a NACK, which is not the chip's to send
                    continue
            if size == check == 0xFF:
                head = 5
                if got < at + head:
                    self.missing = head
                    return NOTHING
                size = data[at + 2] << 8 | data[at + 3]
                check = data[at + 4] + (size >> 8)
            if size + check & 0xFF or not 0 < size <= LONGEST:
                self.damaged = True
                continue
            end = at + head + size + 1
            if got < end:
                self.missing = end - got
                return NOTHING
            if total(data, at + head, size + 1):
                self.damaged = True
                continue
            self.at = at + head
            self.size = size
            self._end = end
            return ANSWER
