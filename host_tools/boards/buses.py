"""Conflicts on UARTs, SPI and I2C: numbers that the chip has not, two parts where one may be, two of one address."""

from __future__ import annotations

from collections.abc import Iterator

from host_tools.boards.catalogue import Kind
from host_tools.boards.chips import Chip
from host_tools.boards.data import Board
from host_tools.boards.wires import parts


def bus_conflicts(board: Board, chip: Chip) -> Iterator[tuple[int, str]]:
    """Line, and what is wrong there."""
    first = 1 if "repl uart 0" in board.capabilities else 0  # what UART 0 hears is then the REPL's
    yield from _exclusive(board, "uart", range(first, chip.uarts))
    yield from _exclusive(board, "spi", chip.spis)
    yield from _exclusive(board, "channel", range(4 if "second" in board.pins.get("uart_expander", ()) else 2))
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
    whose: dict[int, str] = {shared["i2c"]: "i2c"} if shared else {}
    if shared and shared["i2c"] not in chip.i2cs:
        yield board.line("PINS", "i2c", "i2c"), f"there is no I2C bus {shared['i2c']}, only 0 and 1"
    at: dict[tuple[int, int], str] = {}
    for part, wiring, known in parts(board):
        if not known.addresses:
            continue
        own = "i2c" in wiring
        if not own and shared is None:
            what = f"{part} has no bus of its own, and there is none to share: add i2c, scl, sda, frequency"
            yield board.line("PINS", part, "address"), what
            continue
        bus: dict[str, int] = wiring if own else shared or {}
        if own:
            place = board.line("PINS", part, "i2c")
            if bus["i2c"] not in chip.i2cs:
                yield place, f"{part}: there is no I2C bus {bus['i2c']}, only 0 and 1"
            elif bus["i2c"] in whose:
                owner = whose[bus["i2c"]]
                yield (
                    place,
                    f"{part}: I2C bus {bus['i2c']} is {owner}'s: let both hang on PINS['i2c'], or take the other",
                )
            whose.setdefault(bus["i2c"], part)
        for key in ("address", "second"):
            if key in wiring:
                line = board.line("PINS", part, key)
                yield from ((line, text) for text in _address(part, known, wiring[key], bus["i2c"], at))
        if bus["frequency"] > known.i2c_hz:
            place = board.line("PINS", part if own else "i2c", "frequency")
            slow = f"{known.title} is made for {known.i2c_hz} Hz"
            yield place, f"{part}: {slow}: lower the frequency, or give it its own bus"


def _address(part: str, known: Kind, address: int, bus: int, at: dict[tuple[int, int], str]) -> Iterator[str]:
    """What is wrong with it; `at` has those that are given away."""
    if address not in known.addresses:
        can = ", ".join(f"0x{one:02X}" for one in known.addresses)
        yield f"{part}: a {known.model} answers to {can}, not to 0x{address:02X}"
    if (bus, address) in at:
        can = " or ".join(f"0x{one:02X}" for one in known.addresses if (bus, one) not in at)
        change = f"set one of them to another ({can})" if can else "give one of them a bus of its own"
        yield f"{part}: address 0x{address:02X} is {at[bus, address]}'s already on this bus: {change}"
    at.setdefault((bus, address), part)
