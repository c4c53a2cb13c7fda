"""A reader of the bench's own: the other side of the slot for those who have no board, such as vpcd and tests.

It is a plain one: it makes no repairs, and a card that does anything but what it should is a ReaderFault. Like a reader
in a computer it deals in TPDUs: T=0 without GET RESPONSE, T=1 as blocks or as whole commands.
"""

from __future__ import annotations

from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts.chip_slot import CLOCK_HZ, ChipSlot
from host_tools.bench.parts.chip_slot_card import interface_bytes
from host_tools.bench.parts.chip_slot_t1 import crc, lrc

_EVEN = 2
_ODD = 3
_INVERSE = bytes(int(f"{byte:08b}"[::-1], 2) ^ 0xFF for byte in range(256))


class ReaderFault(Exception):
    pass


class Pins:
    """GPIOs that a reader drives."""

    def __init__(self) -> None:
        self.levels: dict[int, int] = {}

    def driven(self, pin: int) -> int | None:
        return self.levels.get(pin)

    def pull(self, pin: int) -> int | None:
        return 1

    def changed(self, pin: int) -> None: ...


class Reader:
    """Time passes only while it waits for something; `heard` is all that has come and not been used."""

    def __init__(self, slot: ChipSlot, clock: VirtualClock, clock_hz: int = CLOCK_HZ) -> None:
        self.heard = bytearray()
        self._slot = slot
        self._clock = clock
        self._clock_hz = clock_hz
        self._pins = Pins()
        slot.attach(self._pins, clock)
        self._uart = slot.io.line(clock, self.heard.extend)
        self._drive(slot.pins[0], 1)
        self._drive(slot.pins[1], 0)

    # -- power --

    @property
    def present(self) -> bool:
        return self._slot.level(self._slot.pins[2]) == 1

    def power_on(self) -> bytes:
        """The answer to a cold reset."""
        self.power_off()
        self._drive(self._slot.pins[0], 0)
        return self._reset()

    def reset(self) -> bytes:
        """The answer to a warm one."""
        self._drive(self._slot.pins[1], 0)
        return self._reset()

    def power_off(self) -> None:
        self._drive(self._slot.pins[0], 1)
        self._drive(self._slot.pins[1], 0)
        self.run(1_000)

    def _reset(self) -> bytes:
        self._inverse = False
        self.rate(372, 1)
        self.run(11_000)
        self.heard.clear()
        self._drive(self._slot.pins[1], 1)
        atr = self.receive(2, 42_000 * 1e6 / self._clock_hz + 40 * 12 * self.etu_us)  # TS comes with all the others
        if atr[0] == 0x03:
            self._inverse = True
            self.rate(372, 1)
            atr = bytes([0x3F, _INVERSE[atr[1]]])
        presence, checked = atr[1], False
        while presence & 0xF0:
            atr += self.receive((presence >> 4).bit_count())
            if not presence & 0x80:
                break
            presence = atr[-1]
            checked |= presence & 15 != 0
        atr += self.receive((atr[1] & 15) + checked)
        if checked and lrc(atr[1:]) != b"\0":
            raise ReaderFault(f"check byte of ATR {atr.hex()}")
        names, protocols = interface_bytes(atr)
        specific = names.get("TA2")
        self.protocol = protocols[0] if specific is None else specific & 15
        self._edc = crc if names.get("TC3", 0) & 1 else lrc
        self._ifsc = names.get("TA3", 32)
        self._ns = self._nr = 0
        self._guard = names.get("TC1", 0) % 255
        return atr

    def _drive(self, pin: int, level: int) -> None:
        self._pins.levels[pin] = level
        self._slot.driven(pin)

    def rate(self, f: int, d: int) -> None:
        self.etu_us = f / d * 1e6 / self._clock_hz
        self._uart.configure(round(self._clock_hz * d / f), 8, _ODD if self._inverse else _EVEN, 2)

    # -- characters --

    def send(self, data: bytes) -> None:
        """`data`, and its echo taken off the wire."""
        self.run(22 * self.etu_us)
        on_wire = data.translate(_INVERSE) if self._inverse else data
        if self._guard:
            for byte in on_wire:
                self._uart.write(bytes([byte]))
                self.run((12 + self._guard) * self.etu_us)
        else:
            self._uart.write(on_wire)
        echo = self.receive(len(data))
        if echo != data:
            raise ReaderFault(f"sent {data.hex()}, and heard {echo.hex()}")

    def receive(self, count: int, within_us: float = 2_000_000) -> bytes:
        """The next `count` characters; `within_us` is for each."""
        end = self._clock.now_us + within_us
        while len(self.heard) < count:
            had = len(self.heard)
            due = self._clock.next_us()
            if due is None or due > end:
                raise ReaderFault(f"{had} characters came, not {count}: {bytes(self.heard).hex()}")
            self._clock.advance_to(due)
            if len(self.heard) > had:
                end = self._clock.now_us + within_us
        data = bytes(self.heard[:count])
        del self.heard[:count]
        return data.translate(_INVERSE) if self._inverse else data

    def run(self, duration_us: float) -> None:
        self._clock.advance_to(self._clock.now_us + round(duration_us))

    # -- protocols --

    def negotiate(self, protocol: int, ta1: int) -> bytes:
        """The card's answer to a request for another protocol or rate."""
        request = bytes([0xFF, 0x10 | protocol, ta1])
        self.send(request + lrc(request))
        answer = self.receive(4)
        self.protocol = protocol
        return answer

    def transmit(self, command: bytes) -> bytes:
        """A command by the card's protocol: the data and status word of one TPDU in T=0, the whole answer in T=1."""
        return self.command(command) if self.protocol == 1 else self.tpdu(command)

    def tpdu(self, command: bytes) -> bytes:
        header = command[:5].ljust(5, b"\0")
        data = command[5 : 5 + header[4]]
        answer = b""
        self.send(header)
        while True:
            procedure = self.receive(1)[0]
            if procedure == 0x60:
                continue
            if procedure & 0xF0 in (0x60, 0x90):
                return answer + bytes([procedure]) + self.receive(1)
            if procedure not in (header[1], header[1] ^ 0xFF):
                raise ReaderFault(f"procedure byte {procedure:02x}")
            whole = procedure == header[1]
            if data:
                self.send(data if whole else data[:1])
                data = b"" if whole else data[1:]
            else:
                answer += self.receive((header[4] or 256) - len(answer) if whole else 1)

    def block(self, block: bytes) -> bytes:
        """One block there and one back, check bytes included."""
        self.send(block)
        head = self.receive(3)
        return head + self.receive(head[2] + len(self._edc(b"")))

    def command(self, command: bytes) -> bytes:
        answer = b""
        while len(command) > self._ifsc:
            pcb, _ = self._ask(self._ns << 6 | 0x20, command[: self._ifsc])
            command = command[self._ifsc :]
            self._ns ^= 1
            if pcb != 0x80 | self._ns << 4:
                raise ReaderFault(f"a chained block is answered by {pcb:02x}")
        pcb, data = self._ask(self._ns << 6, command)
        self._ns ^= 1
        while True:
            if pcb & 0x80 or pcb >> 6 & 1 != self._nr:
                raise ReaderFault(f"a block {pcb:02x} with N(S) {self._nr} due")
            self._nr ^= 1
            answer += data
            if not pcb & 0x20:
                return answer
            pcb, data = self._ask(0x80 | self._nr << 4)

    def _ask(self, pcb: int, data: bytes = b"") -> tuple[int, bytes]:
        """A block and the answer to it, with the card's own requests answered in between."""
        while True:
            block = bytes([0, pcb, len(data)]) + data
            answer = self.block(block + self._edc(block))
            check = len(self._edc(b""))
            if self._edc(answer[:-check]) != answer[-check:]:
                raise ReaderFault(f"check bytes of block {answer.hex()}")
            if answer[1] not in (0xC1, 0xC3):
                return answer[1], answer[3:-check]
            pcb, data = answer[1] | 0x20, answer[3:-check]
            if answer[1] == 0xC1:
                self._ifsc = data[0]
