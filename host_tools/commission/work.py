"""How far the work on one unit has come: a file in a directory of its own, replaced after each step.

What was cut short is done again from its step on; what was done is not.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from host_tools.commission.errors import Broken, OtherOrder

if TYPE_CHECKING:
    from pathlib import Path

    from host_tools.commission.order import Order

Facts = dict[str, Any]  # what a step has found or done, for the report: values of JSON
Now = Callable[[], datetime]

STEPS: Final = ("flash", "keys", "bind", "statement", "host", "release")


class Work:
    def __init__(self, directory: Path, order: Order, now: Now) -> None:
        """Raises OtherOrder, Broken."""
        self._path = directory / "commission.json"
        self._now = now
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._state: dict[str, Any] = {"order": order.digest, "steps": {}}
        if self._path.exists():
            try:
                self._state = json.loads(self._path.read_bytes())
                begun = self._state["order"], dict(self._state["steps"])
            except (ValueError, KeyError, TypeError) as problem:
                raise Broken(str(self._path)) from problem
            if begun[0] != order.digest:
                raise OtherOrder

    def facts(self, step: str) -> Facts | None:
        """Those of a step that is done."""
        found: Facts | None = self._state["steps"].get(step)
        return found

    def do(self, step: str, action: Callable[[], Facts], begun: Callable[[str], None] = lambda _: None) -> Facts:
        """The facts of a step: done now, unless it has been."""
        assert step in STEPS
        facts = self.facts(step)
        if facts is None:
            begun(step)
            facts = action() | {"at": self._now().isoformat(timespec="seconds")}
            self._state["steps"][step] = facts
            self._save()
        return facts

    def forget(self, step: str) -> None:
        """It is to be done again, and all that follows."""
        for later in STEPS[STEPS.index(step) :]:
            self._state["steps"].pop(later, None)
        self._save()

    def _save(self) -> None:
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(self._state, indent=1, ensure_ascii=False) + "\n", "utf-8")
        part.replace(self._path)
