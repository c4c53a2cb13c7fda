"""QR and bar code scanner GM65 on a UART: 9600 baud, 8N1, until it is told otherwise.

After Hangzhou Grow's "GM65 Bar Code Reader Module User Manual", section 8: commands read and write single bytes, its
zone bits, and save them. A command with a wrong CRC, or one that takes longer than 400 ms, is not answered; AB CD
passes for any CRC. What it reads goes out as it is, with the tail of zone 0x0060 behind it.

Not from the manual, but from what other people's programs count on: the divisor of the baud rate comes with its lower
byte first; the answer to a new baud rate still goes out at the old one. How long reading a code takes is a guess.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable

from host_tools.bench.bus import BoardUart, Clock, Timer, UartLine
from host_tools.bench.parts.rated_line import RatedLine

MODE, TRIGGER, SETTING_CODES, INTERVAL, READING_TIME = 0x0000, 0x0002, 0x0003, 0x0005, 0x0006
SAME_CODE, BAUD, TAIL, HARDWARE, VERSION, YEAR = 0x0013, 0x002A, 0x0060, 0x00E1, 0x00E2, 0x00E3
MANUAL, COMMAND, CONTINUOUS, SENSOR = range(4)  # the two lowest bits of MODE

_FACTORY = {
    MODE: 0xD4, SETTING_CODES: 0x01, INTERVAL: 0x0A, READING_TIME: 0x32, BAUD: 0x39, BAUD + 1: 0x01, TAIL: 0x01,
    HARDWARE: 0x64, VERSION: 0x87, YEAR: 0x12,
}  # fmt: skip
_TAILS = (b"\r", b"\r\n", b"\t", b"")
_HEAD = b"\x7e\x00"
_READ, _WRITE, _SAVE = 7, 8, 9
_DONE = b"\x02\x00\x00\x01\x00\x33\x31"
_ANY_CRC = b"\xab\xcd"
_COMMAND_LIMIT_US = 400_000
_ANSWER_US = 2_000
_DECODE_US = 120_000
_TENTH_US = 100_000


class Scanner:
    def __init__(self) -> None:
        self.faults: list[str] = []  # settings that this emulator does not know
        self.beeps = 0  # codes read
        self.reading = False  # the light is on
        self._saved = bytearray(256)
        for zone, value in _FACTORY.items():
            self._saved[zone] = value
        self.zones = bytearray(self._saved)
        self.baudrate = 9600
        self._shown: bytes | None = None
        self._line: UartLine | None = None
        self._clock: Clock | None = None
        self._command = bytearray()
        self._command_since = 0
        self._last: tuple[bytes, int] = (b"", 0)
        self._timers: list[Timer] = []  # of reading
        self._answers: list[Timer] = []

    def line(self, clock: Clock, deliver: Callable[[bytes], None]) -> BoardUart:
        return RatedLine(self, clock, deliver)

    def attach(self, line: UartLine, clock: Clock) -> None:
        self._line = line
        self._clock = clock
        self.zones = bytearray(self._saved)
        self._new_rate()
        self._command.clear()
        self._last = (b"", 0)
        self._new_mode()

    def power_off(self) -> None:
        """What was set and not saved is lost."""
        self._rest()
        for timer in self._answers:
            timer.cancel()
        self._line = self._clock = None

    # -- what a person does --

    def show(self, code: bytes | None) -> None:
        """Holds a code before the window, and leaves it there; None takes it away."""
        self._shown = code
        if self._clock is None:
            return
        if self.mode == SENSOR and code is not None:
            self._read()
        elif self.reading:
            self._look()

    def show_setting_code(self, zone: int, value: int) -> None:
        """One of the manual's codes, which set the scanner up if it lets them. It has to be reading."""
        if self.reading and self.zones[SETTING_CODES] & 1:
            self._set(zone, bytes([value]))

    def press(self) -> None:
        """The button on the module, in manual mode."""
        if self.mode == MANUAL and self._clock:
            self._read()

    def release(self) -> None:
        if self.mode == MANUAL:
            self._rest()

    @property
    def mode(self) -> int:
        return self.zones[MODE] & 3

    # -- commands --

    def receive(self, data: bytes) -> None:
        if self._clock is None:
            return
        for byte in data:
            self._command.append(byte)
            if len(self._command) == 1:
                self._command_since = self._clock.now_us
            elif self._clock.now_us - self._command_since > _COMMAND_LIMIT_US:
                self._command = bytearray([byte])
                self._command_since = self._clock.now_us
            self._try()

    def _try(self) -> None:
        """Obeys the command if it is whole, drops what cannot become one."""
        command = self._command
        while command and not (_HEAD.startswith(command) or command.startswith(_HEAD)):
            del command[0]
        if len(command) < 4:
            return
        kind, count = command[2], command[3] or 256
        size = 6 + (count if kind == _WRITE else 1) + 2
        if len(command) < size:
            return
        body, check = bytes(command[2 : size - 2]), bytes(command[size - 2 : size])
        del command[:]
        if check in (binascii.crc_hqx(body, 0).to_bytes(2, "big"), _ANY_CRC):
            self._obey(kind, int.from_bytes(body[2:4], "big"), body[4:])

    def _obey(self, kind: int, zone: int, data: bytes) -> None:
        if kind == _READ:
            count = data[0] or 256
            if zone + count <= len(self.zones):
                body = bytes([0, count & 0xFF]) + self.zones[zone : zone + count]
                self._send(b"\x02\x00" + body + binascii.crc_hqx(body, 0).to_bytes(2, "big"))
        elif kind == _WRITE:
            if zone + len(data) <= len(self.zones):
                self._send(_DONE, lambda: self._set(zone, data))
        elif kind == _SAVE:
            self._saved = bytearray(self.zones)
            self._saved[TRIGGER] = 0
            self._send(_DONE)

    def _send(self, data: bytes, afterwards: Callable[[], None] = lambda: None) -> None:
        assert self._clock

        def answer() -> None:
            if self._line:
                self._line.send(data)
                afterwards()

        self._answers = [*self._answers[-3:], self._clock.call_later(_ANSWER_US, answer)]

    def _set(self, zone: int, data: bytes) -> None:
        for at, value in enumerate(data, zone):
            self.zones[at] = value
            if at not in _FACTORY and at not in (TRIGGER, SAME_CODE):
                self.faults.append(f"zone {at:04x} set to {value:02x}")
            if at == MODE:
                self._new_mode()
            elif at == TRIGGER and self.mode == COMMAND:
                if value & 1:
                    self._read()
                else:
                    self._rest()
        if zone <= BAUD + 1 and zone + len(data) > BAUD:
            self._new_rate()

    def _new_rate(self) -> None:
        divisor = int.from_bytes(self.zones[BAUD : BAUD + 2], "little") & 0x1FFF
        self.baudrate = 3_000_000 // (divisor or 1)

    def _new_mode(self) -> None:
        self._rest()
        if self.mode == CONTINUOUS:
            self._read()

    # -- reading --

    def _read(self) -> None:
        self._rest()
        assert self._clock
        self.reading = True
        limit = self.zones[READING_TIME]
        if limit and self.mode != CONTINUOUS:
            self._timers.append(self._clock.call_later(limit * _TENTH_US, self._rest))
        self._look()

    def _look(self) -> None:
        if self._shown is not None and self._clock:
            self._timers.append(self._clock.call_later(_DECODE_US, lambda code=self._shown: self._decoded(code)))  # type: ignore[misc]

    def _rest(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self.reading = False
        self.zones[TRIGGER] &= ~1

    def _decoded(self, code: bytes) -> None:
        """The code was long enough before the window; if it is there no longer, or was just read, nothing follows."""
        if not self.reading or code is not self._shown or self._line is None or self._clock is None:
            return
        now = self._clock.now_us
        last, at = self._last
        delay = self.zones[SAME_CODE]
        if delay & 0x80 and code == last and now - at < (delay & 0x7F) * _TENTH_US:
            self._timers.append(self._clock.call_later(_TENTH_US, lambda: self._decoded(code)))
            return
        self._last = (code, now)
        self.beeps += 1
        tail = _TAILS[self.zones[TAIL] >> 5 & 3] if self.zones[TAIL] & 1 else b""
        self._line.send(code + tail)
        self._rest()
        if self.mode == CONTINUOUS:
            interval = self.zones[INTERVAL] * _TENTH_US
            self._timers.append(self._clock.call_later(interval, self._read))
