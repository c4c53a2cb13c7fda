"""A chip card at its contacts (ISO/IEC 7816-3): VCC, RST, CLK, and characters on I/O; what it runs is `handler`.

`handler` is the card's application: a command APDU in, data and status word out. Between it and the wire stand the
answer to reset, PPS, and T=0 or T=1. The card has no clock but CLK, and takes its etu from it. What a reader does
wrong it tells in `complaints`: contacts in the wrong order, characters too close, one talking over the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol as Interface

from host_tools.bench.parts.chip_slot_characters import Characters, Noise
from host_tools.bench.parts.chip_slot_line import Wire
from host_tools.bench.parts.chip_slot_t0 import T0, Habits0
from host_tools.bench.parts.chip_slot_t1 import T1, Habits1

Handler = Callable[[bytes], bytes]

# Basic answers by EMV 4.3, Book 1, 8.2: T=0; T=1 with an IFSC of 254, BWI 4 and CWI 5.
T0_ATR = bytes.fromhex("3B67000053756170616E30")
T1_ATR = bytes.fromhex("3BE700FF8131FE4553756170616E311A")

_CLOCKS_IN_RESET = 400
_F = (372, 372, 558, 744, 1116, 1488, 1860, 0, 0, 512, 768, 1024, 1536, 2048, 0, 0)
_D = (0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0, 0, 0, 0, 0)


class Protocol(Interface):
    def take(self, byte: int, good: bool) -> None:
        """The reader's next character, and whether its parity is right."""

    def off(self) -> None: ...


@dataclass
class Habits:
    """How the card behaves where the standard leaves it free, and what it does wrong."""

    answer_clocks: int = 10_000  # from RST to the answer; 400 to 40,000 are allowed
    mute: bool = False
    pps: str = "accept"  # or "default": answers, but keeps its rate; "ignore"; "garble"
    noise: Noise = field(default_factory=Noise)
    t0: Habits0 = field(default_factory=Habits0)
    t1: Habits1 = field(default_factory=Habits1)


def interface_bytes(atr: bytes) -> tuple[dict[str, int], list[int]]:
    """The interface bytes of an ATR by their names, `TA1` and so on, and the protocols it offers, in order."""
    found: dict[str, int] = {}
    protocols: list[int] = []
    at, index, presence = 2, 1, atr[1] >> 4
    while True:
        for bit, letter in enumerate("ABCD"):
            if presence >> bit & 1 and at < len(atr):
                found[f"T{letter}{index}"] = atr[at]
                at += 1
        following = found.get(f"TD{index}")
        if following is None:
            return found, protocols or [0]
        protocols.append(following & 15)
        presence, index = following >> 4, index + 1


