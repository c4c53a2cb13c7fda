"""The acquirer, as the flows know it. All that talks to it is in memory while there is a connection."""

from suanpan.ledger.key_store import MAK, PIK
from suanpan.overlay import Overlay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from suanpan.acquirer.framing import Line
    from suanpan.acquirer.session import Session
    from suanpan.ledger.key_store import KeyStore
    from suanpan.ledger.parameters import Parameters


class Acquirer:
    def __init__(
        self,
        call: "Callable[[], Awaitable[Line]]",
        parameters: "Parameters",
        keys: "KeyStore",
        random: "Callable[[int], bytes]",
    ) -> None:
        """`call` makes a line to the host, or raises NotConnected."""
        self.reached = False  # whether the host was there when it was called last
        self.call = call
        self._parameters = parameters
        self.keys = keys
        self._random = random

    @property
    def ready(self) -> bool:
        """Whether there are working keys to send a financial message with."""
        return self.keys.has(PIK) and self.keys.has(MAK)

    async def connect(self) -> "Session":
        """Raises NotConnected."""
        self.reached = False
        line = await self.call()
        self.reached = True
        with Overlay():
            from suanpan.acquirer.session import Session
            from suanpan.acquirer.suites import suite

            return Session(line, self._parameters, self.keys, suite(self._parameters.suite), self._random)
