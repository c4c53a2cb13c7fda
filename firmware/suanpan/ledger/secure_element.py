"""The device secret in a part that keeps it better than flash does."""

from suanpan.errors.element import ElementUnlocked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Element(Protocol):
        """drivers/atecc608.py"""

        async def locked(self) -> bool: ...
        async def hmac(self, slot: int, message: bytes) -> bytearray: ...
        async def roll(self, slot: int) -> None: ...


class SecureElement:
    """A slot of an ATECC608 whose secret can be used and rolled, but neither read nor chosen.

    What is derived from it is in RAM while the terminal runs; the secret itself never leaves the element.
    """

    def __init__(self, element: "Element", slot: int) -> None:
        self._element = element
        self._slot = slot

    async def derive(self, label: bytes) -> bytearray:
        """Raises ElementUnlocked, and the errors of the driver."""
        if not await self._element.locked():
            raise ElementUnlocked
        return await self._element.hmac(self._slot, label)

    async def destroy(self) -> None:
        await self._element.roll(self._slot)
