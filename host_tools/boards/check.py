"""What is wrong with a board's file: each conflict with the line that it is on, and what to change there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from host_tools.boards.buses import bus_conflicts
from host_tools.boards.catalogue import WANTED, Kind, Way, kind
from host_tools.boards.chips import CHIPS, MODULES, Chip, Module
from host_tools.boards.data import Board
from host_tools.boards.partitions import partition_conflicts
from host_tools.boards.wires import Wire, parts, wires

_NAMES: Final = {0: "0 (low)", 1: "1 (high)"}


@dataclass(frozen=True)
class Conflict:
    line: int
    text: str  # what is wrong, and what to change


def check(board: Board) -> list[Conflict]:
    """By line."""
    module = MODULES.get(board.module)
    if board.chip not in CHIPS:
        return [Conflict(board.line("_CHIP"), f"no chip {board.chip} is known: write one of {', '.join(CHIPS)}")]
    if module is None or module.chip != board.chip:
        of_chip = ", ".join(name for name, found in MODULES.items() if found.chip == board.chip)
        return [Conflict(board.line("_MODULE"), f"{board.module} is no module with an {board.chip}: {of_chip}")]
    chip = CHIPS[board.chip]
    found = [*_entries(board)]
    if not found:  # what follows counts on them
        found += [
            *_pins(board, chip, module, _free(board, chip, module)),
            *(Conflict(line, text) for line, text in bus_conflicts(board, chip)),
            *(Conflict(line, text) for line, text in partition_conflicts(board, module)),
        ]
    return sorted(found, key=lambda conflict: conflict.line)


def _entries(board: Board) -> Iterator[Conflict]:
    for part, wiring in board.pins.items():
        known = kind(part, wiring)
        line = board.line("PINS", part)
        if known is None:
            yield Conflict(line, f"no part is called {part}: correct the name, or take the line out")
            continue
        shape = _misshapen(part, known, wiring)
        if shape:
            yield Conflict(line, f"{part}: {shape}")
            continue
        missing = [key for key in known.needs if key not in wiring]
        on_expander = isinstance(wiring, dict) and "channel" in wiring
        missing += [key for key in known.roles if key and key not in wiring and not on_expander]
        if known.addresses and "address" not in wiring:
            missing.append("address")
        if missing:
            yield Conflict(line, f"{part} has no {' and no '.join(missing)}: add what is missing")
    for choice in WANTED:
        if not any(part in board.pins for part in choice):
            yield Conflict(board.line("PINS"), f"there is no {' nor '.join(choice)}: every terminal has one")


def _misshapen(part: str, known: Kind, wiring: Any) -> str | None:
    """What an entry should look like, unless it does."""
    if "" in known.roles:
        if part == "lights":
            is_one = isinstance(wiring, tuple) and len(wiring) == 4 and all(type(pin) is int for pin in wiring)
            return None if is_one else "a contactless reader has four lights: name four pins, (left, ..., right)"
        return None if type(wiring) is int else "this is to be the number of a pin"
    if not isinstance(wiring, dict):
        return 'this is to be {"pin": number, ...}'
    for key, value in wiring.items():
        several = key in ("rows", "columns", "tracks")
        if several and not (isinstance(value, tuple) and all(map(_pins_alone, value))):
            return f"{key} is to be (number, number, ...)"
        if not several and type(value) is not int:
            return f"{key} is to be a number"
    return None


def _pins_alone(value: Any) -> bool:
    """A pin, or one track of a stripe reader."""
    return type(value) is int or (isinstance(value, tuple) and [type(pin) for pin in value] == [int, int, int])


def _pins(board: Board, chip: Chip, module: Module, free: str) -> Iterator[Conflict]:
    used: dict[int, Wire] = {}
    for wire in wires(board):
        why = _unfit(board, chip, module, wire, free)
        if why:
            yield Conflict(wire.line, f"{wire.name} is on GPIO{wire.gpio}: {why}")
        first = used.setdefault(wire.gpio, wire)
        if first is not wire:
            where = f"line {first.line}" if first.line != wire.line else "the same line"
            text = f"GPIO{wire.gpio} is {first.name}'s already ({where}): give {wire.name} another pin"
            yield Conflict(wire.line, text + free)


def _unfit(board: Board, chip: Chip, module: Module, wire: Wire, free: str) -> str | None:
    """Why this wire cannot be on its pin."""
    gpio, role = wire.gpio, wire.role
    if gpio not in chip.gpios:
        return f"an {board.chip} has no such pin{free}"
    if gpio in chip.flash:
        return f"the flash is on it{free}"
    if gpio in module.taken:
        return f"{module.taken[gpio]}{free}"
    if gpio in chip.usb and "repl usb" in board.capabilities:
        return f"it is the USB socket's, and the REPL is there{free}"
    if gpio in chip.console and "repl uart 0" in board.capabilities:
        return f"it is UART 0's, and the REPL is there{free}"
    if gpio in chip.input_only and role.way in (Way.OUT, Way.OPEN_DRAIN):
        return f"it can only be read, and this is to be driven{free}"
    if gpio in chip.input_only and role.pull_up:
        return f"it has no pull-up, and this needs one: take a pin below {min(chip.input_only)}{free}"
    if gpio in chip.disturbed and role.edge and "battery" in board.pins:
        return f"it goes low for 80 ns whenever the battery is measured, and this counts edges{free}"
    if role.way is Way.ANALOGUE:
        return _unfit_for_adc(board, chip, gpio)
    strap = chip.straps.get(gpio)
    if strap and strap.needs is not None:
        rest = 1 if role.rest is None and role.pull_up and role.way is Way.IN and wire.part != "tamper" else role.rest
        if rest is not None and rest != strap.needs:
            return (
                f"the chip looks at it while it starts, and must see {_NAMES[strap.needs]} ({strap.meaning}), but "
                f"{wire.at} holds it at {_NAMES[rest]}{free}"
            )
    return None


def _unfit_for_adc(board: Board, chip: Chip, gpio: int) -> str | None:
    pins = f": take one of GPIO{min(chip.adc1)} to {max(chip.adc1)}"
    if gpio in chip.adc2 and "wifi" in board.capabilities:
        return f"it is ADC2's, which Wi-Fi uses{pins}"
    if gpio not in chip.adc1 | chip.adc2:
        return f"no ADC is on it{pins}"
    return None


def _free(board: Board, chip: Chip, module: Module) -> str:
    """What else there is, as the end of a sentence."""
    taken = {wire.gpio for wire in wires(board)} | chip.flash | chip.usb | set(chip.console) | set(module.taken)
    free = sorted(chip.gpios - taken - {gpio for gpio, strap in chip.straps.items() if strap.needs is not None})
    if not free:
        return " (there is no free one: take out what you can do without)"
    return " (free: " + ", ".join(f"GPIO{gpio}" for gpio in free) + ")"


def counted(board: Board) -> tuple[int, int]:
    """Parts and wires, for a line that says that all is well."""
    return sum(1 for _ in parts(board)), sum(1 for _ in wires(board))
