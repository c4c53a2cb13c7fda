"""A card's half of T=0 (ISO/IEC 7816-3, clause 10): headers in, procedure bytes out, and GET RESPONSE."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from host_tools.bench.parts.chip_slot_card import ChipCard

_GET_RESPONSE = 0xC0
_NULL = b"\x60"
# Of the header alone nobody can tell whether P3 counts what comes or what goes: a card knows its instructions.
_WITH_DATA = frozenset(
    bytes.fromhex("0E 10 16 18 1E 20 22 24 2A 2C 82 86 88 A2 A4 A8 AE D0 D2 D6 DA DB DC DE E0 E2")
)  # fmt: skip


@dataclass
class Habits0:
    think_us: int = 2_000  # for each command
    nulls: int = 0  # how often it says before each answer that it wants more time
    null_every_us: int = 500_000
    one_by_one: bool = False  # acknowledges data byte by byte, with the complement of INS
    says_61: bool = False  # where it could send the data at once


class T0:
    def __init__(self, card: ChipCard, habits: Habits0) -> None:
        self._card = card
        self._habits = habits
        card.io.turnaround_etu = 16
        card.io.error_signal = True
        self._pending = b""  # what GET RESPONSE is for
        self._run = self._commands()
        next(self._run)

    def take(self, byte: int, good: bool) -> None:
        self._run.send(byte)

    def off(self) -> None: ...

    def _commands(self) -> Generator[None, int, None]:
        while True:
            header = bytearray()
            while len(header) < 5:
                header.append((yield))
            ins, p3 = header[1], header[4]
            if ins == _GET_RESPONSE and self._pending:
                self._get_response(p3)
                continue
            self._pending = b""
            if ins in _WITH_DATA and p3:
                data = bytearray()
                while len(data) < p3:
                    if self._habits.one_by_one:
                        self._card.io.say(bytes([ins ^ 0xFF]))
                        data.append((yield))
                    else:
                        self._card.io.say(bytes([ins]))
                        while len(data) < p3:
                            data.append((yield))
                self._answer(bytes(header) + data)
            else:
                self._send_out(bytes(header))

    def _answer(self, command: bytes) -> None:
        """To a command that brought data: what there is to say waits for GET RESPONSE."""
        answer = self._handle(command)
        data, status = answer[:-2], answer[-2:]
        self._pending = data
        if data and status == b"\x90\x00":
            status = bytes([0x61, len(data) & 0xFF])
        self._card.io.say(status)

    def _send_out(self, header: bytes) -> None:
        answer = self._handle(header)
        data, status = answer[:-2], answer[-2:]
        wanted = header[4] or 256
        if not data:
            self._card.io.say(status)
        elif self._habits.says_61:
            self._pending = data
            self._card.io.say(bytes([0x61, len(data) & 0xFF]))
        elif len(data) != wanted:
            self._card.io.say(bytes([0x6C, len(data) & 0xFF]))
        else:
            self._data(header[1], data, status)

    def _get_response(self, p3: int) -> None:
        wanted = p3 or 256
        if wanted > len(self._pending):
            self._card.io.say(bytes([0x6C, len(self._pending)]))
        else:
            data, self._pending = self._pending[:wanted], self._pending[wanted:]
            self._data(_GET_RESPONSE, data, bytes([0x61, len(self._pending)]) if self._pending else b"\x90\x00")

    def _data(self, ins: int, data: bytes, status: bytes) -> None:
        if self._habits.one_by_one:
            acknowledged = b"".join(bytes([ins ^ 0xFF, byte]) for byte in data)
            self._card.io.say(acknowledged + status)
        else:
            self._card.io.say(bytes([ins]) + data + status)

    def _handle(self, command: bytes) -> bytes:
        """The application's answer; the time it takes it passes before the next thing that is said."""
        for _ in range(self._habits.nulls):
            self._card.io.pause(self._habits.null_every_us)
            self._card.io.say(_NULL)
        self._card.io.pause(self._habits.think_us)
        return self._card.handler(command)
