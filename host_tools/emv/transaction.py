"""A transaction out of a trace: its steps in order, and what card and terminal have told each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from host_tools.cards.tlv import Malformed, entries
from host_tools.emv.decode import Object, plain, read, walk
from host_tools.emv.trace import CONTACT

SELECT, READ_RECORD, OPTIONS, GET_DATA = 0xA4, 0xB2, 0xA8, 0xCA
VERIFY, CHALLENGE, INTERNAL, EXTERNAL = 0x20, 0x84, 0x88, 0x82
GENERATE, RECOVER = 0xAE, 0xD0
DONE: Final = 0x9000

_AIP, _AFL, _PDOL, _CDOL1, _CDOL2, _DDOL = 0x82, 0x94, 0x9F38, 0x8C, 0x8D, 0x9F49
_FORMAT_1, _COMMAND_TEMPLATE = 0x80, 0x83
_CRYPTOGRAM: Final = ((0x9F27, 2), (0x9F36, 4), (0x9F26, 16))  # format 1, digits; then 9F10
_ISSUER_DATA: Final = 0x9F10
_DEFAULT_DDOL: Final = bytes.fromhex("9F3704")


@dataclass
class Step:
    """A command and its answer; `data` is what was sent, `objects` what came."""

    name: str
    command: bytes
    text: str  # of the command
    answer: str
    status: int
    says: str
    objects: tuple[Object, ...]

    @property
    def ins(self) -> int:
        return self.command[1]

    @property
    def data(self) -> bytes:
        return self.command[5 : 5 + self.command[4]] if len(self.command) > 5 else b""

    @property
    def good(self) -> bool:
        return self.status == DONE

    def has(self, tag: int) -> bool:
        return any(each.tag == tag for each in walk(self.objects))


@dataclass
class Message:
    """To the host, or from it."""

    mti: str
    name: str
    code: str
    objects: dict[int, str]


@dataclass
class Transaction:
    """`card` and `terminal` are values by tag, hexadecimal, the newest of each; `lists` what each GENERATE AC had."""

    interface: str
    at: str
    tables: dict[str, Any]
    steps: list[Step] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    card: dict[int, str] = field(default_factory=dict)
    terminal: dict[int, str] = field(default_factory=dict)
    generated: list[Step] = field(default_factory=list)
    sent: list[dict[int, str]] = field(default_factory=list)  # with each GENERATE AC
    options: Step | None = None
    _name: str = ""  # of the directory or application that is selected

    @property
    def contact(self) -> bool:
        return self.interface == CONTACT

    def text(self, tag: int) -> str:
        """By the terminal's word, or else the card's; empty if nobody has said."""
        return self.terminal.get(tag) or self.card.get(tag, "")

    def value(self, tag: int) -> bytes:
        return plain(self.text(tag))

    def message(self, mti: str) -> Message | None:
        return next((each for each in self.messages if each.mti == mti), None)

    def application(self) -> dict[str, Any]:
        """The terminal's table for the application in use; empty if the trace does not have it."""
        name = self.card.get(0x84, "")
        known = self.tables.get("applications", {})
        return next((row for aid, row in known.items() if name.startswith(aid)), {})

    # -- reading the trace --

    def add(self, step: Step) -> None:
        self.steps.append(step)
        if step.ins == SELECT and step.good:
            self.card.clear()  # what other applications have said of themselves
        for each in walk(step.objects):
            if step.ins != SELECT or step.good:
                self.card[each.tag] = each.text
        if step.ins == OPTIONS:
            self._initiated(step)
        elif step.ins == INTERNAL:
            self._said(self.card.get(_DDOL) or _DEFAULT_DDOL.hex(), step.data)
        elif step.ins in (GENERATE, RECOVER):
            self._generated(step)

    def hear(self, message: Message) -> None:
        self.messages.append(message)
        if message.mti[2] == "0" or message.mti in ("0200", "0220", "0400", "0620"):
            for tag, text in message.objects.items():
                if tag not in self.card:
                    self.terminal[tag] = text

    def _initiated(self, step: Step) -> None:
        self.options = step
        data = step.data
        if data[:1] == bytes([_COMMAND_TEMPLATE]):
            data = data[2:] if data[1] < 0x80 else data[3:]
        self._said(self.card.get(_PDOL, ""), data)
        template = self._format_1(step)
        if template:
            self.card[_AIP], self.card[_AFL] = template[:4], template[4:]

    def _generated(self, step: Step) -> None:
        if step.ins == GENERATE:
            self.sent.append(self._said(self.card.get(_CDOL2 if self.generated else _CDOL1, ""), step.data))
        self.generated.append(step)
        template = self._format_1(step)
        if template:
            at = 0
            for tag, digits in _CRYPTOGRAM:
                self.card[tag] = template[at : at + digits]
                at += digits
            self.card[_ISSUER_DATA] = template[at:]

    def _format_1(self, step: Step) -> str:
        return next((each.text for each in step.objects if each.tag == _FORMAT_1), "")

    def _said(self, listed: str, data: bytes) -> dict[int, str]:
        """What the terminal has put in for a data object list."""
        found: dict[int, str] = {}
        at = 0
        try:
            for tag, length in entries(plain(listed)):
                found[tag] = data[at : at + length].hex().upper()
                at += length
        except Malformed:
            return found
        self.terminal |= {tag: text for tag, text in found.items() if tag not in self.card}
        return found


def transactions(rows: list[dict[str, Any]]) -> list[Transaction]:
    """One for each time that a card was powered up and a command was answered."""
    found: list[Transaction] = []
    tables: dict[str, Any] = {}
    for row in rows:
        if "terminal" in row:
            tables = row["terminal"]
        elif "power" in row:
            found.append(Transaction(row["power"], row["at"], tables))
        elif "command" in row and found:
            found[-1].add(_step(row))
        elif "host" in row and found:
            objects = {int(each["tag"], 16): each.get("value", "") for each in row["objects"]}
            found[-1].hear(Message(row["host"], row.get("name", ""), row.get("code", ""), objects))
    return [each for each in found if each.steps]


def _step(row: dict[str, Any]) -> Step:
    answer, text = row["answer"], row["command"]["apdu"]
    try:
        objects = read(answer["data"])
    except Malformed:
        objects = ()
    return Step(
        row["command"]["name"],
        plain(text),
        text,
        answer["data"],
        int(answer["sw"], 16),
        answer.get("says", ""),
        objects,
    )
