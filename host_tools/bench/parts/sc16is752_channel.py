"""One of the SC16IS752's UARTs: a 16C450 with FIFOs, and registers that show only when another one lets them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import IntEnum

from host_tools.bench.bus import BoardUart, BringsLine, Clock, Timer, UartPart
from host_tools.bench.uart import Uart

FIFO = 64
_RESET_LCR = 0x1D
_ENHANCED = 0xBF  # in LCR: the registers of the enhanced set show
_RECEIVE_TRIGGERS = (8, 16, 56, 60)  # characters, FCR[7:6]
_TRANSMIT_TRIGGERS = (8, 16, 32, 56)  # spaces, FCR[5:4]
_TIME_OUT_CHARACTERS = 4

# Interrupts, in order of priority (data sheet, table 15): what enables them in IER, and IIR's word for them
_LINE_STATUS, _TIME_OUT, _RECEIVED, _TRANSMITTED = (0x04, 0x06), (0x01, 0x0C), (0x01, 0x04), (0x02, 0x02)


class Register(IntEnum):
    DATA = 0x0  # RHR and THR; DLL
    IER = 0x1  # DLH
    FCR = 0x2  # IIR to be read; EFR
    LCR = 0x3
    MCR = 0x4  # XON1
    LSR = 0x5  # XON2
    MSR = 0x6  # TCR; XOFF1
    SPR = 0x7  # TLR; XOFF2
    TXLVL = 0x8
    RXLVL = 0x9
    IO_DIR = 0xA
    IO_STATE = 0xB
    IO_INTERRUPTS = 0xC
    RESERVED = 0xD
    IO_CONTROL = 0xE
    EFCR = 0xF


class Channel:
    def __init__(
        self,
        name: str,
        part: UartPart | BringsLine,
        crystal_hz: int,
        faults: list[str],
        changed: Callable[[], None],
    ) -> None:
        self._name = name
        self._part = part
        self._crystal_hz = crystal_hz
        self._faults = faults
        self._changed = changed
        self._clock: Clock | None = None
        self._line: BoardUart | None = None
        self._shifting: Timer | None = None
        self._silence: Timer | None = None
        self._divisor = 1
        self._scratch = 0xFF
        self._clear()

    def _clear(self) -> None:
        """The values after a reset (table 7). Divisor and scratchpad keep theirs."""
        self._received: deque[int] = deque()
        self._to_send: deque[int] = deque()
        self._ier = self._mcr = self._fcr = self._efcr = 0
        self._lcr = _RESET_LCR
        self._enhanced = [0] * 5  # EFR, XON1, XON2, XOFF1, XOFF2
        self._levels = [0, 0]  # TCR, TLR
        self._overrun = self._timed_out = self._sent = False

    def attach(self, clock: Clock) -> None:
        self._clock = clock
        self._clear()
        self._divisor = 1
        self._line = (
            self._part.line(clock, self._receive)
            if isinstance(self._part, BringsLine)
            else Uart(self._part, clock, self._receive)
        )
        self._configure()

    def power_off(self) -> None:
        self._stop()
        if self._line:
            self._line.power_off()
        self._part.power_off()
        self._line = self._clock = None

    def reset(self) -> None:
        self._stop()
        self._clear()
        self._configure()
        self._changed()

    def _stop(self) -> None:
        for timer in (self._shifting, self._silence):
            if timer:
                timer.cancel()
        self._shifting = self._silence = None

    # -- registers --

    @property
    def interrupt(self) -> bool:
        return self._cause() is not None

    def write(self, register: Register, value: int) -> None:
        dlab, enhanced = self._lcr & 0x80 and self._lcr != _ENHANCED, self._lcr == _ENHANCED
        allowed = self._enhanced[0] & 0x10  # EFR[4]: what goes beyond a 16C450 may be changed
        if register == Register.LCR:
            self._lcr = value
            self._configure()
        elif enhanced and register in (2, 4, 5, 6, 7):
            self._enhanced[max(0, register - 3)] = value
        elif dlab and register in (0, 1):
            shift = 8 * register
            self._divisor = self._divisor & ~(0xFF << shift) | value << shift
            self._configure()
        elif register == Register.DATA:
            self._transmit(value)
        elif register == Register.IER:
            self._ier = value if allowed else value & 0x0F | self._ier & 0xF0
            self._sent = bool(value & 0x02) and not self._to_send
        elif register == Register.FCR:
            self._set_fifos(value if allowed else value & 0xCF | self._fcr & 0x30)
        elif register == Register.MCR:
            self._mcr = value if allowed else value & 0x1F | self._mcr & 0xE0
            self._configure()
        elif register in (6, 7) and self._mcr & 0x04 and allowed:
            self._levels[register - 6] = value
        elif register == Register.SPR:
            self._scratch = value
        elif register == Register.EFCR:
            self._efcr = value
        else:
            self._faults.append(f"{self._name}: {register.name} is not there to be written, {value:02x}")
        self._changed()

    def read(self, register: Register) -> int:
        dlab, enhanced = self._lcr & 0x80 and self._lcr != _ENHANCED, self._lcr == _ENHANCED
        if enhanced and register in (2, 4, 5, 6, 7):
            return self._enhanced[max(0, register - 3)]
        if dlab and register in (0, 1):
            return self._divisor >> 8 * register & 0xFF
        if register in (6, 7) and self._mcr & 0x04 and self._enhanced[0] & 0x10:
            return self._levels[register - 6]
        match register:
            case Register.DATA:
                return self._take()
            case Register.IER:
                return self._ier
            case Register.FCR:
                return self._identify()
            case Register.LCR:
                return self._lcr
            case Register.MCR:
                return self._mcr
            case Register.LSR:
                return self._line_status()
            case Register.MSR:
                return 0x10  # CTS, as its input is low; nothing has changed
            case Register.SPR:
                return self._scratch
            case Register.TXLVL:
                return self._depth - len(self._to_send)
            case Register.RXLVL:
                return len(self._received)
            case Register.EFCR:
                return self._efcr
            case _:
                return 0

    @property
    def _depth(self) -> int:
        return FIFO if self._fcr & 1 else 1

    @property
    def _character_us(self) -> float:
        mode = self._lcr
        bits = 1 + 5 + (mode & 3) + bool(mode & 8) + (2 if mode & 4 else 1)
        return bits * 1_000_000 / self._baudrate

    @property
    def _baudrate(self) -> float:
        return self._crystal_hz / (4 if self._mcr & 0x80 else 1) / (16 * (self._divisor or 1))

    def _configure(self) -> None:
        """Half a setting is not put on the line: neither the values after a reset nor what stands while DLAB is set."""
        if self._line and self._lcr != _RESET_LCR and not self._lcr & 0x80:
            parity = (2 if self._lcr & 0x10 else 3) if self._lcr & 8 else 0
            self._line.configure(round(self._baudrate), 5 + (self._lcr & 3), parity, 2 if self._lcr & 4 else 1)

    def _set_fifos(self, value: int) -> None:
        if value & 0x02 or (value ^ self._fcr) & 1:
            self._received.clear()
            self._timed_out = False
        if value & 0x04 or (value ^ self._fcr) & 1:
            self._to_send.clear()
        self._fcr = value & ~0x06

    def _line_status(self) -> int:
        status = bool(self._received) | self._overrun << 1
        if not self._to_send:
            status |= 0x20 if self._shifting else 0x60
        self._overrun = False
        self._changed()
        return status

    def _cause(self) -> tuple[int, int] | None:
        """The interrupt of the highest priority."""
        trigger = _RECEIVE_TRIGGERS[self._fcr >> 6] if self._fcr & 1 else 1
        pending = (
            (_LINE_STATUS, self._overrun),
            (_TIME_OUT, self._timed_out),
            (_RECEIVED, len(self._received) >= trigger),
            (_TRANSMITTED, self._sent),
        )
        return next((cause for cause, there in pending if there and self._ier & cause[0]), None)

    def _identify(self) -> int:
        cause = self._cause()
        if cause is _TRANSMITTED:
            self._sent = False
            self._changed()
        return (0xC0 if self._fcr & 1 else 0) | (cause[1] if cause else 0x01)

    # -- characters --

    def _transmit(self, value: int) -> None:
        if len(self._to_send) >= self._depth:
            self._faults.append(f"{self._name}: a character was written to a full FIFO")
            return
        self._to_send.append(value)
        self._sent = False
        if self._shifting is None:
            self._shift()

    def _shift(self) -> None:
        """The next character leaves the FIFO, and takes its time."""
        self._shifting = None
        spaces = self._depth - len(self._to_send)
        if self._to_send and self._clock and self._line:
            character = bytes([self._to_send.popleft()])
            if self._mcr & 0x10:
                self._receive(character)  # looped back, inside
            else:
                self._line.write(character)
            self._shifting = self._clock.call_later(round(self._character_us), self._shift)
        trigger = _TRANSMIT_TRIGGERS[self._fcr >> 4 & 3] if self._fcr & 1 else 1
        if spaces < trigger <= self._depth - len(self._to_send) or not (self._to_send or self._shifting):
            self._sent = True
        self._changed()

    def _receive(self, data: bytes) -> None:
        assert self._clock
        for character in data:
            if len(self._received) >= self._depth:
                self._overrun = True  # and the character is lost
            else:
                self._received.append(character)
        if self._silence:
            self._silence.cancel()
        self._silence = self._clock.call_later(round(_TIME_OUT_CHARACTERS * self._character_us), self._fell_silent)
        self._changed()

    def _fell_silent(self) -> None:
        self._silence = None
        self._timed_out = bool(self._received) and bool(self._fcr & 1)
        self._changed()

    def _take(self) -> int:
        character = self._received.popleft() if self._received else 0
        self._timed_out = False
        if self._received and self._clock and not self._silence:
            self._silence = self._clock.call_later(round(_TIME_OUT_CHARACTERS * self._character_us), self._fell_silent)
        self._changed()
        return character
