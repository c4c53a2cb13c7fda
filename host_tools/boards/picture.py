"""A board's wiring as a picture: its headers as they lie, and at each pin what is soldered to it. The same SVG for the
same board, to the byte."""

from __future__ import annotations

from html import escape
from typing import Final

from host_tools.boards.data import Board
from host_tools.boards.headers import HEADERS, Pin
from host_tools.boards.wires import Wire, parts, wires

_WIDTH: Final = 900
_ROW: Final = 26
_TOP: Final = 70
_LEFT, _RIGHT = 330, 570  # the board's edges
_TAG: Final = 230
_COLOURS: Final = {
    "i2c": "#c2410c", "display": "#0369a1", "keypad": "#7c3aed", "uart_expander": "#be185d", "calendar": "#a16207",
    "gauge": "#4d7c0f", "printer": "#334155", "swipe": "#9f1239", "stripe": "#9f1239", "service": "#57534e",
    "chip_slot": "#15803d", "scanner": "#0f766e", "contactless": "#1d4ed8", "lights": "#b45309", "buzzer": "#6d28d9",
    "tamper": "#b91c1c", "battery": "#3f6212", "secure_element": "#6b21a8",
}  # fmt: skip
_NAMES: Final = {
    "i2c": "I2C bus", "uart_expander": "UART expander", "swipe": "stripe reader", "stripe": "stripe reader",
    "service": "workshop", "chip_slot": "chip slot", "contactless": "PN532", "secure_element": "ATECC608",
}  # fmt: skip
_POWER: Final = {"3V3": "#dc2626", "5V": "#dc2626", "GND": "#111827"}


def picture(board: Board) -> str:
    left, right = HEADERS.get(board.name) or _numbered(board)
    rows = max(len(left), len(right))
    bottom = _TOP + rows * _ROW + 10
    body = [_text(_WIDTH // 2, 32, f"{board.name}: {board.module}", size=18, weight="bold")]
    size = f'width="{_RIGHT - _LEFT}" height="{rows * _ROW + 14}"'
    body.append(f'<rect x="{_LEFT}" y="{_TOP - 16}" {size} rx="8" fill="#1f2937"/>')
    body.append(_text(_WIDTH // 2, _TOP + rows * _ROW // 2, board.chip.upper(), size=20, fill="#e5e7eb"))
    body.append(_text(_WIDTH // 2, bottom - 22, "USB", size=12, fill="#9ca3af"))
    at = {wire.gpio: wire for wire in wires(board)}
    for column, side in ((left, -1), (right, 1)):
        for index, pin in enumerate(column):
            body += _pin(pin, at.get(pin) if isinstance(pin, int) else None, _TOP + index * _ROW, side)
    y = bottom + 30
    for line in _behind(board):
        body.append(_text(40, y, line, size=13, anchor="start"))
        y += 22
    size = f'viewBox="0 0 {_WIDTH} {y}" width="{_WIDTH}" height="{y}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif">'
    return "\n".join([head, f'<rect width="{_WIDTH}" height="{y}" fill="#fff"/>', *body, "</svg>", ""])


def _pin(pin: Pin, wire: Wire | None, y: int, side: int) -> list[str]:
    """A pad, its name within the board, and what is on it outside."""
    edge = _LEFT if side < 0 else _RIGHT
    label = str(pin)
    colour = _POWER.get(label, "#9ca3af") if wire is None else _COLOURS[wire.part]
    drawn = [
        f'<circle cx="{edge}" cy="{y}" r="6" fill="{colour}"/>',
        _text(edge - side * 14, y + 5, label, size=13, fill="#e5e7eb", anchor="end" if side > 0 else "start"),
    ]
    if wire is not None:
        near, far = edge + side * 40, edge + side * (40 + _TAG)
        drawn += [
            f'<path d="M{edge + side * 6} {y}H{near}" stroke="{colour}" stroke-width="3"/>',
            f'<rect x="{min(near, far)}" y="{y - 11}" width="{_TAG}" height="22" rx="4" fill="{colour}"/>',
            _text((near + far) // 2, y + 5, f"{_name(wire.part)}  {wire.at}", size=13, fill="#fff"),
        ]
    return drawn


def _behind(board: Board) -> list[str]:
    """What hangs on the shared bus, and behind the expanders."""
    bus, lines = [], []
    channels = {}
    for part, wiring, known in parts(board):
        if not isinstance(wiring, dict):
            continue
        if "address" in wiring and "i2c" not in wiring:
            bus += [f"{known.model} 0x{wiring[key]:02X}" for key in ("address", "second") if key in wiring]
        if "channel" in wiring:
            number, channel = divmod(wiring["channel"], 2)
            at = f"0x{board.pins['uart_expander']['second' if number else 'address']:02X} {'AB'[channel]}"
            channels[wiring["channel"]] = f"{at} {_name(part)}, {wiring['baudrate']} baud"
    if bus:
        lines.append("On the I2C bus: " + "; ".join(bus) + ".")
    if channels:
        lines.append("Behind the SC16IS752: " + "; ".join(channels[number] for number in sorted(channels)) + ".")
    keypad = board.pins["keypad"]
    if "address" in keypad:
        rows, columns = (", ".join(f"P{pin}" for pin in keypad[key]) for key in ("rows", "columns"))
        lines.append(f"Behind the keypad's expander: rows {rows}; columns {columns}.")
    power = (
        "Every part's ground to GND. Printer, scanner and stripe reader have a supply of their own: 3V3 gives 500 mA."
    )
    return [*lines, power]


def _name(part: str) -> str:
    return _NAMES.get(part, part)


def _numbered(board: Board) -> tuple[tuple[Pin, ...], tuple[Pin, ...]]:
    """For a board without headers: the pins that are used, in two columns."""
    used = sorted({wire.gpio for wire in wires(board)})
    half = -(-len(used) // 2)
    return tuple(used[:half]), tuple(used[half:])


def _text(
    x: int, y: int, text: str, *, size: int, fill: str = "#111827", anchor: str = "middle", weight: str = "normal"
) -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" fill="{fill}" text-anchor="{anchor}" font-weight="{weight}">'
        f"{escape(text)}</text>"
    )