class ChipCard:
    """`warm_atr` is for a card that answers otherwise to a warm reset."""

    def __init__(
        self,
        handler: Handler,
        atr: bytes = T0_ATR,
        habits: Habits | None = None,
        warm_atr: bytes | None = None,
    ) -> None:
        self.handler = handler
        self.atr = atr
        self.warm_atr = atr if warm_atr is None else warm_atr
        self.habits = habits or Habits()
        self.complaints: list[str] = []
        self.resets: list[str] = []  # "cold" or "warm"
        self.reset_clocks: list[int] = []  # how long RST was low before each
        self.rates: list[tuple[int, int]] = []  # F and D, each time they were set
        self.characters = 0  # that have begun on the wire since the card was put in, from either side
        self.on_character: Callable[[], None] = lambda: None
        self._io: Characters | None = None
        self._protocol: Protocol | None = None
        self._powered = self._answered = False
        self._clock_hz = self._rst = 0
        self._low_since_us = 0
        self._pps: bytearray | None = None

    @property
    def io(self) -> Characters:
        assert self._io, "the card is in no slot"
        return self._io

    # -- contacts --

    def plug(self, wire: Wire) -> None:
        self._wire = wire
        self._io = Characters(wire, self.habits.noise, self._take, self.complaints.append)
        self._io.on_character = self._count
        self.characters = 0

    def unplug(self) -> None:
        self._need(not self._powered, "pulled out under power")
        self._stop()
        self.io.unplug()
        self._io = None
        self._powered = self._answered = False
        self._clock_hz = self._rst = 0

    def vcc(self, on: bool) -> None:
        self._need(not self._clock_hz and not self._rst, f"VCC {'on' if on else 'off'} while CLK runs or RST is high")
        self._stop()
        self._powered = on
        self._answered = False

    def clk(self, hz: int) -> None:
        self._need(self._powered, "CLK without VCC")
        self._need(not self._rst, f"CLK {'starts' if hz else 'stops'} while RST is high")
        self._stop()
        self._clock_hz = hz
        self._low_since_us = self._wire.clock.now_us

    def rst(self, level: int) -> None:
        if level == self._rst:
            return
        self._rst = level
        self._stop()
        now = self._wire.clock.now_us
        if not level:
            self._low_since_us = now
            return
        if not self._clock_hz:
            self.complaints.append("RST high without CLK")
            return
        clocks = (now - self._low_since_us) * self._clock_hz // 1_000_000
        self.reset_clocks.append(clocks)
        self._need(clocks >= _CLOCKS_IN_RESET, f"RST low for {clocks} clocks only")
        self.resets.append("warm" if self._answered else "cold")
        if not self.habits.mute:
            self._answer(self.warm_atr if self._answered else self.atr)
        self._answered = True

    def _stop(self) -> None:
        self.io.off()
        if self._protocol:
            self._protocol.off()
            self._protocol = None
        self._pps = None

    # -- answer to reset and PPS --

    def _answer(self, atr: bytes) -> None:
        self._bytes, self._protocols = interface_bytes(atr)
        guard = self._bytes.get("TC1", 0)
        self.rates.append((372, 1))
        self.io.on(self._etu_us(), atr[0] == 0x3F, 0 if guard == 255 else guard)
        self.io.pause(self.habits.answer_clocks * 1e6 / self._clock_hz)
        self.io.say(atr, then=self._answered_whole)

    def _answered_whole(self) -> None:
        specific = self._bytes.get("TA2")
        if specific is None:
            self._pps = bytearray()
            self._speak(self._protocols[0])
        else:
            self._speak(specific & 15)
            self._rate(self._bytes.get("TA1", 0x11))

    def _speak(self, protocol: int) -> None:
        self._protocol = T1(self, self._bytes, self.habits.t1) if protocol == 1 else T0(self, self.habits.t0)

    def _rate(self, ta1: int) -> None:
        self.rates.append((_F[ta1 >> 4], _D[ta1 & 15]))
        self.io.rate(self._etu_us())

    def _etu_us(self) -> float:
        f, d = self.rates[-1]
        return f / d * 1e6 / self._clock_hz

    def _take(self, byte: int, good: bool) -> None:
        if self._protocol and not self._is_pps(byte):
            self._protocol.take(byte, good)

    def _is_pps(self, byte: int) -> bool:
        """Whether the byte belongs to a PPS request, which only the first thing after the ATR can be."""
        request = self._pps
        if request is None or (not request and byte != 0xFF):
            self._pps = None
            return False
        request.append(byte)
        if len(request) > 1 and len(request) == 3 + (request[1] >> 4 & 7).bit_count():
            self._pps = None
            self._negotiate(bytes(request))
        return True

    def _negotiate(self, request: bytes) -> None:
        check = 0
        for part in request:
            check ^= part
        protocol = request[1] & 15
        rate = request[2] if request[1] & 0x10 else 0x11
        if check or protocol not in self._protocols or rate not in (0x11, self._bytes.get("TA1", 0x11)):
            self.complaints.append(f"PPS request {request.hex()} cannot be met")
            return
        self._speak(protocol)
        match self.habits.pps:
            case "accept":
                self.io.say(request, then=lambda: self._rate(rate))
            case "default":
                self.io.say(bytes([0xFF, protocol, 0xFF ^ protocol]))
            case "garble":
                self.io.say(request[:-1] + bytes([request[-1] ^ 1]))

    def _count(self) -> None:
        self.characters += 1
        self.on_character()

    def _need(self, condition: bool, otherwise: str) -> None:
        if not condition:
            self.complaints.append(otherwise)
