"""What the chip-card tests stand on: the board's UART on a card's line, which hears itself, and pins with a diary."""

from driver_fakes import Timeline
from suanpan.drivers.chip_slot import ChipSlot

CLOCK_HZ = 4_000_000
INVERSE = bytes(int("".join(reversed(f"{byte:08b}")), 2) ^ 0xFF for byte in range(256))


class CardUart:
    """`expect` scripts what must be written and what the card says then: bytes, or a function to be called."""

    def __init__(self):
        self.inits = []  # baud rate and parity, each time
        self.inbox = bytearray()
        self.echo = True
        self.read_at_most = 1000
        self.inverse = False
        self._script = []
        self._written = b""

    def expect(self, data, answer=b""):
        self._script.append((data, answer))

    def play(self, steps):
        """A published trace: ("reader" or "card", hexadecimal), in order."""
        sent = said = b""
        for who, text in steps:
            if who == "reader" and said:
                self.expect(sent, said)
                sent = said = b""
            if who == "reader":
                sent += bytes.fromhex(text)
            else:
                said += bytes.fromhex(text)
        self.expect(sent, said)

    def say(self, data):
        self.inbox.extend(self._on_wire(data))

    def done(self):
        assert not self._script, f"never written: {self._script[0][0].hex()}"
        assert not self._written, f"left half written: {self._written.hex()}"
        self.inbox = bytearray()

    def _on_wire(self, data):
        return bytes(INVERSE[byte] for byte in data) if self.inverse else data

    # -- machine.UART --

    def init(self, baudrate, bits, parity, stop, rxbuf):
        assert (bits, stop) == (8, 2) and rxbuf > 259
        self.inits.append((baudrate, parity))

    def readinto(self, buffer, count):
        count = min(count, len(self.inbox), self.read_at_most)
        buffer[:count] = self.inbox[:count]
        self.inbox = self.inbox[count:]
        return count or None

    def write(self, data):
        if self.echo:
            self.inbox.extend(data)
        self._written += self._on_wire(bytes(data))
        while self._written:
            assert self._script, f"surprise: {self._written.hex()}"
            expected, answer = self._script[0]
            assert expected[: len(self._written)] == self._written[: len(expected)], (
                f"{self._written.hex()} instead of {expected.hex()}"
            )
            if len(self._written) < len(expected):
                break
            self._written = self._written[len(expected) :]
            self._script.pop(0)
            if isinstance(answer, bytes):
                self.say(answer)
            else:
                answer()
        return len(data)


class Pin:
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, name, level, diary):
        self.level = level
        self._name = name
        self._diary = diary
        self.handler = None
        self.on_change = None

    def value(self, level=None):
        if level is None:
            return self.level
        self._diary.append((self._name, level))
        self.level = level
        if self.on_change:
            self.on_change(level)
        return None

    def irq(self, handler, trigger):
        self.handler = handler

    def edge(self, level):
        self.level = level
        self.handler(self)


class Rig:
    """A slot with a card in it; `answers` is what the card says to each edge of RST, one after the other."""

    def __init__(self, *answers):
        self.timeline = Timeline()
        self.uart = CardUart()
        self.diary = []
        self.answers = list(answers)
        self.command_vcc = Pin("CMDVCC", 1, self.diary)
        self.reset = Pin("RSTIN", 0, self.diary)
        self.off = Pin("OFF", 1, self.diary)
        self.reset.on_change = self._on_reset
        self.slot = ChipSlot(self.uart, self.command_vcc, self.reset, self.off, CLOCK_HZ)

    def run(self, start, *background):
        return self.timeline.run(start, *background)

    def _on_reset(self, level):
        if not level:
            return
        answer = self.answers.pop(0) if self.answers else b""
        self.uart.inverse = answer[:1] == b"\x3f"
        self.uart.inbox = bytearray()
        self.uart.say(answer)
