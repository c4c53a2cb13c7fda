"""A card as a machine that answers command APDUs: `exchange`. It selects; the rest is the selected application's."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from host_tools.cards.application import (
    NO_INSTRUCTION,
    NO_RECORD,
    NOT_FOUND,
    NOT_NOW,
    WRONG_LENGTH,
    WRONG_PARAMETERS,
    Application,
    Interface,
    Status,
)
from host_tools.cards.session import Session
from host_tools.cards.tlv import tlv

if TYPE_CHECKING:
    from pathlib import Path

    from host_tools.cards.entries import CardEntry
    from host_tools.cards.state import CardState

Random = Callable[[int], bytes]

PSE: Final = b"1PAY.SYS.DDF01"
PPSE: Final = b"2PAY.SYS.DDF01"
_DIRECTORY: Final = 1  # SFI
_KERNELS: Final = {"Mastercard": b"\x02", "Visa": b"\x03", "UnionPay": b"\x07"}  # 9F2A, EMV Contactless Book B

_BLOCKED = 0x6A81
_INVALIDATED = 0x6283
_UNKNOWN_CLASS = 0x6E00
_CLASSES = (0x00, 0x80, 0x84, 0x04, 0x8C)


class Card:
    """`random` gives the card's own numbers; `path` is where its state is kept."""

    def __init__(
        self,
        entry: CardEntry,
        applications: list[Application],
        state: CardState,
        path: Path | None = None,
        random: Random = secrets.token_bytes,
    ) -> None:
        self.entry = entry
        self.applications = applications
        self.state = state
        self.random = random
        self.torn: tuple[bytes, bytes] | None = None  # of the last tap: what RECOVER AC is asked by, and answers
        self._path = path
        self.reset()

    def reset(self, interface: Interface = Interface.CONTACT) -> None:
        """Power comes, on this interface: nothing is selected."""
        self.interface = interface
        self._directory = False
        self._selected: Session | None = None
        self._last: tuple[bytes, int] | None = None  # the name that was selected by, and which application it met

    def exchange(self, command: bytes) -> bytes:
        """A command APDU, short form; its answer, data and status word."""
        before = asdict(self.state)
        try:
            return self._answer(command)
        except Status as status:
            return status.sw.to_bytes(2, "big")
        finally:
            if self._path is not None and asdict(self.state) != before:
                self.state.save(self._path)

    def _answer(self, command: bytes) -> bytes:
        if len(command) < 4:
            raise Status(WRONG_LENGTH)
        cla, ins, p1, p2 = command[:4]
        data = b""
        if len(command) > 5:
            data = command[5 : 5 + command[4]]
            if len(data) != command[4] or len(command) - 5 - len(data) > 1:
                raise Status(WRONG_LENGTH)
        if cla not in _CLASSES:
            raise Status(_UNKNOWN_CLASS)
        if cla == 0x00 and ins == 0xA4:
            return self._select(p1, p2, data)
        if cla == 0x00 and ins == 0xB2 and self._directory:
            return self._read_directory(p1, p2)
        if self._selected is None:
            raise Status(NOT_NOW)
        answer = self._selected.command(cla, ins, p1, p2, data)
        if answer is None:
            raise Status(NO_INSTRUCTION)
        return answer + b"\x90\x00"

    # -- selection (EMV 4.3 Book 1, 11.3 and 12) --

    def _select(self, p1: int, p2: int, name: bytes) -> bytes:
        if self.state.blocked:
            raise Status(_BLOCKED)
        if p1 != 0x04 or p2 not in (0x00, 0x02):
            raise Status(WRONG_PARAMETERS)
        if not 5 <= len(name) <= 16:
            raise Status(NOT_FOUND)
        self._directory = False
        self._selected = None
        contact = self.interface is Interface.CONTACT
        if p2 == 0x00 and name == (PSE if contact else PPSE) and (self.entry.directory or not contact):
            self._directory = contact
            return (self._pse() if contact else self._ppse()) + b"\x90\x00"
        start = self._last[1] + 1 if p2 == 0x02 and self._last and self._last[0] == name else 0
        for at, application in self._applications(start):
            if application.aid.startswith(name):
                self._last = (name, at)
                state = self.state.applications[application.aid.hex()]
                self._selected = Session(self, application, state)
                fci = application.faces[self.interface].fci
                return fci + (_INVALIDATED if state.blocked else 0x9000).to_bytes(2, "big")
        self._last = None
        raise Status(NOT_FOUND)

    def _applications(self, start: int = 0) -> Iterator[tuple[int, Application]]:
        """Those that this interface has."""
        for at, application in enumerate(self.applications):
            if at >= start and self.interface in application.faces:
                yield at, application

    def _pse(self) -> bytes:
        proprietary = tlv(0x88, bytes([_DIRECTORY])) + tlv(0x5F2D, b"zhen") + tlv(0x9F11, b"\x01")
        return tlv(0x6F, tlv(0x84, PSE), tlv(0xA5, proprietary))

    def _ppse(self) -> bytes:
        entries = b"".join(
            self._entry(application, tlv(0x9F2A, _KERNELS[application.scheme]))
            for _, application in self._applications()
            if not self.state.applications[application.aid.hex()].blocked
        )
        return tlv(0x6F, tlv(0x84, PPSE), tlv(0xA5, tlv(0xBF0C, entries)))

    def _read_directory(self, record: int, reference: int) -> bytes:
        """Each application in a record of its own."""
        if reference != _DIRECTORY << 3 | 4:
            raise Status(NOT_FOUND)
        applications = [application for _, application in self._applications()]
        if not 1 <= record <= len(applications):
            raise Status(NO_RECORD)
        return tlv(0x70, self._entry(applications[record - 1])) + b"\x90\x00"

    def _entry(self, application: Application, kernel: bytes = b"") -> bytes:
        entry = application.entry
        label = tlv(0x50, entry.product.label.encode())
        priority = tlv(0x87, bytes([entry.priority | 0x80 * entry.confirm]))
        return tlv(0x61, tlv(0x4F, entry.aid), label, priority, kernel)
