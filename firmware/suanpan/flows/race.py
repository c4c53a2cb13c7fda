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

    async def run(index: int, coroutine: "Coroutine[Any, Any, Any]") -> None:
        try:
            ended.append((index, await coroutine, None))
        except Exception as error:  # noqa: BLE001 - whatever it is goes to the one who waits
            ended.append((index, None, error))
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
    if error:
        raise error
    return index, result
