"""Modules that are in memory only while somebody needs them.

What a shop does once a day (settle, change a password, look something up) is as long as a sale, and a board has not the
memory to keep all of it. Such a flow is imported inside `with Overlay():`, and forgotten at its end. Objects that live
on keep what they need of a forgotten module; the next one to import it has a new copy.

Machine code is never given back, and on an ESP32 it is in the little memory that can be executed: a module that has
some (it imports `micropython`, for the decorators) stays once it is there. Such modules are small.
"""

import gc
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

_OURS = "suanpan."
# Errors are compared by class long after they were raised.
_STAY = "suanpan.errors"


# What was there before the first overlay: a list of all modules at each one would be long, and the heap is in pieces.
_resident: "tuple[str, ...]" = ()


class Overlay:
    def __enter__(self) -> None:
        global _resident
        if not _resident:
            _resident = tuple(sys.modules)
        self._before = _passing()

    def __exit__(self, *_: object) -> None:
        for name in _passing():
            ours = name.startswith(_OURS) and not name.startswith(_STAY)
            if ours and name not in self._before and not hasattr(sys.modules[name], "micropython"):
                forget(name)
        gc.collect()


def forget(name: str) -> None:
    """A module, if it was imported; the next one to need it has a new copy."""
    module = sys.modules.pop(name, None)
    package, child = name.rsplit(".", 1)
    if module is not None and getattr(sys.modules.get(package), child, None) is module:
        delattr(sys.modules[package], child)


def _passing() -> "list[str]":
    return [name for name in sys.modules if name not in _resident]


async def passing(coroutine: "Coroutine[Any, Any, object] | None") -> None:
    """For a task that runs code of an overlay: it is let go of at the end. The scheduler goes on pointing to tasks that
    are over, and their frames to all that was in them."""
    try:
        await coroutine  # type: ignore[misc]
    finally:
        coroutine = None
