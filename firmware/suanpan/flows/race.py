"""Waiting for whichever of several things happens first."""

import asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any


async def first(*coroutines: "Coroutine[Any, Any, Any]") -> "tuple[int, Any]":
    """Run all side by side; (index, result) of the first to end, or its exception. The others are over by then."""
    over = asyncio.Event()
    ended: "list[tuple[int, Any, Exception | None]]" = []  # index, result, error; the first entry counts

    async def run(index: int, coroutine: "Coroutine[Any, Any, Any] | None") -> None:
        result = problem = None
        try:
            result = await coroutine  # type: ignore[misc]
        except Exception as error:  # noqa: BLE001 - whatever it is goes to the one who waits
            problem = error
        finally:
            coroutine = None  # let go of, as overlay.passing says
        ended.append((index, result, problem))
        result = problem = None
        over.set()

    tasks = [asyncio.create_task(run(index, coroutine)) for index, coroutine in enumerate(coroutines)]
    try:
        await over.wait()
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            try:
                await task
            except asyncio.CancelledError:
                continue
    index, result, error = ended[0]
    ended.clear()  # what a task that is over still points to
    if error:
        raise error
    return index, result
