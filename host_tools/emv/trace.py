"""The trace of what passed between cards and the terminal: a file of JSON, a line for each thing that happened.

    {"trace": "suanpan apdu", "version": 1, "at": ...}
    {"at": ..., "terminal": {"applications": {AID: {"tac_denial", "tac_online", "tac_default", "floor_limit",
     "version"}}, "keys": [RID and index]}}
    {"at": ..., "power": "contact" or "contactless", "atr"}   a card is powered up, and asked something
    {"at": ..., "command": {"name", "apdu"}, "answer": {"data", "sw", "says", "objects": [...]}}
    {"at": ..., "host": message type, "name", "code": F39, "objects": [...]}   a message that has chip data

An object is {"tag", "name", "value", "says"}, or a template, {"tag", "name", "objects"}; amounts of tables are fen.
Values are hexadecimal, masked (decode.py). It is recorded on the card's side of the contacts or the antenna, so it has
what the card has heard, whatever the terminal meant.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from host_tools.bench.parts.chip_slot_card import interface_bytes
from host_tools.cards.tlv import Malformed, find
from host_tools.emv import names
from host_tools.emv.decode import HIDDEN, Object, masked_answer, masked_command, masked_number, numbers, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path
    from typing import Protocol

    from host_tools.acquirer.chip_tables import ChipTables
    from host_tools.acquirer.trace import Record
    from host_tools.bench.parts.chip_slot_card import ChipCard
    from host_tools.bench.parts.field import Card
    from host_tools.bench.wiring import Parts

    class Lines(Protocol):
        """A file, or what takes lines like one."""

        def write(self, line: str, /) -> int: ...
        def flush(self) -> None: ...


CONTACT, CONTACTLESS = "contact", "contactless"
_KIND: Final = "suanpan apdu"
_VERSION: Final = 1
_STATUS: Final = 2  # bytes
_NO_DATA: Final = 5  # bytes of a command that brings none
_STAN, _CODE, _CHIP = 11, 39, 55  # fields
_SHOWN: Final = re.compile(r"([0-9A-F]+)=(?:([0-9A-F]*)(?= |$)|\(([0-9]+) bytes\))")  # as acquirer/trace.py has it
_TABLES: Final = {
    "tac_default": 0xDF11,
    "tac_online": 0xDF12,
    "tac_denial": 0xDF13,
    "floor_limit": 0x9F1B,
    "version": 0x9F08,
}


class NoTrace(ValueError):
    """The file is no trace; the text says where."""


class Recorder:
    """`now` is the clock of whoever has the cards."""

    def __init__(self, file: Lines, now: Callable[[], datetime]) -> None:
        self._file = file
        self._now = now
        self._pans: set[str] = set()
        self._heard: list[object] = []  # cards that are listened to already
        self._asked: set[tuple[str, str]] = set()  # terminal and STAN of what the host was told with chip data
        self._power: dict[str, Any] | None = None  # to be told of with the first command
        self._write({"trace": _KIND, "version": _VERSION})

    def watch(self, parts: Parts) -> None:
        """Listen to every card that is put into the slot, or into the field, from now on."""
        insert, put = parts.chip_slot.insert, parts.field.put

        def inserted(card: ChipCard, wrong_way: bool = False) -> None:
            self._listen_to_chip(card)
            insert(card, wrong_way)

        def tapped(*cards: Card) -> None:
            for card in cards:
                self._listen_to_antenna(card)
            put(*cards)

        parts.chip_slot.insert = inserted  # type: ignore[method-assign]
        parts.field.put = tapped  # type: ignore[method-assign]

    def terminal(self, tables: ChipTables) -> None:
        """What the terminal has been given to decide by."""
        applications = {}
        for content in tables.applications:
            row = {name: find(content, tag).hex().upper() for name, tag in _TABLES.items()}
            applications[find(content, 0x9F06).hex().upper()] = row | {"floor_limit": int(row["floor_limit"], 16)}
        keys = [f"{find(each, 0x9F06).hex()} {find(each, 0x9F22).hex()}".upper() for each in tables.keys]
        self._write({"terminal": {"applications": applications, "keys": keys}})

    def power(self, interface: str, atr: bytes = b"") -> None:
        """A card comes to life. Nothing is written before it is asked something: readers look around a good deal."""
        self._power = {"power": interface, "atr": atr.hex().upper()} if atr else {"power": interface}

    def exchange(self, command: bytes, answer: bytes) -> None:
        if self._power:
            self._write(self._power)
            self._power = None
        data, status = answer[:-_STATUS], int.from_bytes(answer[-_STATUS:], "big")
        self._pans.update(pan for pan in numbers(data.hex().upper()) if len(pan) > 10)
        said: dict[str, Any] = {"data": self._scrubbed(masked_answer(command, data)), "sw": f"{status:04X}"}
        said["says"] = names.status_words(status)
        found = _objects(said["data"])
        if found:
            said["objects"] = [each.as_dict() for each in found]
        apdu = self._scrubbed(masked_command(command))
        self._write({"command": {"name": names.command_name(command), "apdu": apdu}, "answer": said})

    def host(self, record: Record) -> None:
        """A message, as the acquirer's trace has it; only those with chip data, and answers to them."""
        fields = {field.number: field.value for field in record.fields}
        name = record.terminal, fields.get(_STAN, "")
        if record.direction == "in" and _CHIP in fields:
            self._asked.add(name)
        elif record.direction != "out" or name not in self._asked:
            return
        parts = _SHOWN.findall(fields.get(_CHIP, ""))
        found = [Object(int(tag, 16), value or HIDDEN * 2 * int(size or 0)).as_dict() for tag, value, size in parts]
        row: dict[str, Any] = {"host": record.mti, "name": record.name, "objects": found}
        self._write(row | {"code": fields[_CODE]} if _CODE in fields else row)

    def _listen_to_chip(self, card: ChipCard) -> None:
        if any(each is card for each in self._heard):
            return
        self._heard.append(card)
        handler, rst = card.handler, card.rst
        by_characters = interface_bytes(card.atr)[1][0] == 0  # T=0

        def heard(command: bytes) -> bytes:
            answer = handler(command)
            if not (by_characters and _asked_for_another_length(command, answer)):
                self.exchange(command, answer)
            return answer

        def reset(level: int) -> None:
            if level:
                self.power(CONTACT, card.atr)
            rst(level)

        card.handler = heard
        card.rst = reset  # type: ignore[method-assign]

    def _listen_to_antenna(self, card: Card) -> None:
        blocks = getattr(card, "blocks", None)  # without them it knows no APDUs
        if blocks is None or any(each is card for each in self._heard):
            return
        self._heard.append(card)
        apdu, power = blocks.apdu, card.power

        def heard(command: bytes) -> bytes | None:
            answer: bytes | None = apdu(command)
            if answer is not None:
                self.exchange(command, answer)
            return answer

        def powered(on: bool) -> None:
            if on:
                self.power(CONTACTLESS)
            power(on)

        blocks.apdu = heard
        card.power = powered  # type: ignore[method-assign]

    def _scrubbed(self, text: str) -> str:
        """Whatever else has a PAN in it that some card has said."""
        for pan in self._pans:
            text = text.replace(pan, masked_number(pan))
        return text

    def _write(self, row: dict[str, Any]) -> None:
        at = self._now().isoformat(timespec="milliseconds")
        self._file.write(json.dumps({"at": at} | row, ensure_ascii=False) + "\n")
        self._file.flush()


def _asked_for_another_length(command: bytes, answer: bytes) -> bool:
    """Whether a card keeps its answer back over T=0 (6Cxx), to be asked again: the transport's business."""
    size = len(answer) - _STATUS
    return len(command) == _NO_DATA and size > 0 and size != (command[-1] or 256)


def load(path: Path) -> list[dict[str, Any]]:
    """The lines of a trace, without the first one. Raises NoTrace, OSError."""
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError:
            raise NoTrace(f"line {number} is no JSON") from None
        if not isinstance(row, dict):
            raise NoTrace(f"line {number} is no object")
        rows.append(row)
    if not rows or (rows[0].get("trace"), rows[0].get("version")) != (_KIND, _VERSION):
        raise NoTrace("not a trace of APDUs")
    return rows[1:]


def _objects(text: str) -> tuple[Object, ...]:
    try:
        return read(text)
    except Malformed:
        return ()
