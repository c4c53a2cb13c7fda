"""Conflicts on UARTs, SPI and I2C: numbers that the chip has not, two parts where one may be, two of one address."""

from __future__ import annotations

from collections.abc import Iterator

from host_tools.boards.chips import Chip
from host_tools.boards.data import Board
from host_tools.boards.wires import parts


def bus_conflicts(board: Board, chip: Chip) -> Iterator[tuple[int, str]]:
    """Line, and what is wrong there."""
    yield from _exclusive(board, "uart", range(chip.uarts))
    yield from _exclusive(board, "spi", chip.spis)
    yield from _exclusive(board, "channel", range(2))
    yield from _i2c(board, chip)
    for part, wiring, _ in parts(board):
        if isinstance(wiring, dict) and "channel" in wiring and "uart_expander" not in board.pins:
            yield board.line("PINS", part, "channel"), f"{part} is on an expander, and there is none: add uart_expander"
        if part == "keypad" and "address" in wiring and sorted(wiring["rows"] + wiring["columns"]) != list(range(8)):
            yield (
                board.line("PINS", part, "rows"),
                "rows and columns are to be the expander's eight pins, 0 to 7, once each",
            )


def _exclusive(board: Board, key: str, there_are: range | tuple[int, ...]) -> Iterator[tuple[int, str]]:
    """One part on each."""
    name = {"uart": "UART", "spi": "SPI bus", "channel": "channel of the expander"}[key]
    numbers = ", ".join(map(str, there_are))
    used: dict[int, str] = {}
    for part, wiring, _ in parts(board):
        if not isinstance(wiring, dict) or key not in wiring:
            continue
        number, line = wiring[key], board.line("PINS", part, key)
        if number not in there_are:
            what = f"there is no {name} {number}, only {numbers}"
            yield line, f"{part}: {what}" + (": put it behind the uart_expander" if key == "uart" else "")
        elif number in used:
            left = [str(free) for free in there_are if free not in used]
            others = f"take {' or '.join(left)}" if left else "there is no other: put one of them elsewhere"
            yield line, f"{part}: {name} {number} is {used[number]}'s already: {others}"
        else:
            used[number] = part


def _i2c(board: Board, chip: Chip) -> Iterator[tuple[int, str]]:
    shared = board.pins.get("i2c")
    at: dict[tuple[int, int], str] = {}
    whose: dict[int, str] = {shared["i2c"]: "i2c"} if shared else {}
    if shared and shared["i2c"] not in chip.i2cs:
        yield board.line("PINS", "i2c", "i2c"), f"there is no I2C bus {shared['i2c']}, only 0 and 1"
    for part, wiring, known in parts(board):
        if not known.addresses:
            continue
        address, line = wiring["address"], board.line("PINS", part, "address")
        own = "i2c" in wiring
        if not own and shared is None:
            yield line, f"{part} has no bus of its own, and there is none to share: add i2c, scl, sda, frequency"
            continue
        bus: dict[str, int] = wiring if own else shared or {}
        number = bus["i2c"]
        if own:
            place = board.line("PINS", part, "i2c")
            if number not in chip.i2cs:
                yield place, f"{part}: there is no I2C bus {number}, only 0 and 1"
            elif number in whose:
                yield (
                    place,
                    f"{part}: I2C bus {number} is {whose[number]}'s: let both hang on PINS['i2c'], or take the other",
                )
            whose.setdefault(number, part)
        if address not in known.addresses:
            can = ", ".join(f"0x{one:02X}" for one in known.addresses)
            yield line, f"{part}: a {known.title.split(', ')[-1]} answers to {can}, not to 0x{address:02X}"
        first = at.setdefault((number, address), part)
        if first != part:
            can = " or ".join(f"0x{one:02X}" for one in known.addresses if (number, one) not in at)
            change = f"set one of them to another ({can})" if can else "give one of them a bus of its own"
            yield line, f"{part}: address 0x{address:02X} is {first}'s already on this bus: {change}"
        if bus["frequency"] > known.i2c_hz:
            place = board.line("PINS", part if own else "i2c", "frequency")
            yield (
                place,
                f"{part}: {known.title} is made for {known.i2c_hz} Hz: lower the frequency, or give it its own bus",
            )
