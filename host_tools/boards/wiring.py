"""How a board is wired, for a person: a table, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from host_tools.boards.catalogue import Way
from host_tools.boards.chips import CHIPS
from host_tools.boards.data import Board
from host_tools.boards.wires import Wire, parts, wires

_WITHOUT: Final = ("i2c", "service", "lights", "buzzer", "tamper", "battery")  # a supply


def table(board: Board) -> str:
    """Part by part: from the part's terminal to the chip's pin."""
    lines = ["| Part | Its supply | Its terminal | To | |", "|---|---|---|---|---|"]
    of_part: dict[str, list[Wire]] = {}
    for wire in wires(board):
        of_part.setdefault(wire.part, []).append(wire)
    for part, _, known in parts(board):
        first = (known.title, "" if part in _WITHOUT else known.supply)
        rows = [(wire.at, f"GPIO{wire.gpio}", note(board, wire)) for wire in of_part.get(part, [])]
        for at, to, remark in [*rows, *_elsewhere(board, part)]:
            lines.append(f"| {first[0]} | {first[1]} | {at} | {to} | {remark} |")
            first = ("", "")
    return "\n".join(lines) + "\n"


def note(board: Board, wire: Wire) -> str:
    """What is to be soldered besides."""
    chip = CHIPS[board.chip]
    notes = []
    if wire.role.pull_up and wire.role.way is Way.IN:
        notes.append("the chip's own pull-up")
    if wire.part == "i2c":
        notes.append("4.7 kohm to 3.3 V, once on the bus")
    if wire.part == "battery":
        notes.append("100 kohm to the cell, 100 kohm to ground")
    if wire.part == "chip_slot" and wire.key == "tx":
        notes.append("through a Schottky diode, cathode to the chip")
    if wire.part == "service":
        notes.append("a USB adapter of 3.3 V")
    strap = chip.straps.get(wire.gpio)
    if strap and strap.needs is not None:
        notes.append(f"must be at {strap.needs} while the chip starts")
    return "; ".join(notes)


def _elsewhere(board: Board, part: str) -> Iterator[tuple[str, str, str]]:
    """Terminals that are not the chip's: on the shared bus, or behind an expander."""
    wiring = board.pins[part]
    if not isinstance(wiring, dict):
        return
    if "address" in wiring and "i2c" not in wiring:
        yield "SCL, SDA", "the I2C bus", f"address 0x{wiring['address']:02X}"
    if "second" in wiring:
        yield "INT, SCL, SDA", "as the first", f"address 0x{wiring['second']:02X}"
    if part == "keypad" and "address" in wiring:
        for name, pins in (("rows", wiring["rows"]), ("columns", wiring["columns"])):
            yield name, ", ".join(f"P{pin}" for pin in pins), "of the PCA8574"
    if "channel" in wiring:
        number, channel = divmod(wiring["channel"], 2)
        chip = f"{'AB'[channel]} of the {'second ' if number else ''}SC16IS752"
        yield "RX", f"TX{chip}", f"{wiring['baudrate']} baud"
        yield "TX", f"RX{chip}", ""
