"""What the tests of the PN532's driver stand on: its frames, and buses whose other end allocates nothing."""

ACK = b"\x00\x00\xff\x00\xff\x00"
NACK = b"\x00\x00\xff\xff\x00\x00"
ERROR = b"\x00\x00\xff\x01\xff\x7f\x81\x00"


def checked(data: bytes) -> bytes:
    return data + bytes((-sum(data) & 0xFF,))


def framed(data: bytes) -> bytes:
    """The shorter form where that will do, as either side sends it."""
    size = len(data)
    head = bytes((size, -size & 0xFF)) if size <= 255 else b"\xff\xff" + checked(bytes((size >> 8, size & 0xFF)))
    return b"\x00\x00\xff" + head + checked(data) + b"\x00"


def answer(code: int, data: bytes = b"") -> bytes:
    """An answer to the command `code`."""
    return framed(bytes((0xD5, code + 1)) + data)


def command(code: int, data: bytes = b"") -> bytes:
    return framed(bytes((0xD4, code)) + data)


class QuietUart:
    """Answers whatever is written with `reply`."""

    def __init__(self, reply: bytes) -> None:
        self.reply = reply
        self._at = len(reply)

    def write(self, data: "memoryview | bytes") -> int:
        self._at = 0
        return len(data)

    def readinto(self, buffer: "bytearray | memoryview") -> "int | None":
        count = min(len(buffer), len(self.reply) - self._at)
        for i in range(count):
            buffer[i] = self.reply[self._at + i]
        self._at += count
        return count or None


class QuietI2c:
    """Answers whatever is written with an ACK, and with `reply`; a NACK with `reply` alone."""

    def __init__(self, reply: bytes) -> None:
        self._frames = (ACK, reply)
        self._next = 2
        self.nacks = 0

    def writeto(self, address: int, data: "memoryview | bytes") -> int:
        assert address == 0x24
        self._next = len(data) == len(NACK)
        self.nacks += self._next
        return len(data)

    def writevto(self, address: int, vector: "list[memoryview]") -> None:
        assert address == 0x24
        self._next = 0

    def readfrom_into(self, address: int, buffer: "bytearray | memoryview") -> None:
        assert address == 0x24
        buffer[0] = self._next < 2
        if len(buffer) > 1:
            frame = self._frames[self._next]
            self._next += 1
            for i in range(1, len(buffer)):
                buffer[i] = frame[i - 1] if i <= len(frame) else 0


class QuietSpi:
    """The same on SPI; its `select` is itself."""

    def __init__(self, reply: bytes) -> None:
        self._frames = (mirrored(ACK), mirrored(reply))
        self._next = 2
        self._at = -1  # in the frame that is being read
        self._operation = 0
        self.selected = False

    def value(self, level: int) -> None:
        if level and self._at >= 0:
            self._next += 1
        self._at = -1
        self._operation = 0
        self.selected = not level

    def write(self, data: "memoryview | bytes") -> None:
        assert self.selected
        if not self._operation:
            self._operation = data[0]
        else:
            self._next = 0

    def readinto(self, buffer: "bytearray | memoryview") -> None:
        assert self.selected
        if self._operation == 0x40:
            buffer[0] = 0x80 if self._next < 2 else 0
            return
        assert self._operation == 0xC0
        self._at = max(self._at, 0)
        frame = self._frames[self._next]
        for i in range(len(buffer)):
            buffer[i] = frame[self._at] if self._at < len(frame) else 0
            self._at += 1


def mirrored(data: bytes) -> bytes:
    """The bits of each byte turned round."""
    result = bytearray()
    for byte in data:
        turned = 0
        for bit in range(8):
            turned = turned << 1 | byte >> bit & 1
        result.append(turned)
    return bytes(result)
