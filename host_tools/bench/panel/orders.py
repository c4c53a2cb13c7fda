"""What a page may ask for: JSON objects with a `do`, each with exactly what it takes. All else is refused in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from host_tools.acquirer.faults import Kind
from host_tools.acquirer.scenario_file import ScenarioError, load
from host_tools.bench.panel import recording
from host_tools.bench.panel.boards import BOARDS
from host_tools.bench.panel.desk import CannotDo
from host_tools.bench.panel.player import problems
from host_tools.bench.panel.switches import BATTERY
from host_tools.bench.panel.telephone import Unpaid
from host_tools.bench.parts.keypad import LEGEND

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from host_tools.bench.panel.desk import Desk

KEYS: Final = frozenset(key for row in LEGEND for key in row)
SCENARIOS: Final = ("magic-amounts", "bad-line", "bad-night")
_FAULTS: Final = frozenset(Kind.__members__)
_LONGEST_CODE: Final = 512  # characters
_TRACE: Final = "trace"


class Refused(Exception):
    """An order that nobody can obey, or not now; the text says why."""


async def obey(desk: Desk, order: object, key: Callable[[str, bool], None]) -> dict[str, Any] | None:
    """The answer, where an order has one. `key` is told what becomes of a key. Raises Refused."""
    try:
        return await _obey(desk, order, key)
    except (CannotDo, Unpaid, ScenarioError) as problem:
        raise Refused(str(problem)) from problem


async def _obey(desk: Desk, order: object, key: Callable[[str, bool], None]) -> dict[str, Any] | None:
    match order:
        case {"do": "key", "key": str(name), "down": bool(down)} if name in KEYS:
            key(name, down)
        case {"do": "swipe", "card": str(card), "readable": bool(readable)} if card in desk.cards:
            desk.swipe(card, readable=readable)
        case {"do": "insert", "card": str(card)} if card in desk.cards:
            await desk.insert(card)
        case {"do": "tap", "card": str(card)} if card in desk.cards:
            await desk.tap(card)
        case {"do": "pull"}:
            desk.pull()
        case {"do": "scan", "text": str(text)} if 0 < len(text) <= _LONGEST_CODE:
            desk.scan(text)
        case {"do": "code", "asks": bool(asks)}:
            desk.telephone.show(asks=asks)
            desk.look()
        case {"do": "answer", "pays": bool(pays)}:
            desk.telephone.answer(pays=pays)
            desk.look()
        case {"do": "telephone"}:
            desk.telephone.pay(desk.bench.parts.display.to_image(1))
            desk.look()
        case {"do": "tear"}:
            desk.tear()
        case _:
            return await _arrange(desk, order)
    return None


async def _arrange(desk: Desk, order: object) -> dict[str, Any] | None:
    """What has to do with the bench, and not with the counter."""
    match order:
        case {"do": "power", "on": bool(on)}:
            await desk.switch_power(on)
        case {"do": "board", "board": str(board)} if board in BOARDS:
            await desk.rewire(board)
        case {"do": "switch", "switch": str(name), "on": bool(on)} if name in desk.switches.names:
            desk.switches.turn(name, on)
        case {"do": "battery", "percent": int(percent)} if percent in BATTERY and not isinstance(percent, bool):
            desk.switches.charge(percent)
        case {"do": "fault", "fault": str(name), "on": bool(on)} if name in _FAULTS:
            desk.arm(Kind[name], on)
        case {"do": "scenario", "scenario": str(name)} if name in ("", *SCENARIOS):
            desk.go_by(load(name) if name else None)
        case {"do": "play", "name": str(name), "script": str(script)}:
            desk.player.play(script, name)
        case {"do": "check", "script": str(script)}:
            return {"kind": "checked", "problems": problems(script)}
        case {"do": "stop"}:
            desk.player.stop()
        case {"do": "record", "on": bool(on)}:
            desk.player.play(recording.BEGIN if on else recording.END, _TRACE)
        case {"do": str(what)}:
            raise Refused(f"the desk knows no order {what[:40]!r} with what came along")
        case _:
            raise Refused("an order is an object with a do")
    return None
