"""Bench scripts at the desk, in real time: the hands are the desk's own, and whoever looks on sees each line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from host_tools.acquirer.faults import Faults
from host_tools.bench.script import Script, ScriptError, Step, parse
from host_tools.bench.script_stage import NotSeen, Stage

if TYPE_CHECKING:
    from host_tools.bench.panel.desk import Desk

_KEY_DOWN_S, _KEY_UP_S = 0.08, 0.08
_SLICE_S = 0.02


class DeskStage(Stage):
    def __init__(self, desk: Desk, faults: Faults, switch_host: Callable[[bool], None]) -> None:
        super().__init__(desk.bench.parts, desk.cards, faults)
        self._desk = desk
        self._switch_host = switch_host

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
        self._desk.switch_network(up)

    def host(self, up: bool) -> None:
        self._switch_host(up)

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
    """Plays one script at a time. `status` is for JSON; `changed` is called when it is another."""

    def __init__(self, stage: Stage, changed: Callable[[], None]) -> None:
        self.stage = stage
        self.status: dict[str, Any] = {"playing": False, "line": "", "problem": ""}
        self._changed = changed
        self._task: asyncio.Task[None] | None = None

    def play(self, text: str, name: str = "script") -> None:
        """Begin; what was being played ends here."""
        self.stop()
        try:
            script = parse(text, name)
        except ScriptError as problem:
            self._tell(problem=str(problem))
            return
        self._task = asyncio.get_running_loop().create_task(self._play(script))

    def stop(self) -> None:
        if self._task:
            self._task.cancel()
            self._task = None
            self._tell()

    async def ended(self) -> None:
        """Wait until nothing is being played."""
        if self._task:
            await asyncio.wait([self._task])

    async def _play(self, script: Script) -> None:
        try:
            await script.play(self.stage, self._before)
        except ScriptError as problem:
            self._tell(problem=str(problem))
        else:
            self._tell()
        self._task = None

    def _before(self, step: Step) -> None:
        self._tell(playing=True, line=f"{step.where}: {step.text}")

    def _tell(self, *, playing: bool = False, line: str = "", problem: str = "") -> None:
        self.status = {"playing": playing, "line": line, "problem": problem}
        self._changed()
