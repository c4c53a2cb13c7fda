"""A card in the chip slot, as a card session sees it (EMV 4.3 Book 1, clauses 6 to 9)."""

from micropython import const

from suanpan.errors.chip import CardGone, CommandError
from suanpan.overlay import Overlay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.cards.t0 import T0
    from suanpan.cards.t1 import T1
    from suanpan.drivers.chip_slot import ChipSlot

_LONGEST_ANSWER = const(256 + 2)


class ContactCard:
    """`activate`, then `exchange` as often as wanted, then `deactivate`.

    An error powers the card down, with two exceptions: CommandError, and a CardGarbled after which it is still
    `active`: that exchange is lost, and the next may be tried. `fastest`, in baud, is how far a card is asked (PPS) for
    the faster rate that it offers; EMV has a terminal ask for none.
    """

    def __init__(self, slot: "ChipSlot", fastest: int = 0) -> None:
        self._slot = slot
        self._fastest = fastest
        self._answer = bytearray(_LONGEST_ANSWER)
        self._protocol: T0 | T1 | None = None

    @property
    def active(self) -> bool:
        return self._protocol is not None

    async def activate(self) -> None:
        """Power, answer to reset, rate and protocol.

        CardGone, CardMute, CardGarbled, CardUnsupported, CardSilent, SlotFault; none of them leaves the card powered.
        """
        self._protocol = None
        try:
            with Overlay():
                from suanpan.cards.activation import activate

                self._protocol = await activate(self._slot, self._fastest, self._answer)
        except BaseException:  # cancelled, too
            self.deactivate()
            raise

    async def exchange(self, command: bytes) -> "tuple[bytearray, int]":
        """The data (at most 256 bytes) and the status word that a command APDU is answered with.

        CardGone, CardSilent, CardGarbled, SlotFault; CommandError for what is no short APDU.
        """
        protocol = self._protocol
        if protocol is None:
            raise CardGone
        try:
            return await protocol.exchange(command)
        except CommandError:
            raise
        except BaseException:  # cancelled, too
            if not protocol.recovered:
                self.deactivate()
            raise

    def deactivate(self) -> None:
        """Power down, at once and whatever goes on; nothing of what the card said stays behind."""
        self._protocol = None
        self._slot.deactivate()
        for i in range(_LONGEST_ANSWER):
            self._answer[i] = 0
