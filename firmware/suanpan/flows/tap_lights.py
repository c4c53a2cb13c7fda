"""Lights that stay on for a while, whatever is done meanwhile. Nothing is imported here but what stays anyway."""

import asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.drivers.lights import Lights


async def dark_after(lights: "Lights", ms: int) -> None:
    await asyncio.sleep_ms(ms)
    lights.show(0)
