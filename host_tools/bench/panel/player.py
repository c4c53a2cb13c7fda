"""Bench scripts at the desk, in real time: the hands are the desk's own, and whoever looks on sees each line."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, Final, cast

from host_tools.acquirer.cards import tracks
from host_tools.bench.script import Script, ScriptError, Step, parse
from host_tools.bench.script_stage import NotSeen, Stage

if TYPE_CHECKING:
    from host_tools.acquirer.cards import Card
    from host_tools.acquirer.faults import Faults
    from host_tools.bench.panel.desk import Desk
    from host_tools.bench.parts.chip_slot_card import ChipCard
    from host_tools.bench.parts.field import Card as FieldCard

_KEY_DOWN_S, _KEY_UP_S = 0.08, 0.08
_SLICE_S = 0.02
_MOST_PROBLEMS: Final = 20
_NAME: Final = "script"
_OWN: Final = re.compile(rf"{_NAME}:(\d+)")
_HEAD: Final = re.compile(rf"^{_NAME}:\d+( \(from [^)]*\))?: ")
_NUMBER: Final = re.compile(r"\d+")  # of "file:12 (from 32, 40)", without the file's name


class DeskStage(Stage):
    def __init__(self, desk: Desk, faults: Faults) -> None:
        super().__init__(desk.bench.parts, desk.cards, faults)
        self._desk = desk

    async def power(self, on: bool) -> None:
        await self._desk.switch_power(on)

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def until(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        changed = asyncio.Event()
        self._desk.watchers.add(changed.set)
        try:
            async with asyncio.timeout(seconds):
                while self._desk.bench.busy or not condition():
                    if self._desk.bench.busy:
                        await asyncio.sleep(_SLICE_S)
                        continue
                    await changed.wait()
                    changed.clear()
        except TimeoutError:
            screen = "\n".join(f"    |{line}" for line in self.screen())
            raise NotSeen(f"no {what} within {seconds:g} s; the screen says:\n{screen}") from None
        finally:
            self._desk.watchers.remove(changed.set)

    def network(self, up: bool) -> None:
        self._desk.switches.turn("network", up)

    def host(self, up: bool) -> None:
        self._desk.switches.turn("host", up)

    def card(self, card: Card, *, bad: Collection[int] = ()) -> None:
        """Pull it through the stripe reader; tracks that are `bad` cannot be read."""
        track1, track2 = (track[1:-2] for track in tracks(card))  # the reader frames them anew
        self.stripe(track1, track2, bad=bad)

    def chip(self, name: str) -> ChipCard:
        wallet = self._desk.chips
        if wallet is None or name not in wallet.cards:
            return super().chip(name)
        return cast("ChipCard", self._desk.named(wallet.chip(name), name))

    def antenna(self, name: str) -> FieldCard:
        wallet = self._desk.chips
        if wallet is None or name not in wallet.taps:
            return super().antenna(name)
        return cast("FieldCard", self._desk.named(wallet.antenna(name), name))

    def trace(self) -> tuple[int, list[str]]:
        messages = self._desk.messages
        return messages.total, [record.mti for record in messages.after(0)]

    async def press(self, key: str) -> None:
        self._desk.press(key)
        try:
            await self._keep_up(_KEY_DOWN_S)
        finally:
            self._desk.release(key)
        await self._keep_up(_KEY_UP_S)

    async def _keep_up(self, seconds: float) -> None:
        """So long, and longer where the machine has other things to do than to run the firmware."""
        for _ in range(round(seconds / _SLICE_S)):
            await asyncio.sleep(_SLICE_S)
            while self._desk.bench.busy:
                await asyncio.sleep(_SLICE_S)

    def tear(self) -> None:
        super().tear()
        self._desk.tear()


class Player:
    """Plays one script at a time. `status` is for JSON; `changed` is called when it is another.

    `at` and `wrong` are line numbers of the script as it was sent: the line that runs (of a definition, the line that
    calls it), and the one that is to blame; 0 for none.
    """

    def __init__(self, stage: DeskStage, changed: Callable[[], None]) -> None:
        self.stage = stage
        self.status = _status()
        self._changed = changed
        self._task: asyncio.Task[None] | None = None

    def play(self, text: str, name: str = "script") -> None:
        """Begin; what was being played ends here."""
        self.stop()
        try:
            script = parse(text, name)
        except ScriptError as problem:
            self._tell(_status(name, problem=str(problem)))
            return
        self._task = asyncio.get_running_loop().create_task(self._play(script, name))

    def stop(self) -> None:
        if self._task:
            self._task.cancel()
            self._task = None
            self._tell(_status())

    async def ended(self) -> None:
        """Wait until nothing is being played."""
        if self._task:
            await asyncio.wait([self._task])

    async def _play(self, script: Script, name: str) -> None:
        def before(step: Step) -> None:
            self._tell(_status(name, playing=True, line=f"{step.where}: {step.text}"))

        try:
            await script.play(self.stage, before)
        except ScriptError as problem:
            self._tell(_status(name, problem=str(problem)))
        else:
            self._tell(_status(name, done=True))
        self._task = None

    def _tell(self, status: dict[str, Any]) -> None:
        self.status = status
        self._changed()


def problems(text: str) -> list[dict[str, Any]]:
    """For JSON: what is wrong with a script, line by line, as far as can be known before it is played."""
    found: list[dict[str, Any]] = []
    lines = text.splitlines()
    while len(found) < _MOST_PROBLEMS:
        try:
            parse("\n".join(lines), _NAME)
        except ScriptError as problem:
            said = str(problem)
            own = int(_OWN.match(said)[1])  # type: ignore[index]  # every error begins with file and line
            found.append({"line": own, "text": _HEAD.sub("", said)})
            lines[own - 1] = ""  # and what else?
        else:
            break
    return sorted(found, key=lambda each: each["line"])


def _status(
    name: str = "", *, playing: bool = False, line: str = "", problem: str = "", done: bool = False
) -> dict[str, Any]:
    where = (line or problem).removeprefix(name).partition(": ")[0]
    numbers = [int(number) for number in _NUMBER.findall(where)]
    return {
        "name": name,
        "playing": playing,
        "line": line,
        "problem": problem,
        "done": done,
        "at": numbers[-1] if playing and numbers else 0,
        "wrong": numbers[0] if problem and numbers else 0,
    }
