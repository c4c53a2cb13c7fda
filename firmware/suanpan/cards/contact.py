"""A card in the chip slot, as a card session sees it (EMV 4.3 Book 1, clauses 6 to 9)."""

from micropython import const

from suanpan.cards import atr
from suanpan.errors.chip import CardGarbled, CardGone, CardMute, CardUnsupported, CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.cards.atr import Atr
    from suanpan.cards.t0 import T0
    from suanpan.cards.t1 import T1
    from suanpan.drivers.chip_slot import ChipSlot

_ANSWER_CLOCKS = const(42_000)  # until the answer to reset begins
_CHARACTER_ETU = const(10_080)  # from each of its characters to the next
_ANSWER_ETU = const(20_160)  # until it is over
_PPS_ETU = const(9_600)
_LONGEST_ANSWER = const(256 + 2)


class ContactCard:
    """`activate`, then `exchange` as often as wanted, then `deactivate`.

    An error powers the card down, with two exceptions: CommandError, and a CardGarbled after which it is still
    `active`: that exchange is lost, and the next may be tried. `fastest`, in baud, is how far a card is asked (PPS) for
    the faster rate that it offers; EMV has a terminal ask for none.
    """

    def __init__(self, slot: "ChipSlot", fastest: int = 0) -> None:
        self.atr: Atr | None = None
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
        try:
            await self._activate()
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

    async def _activate(self) -> None:
        slot = self._slot
        line = slot.line
        self._protocol = None
        await slot.cold_reset()
        try:
            answer = await self._answer_to_reset(False)
        except (CardGarbled, CardUnsupported):
            await slot.warm_reset()
            answer = await self._answer_to_reset(True)
        if answer.specific:
            if line.baudrate(answer.f, answer.d) > max(self._fastest, line.baudrate(372, 4)):
                raise CardUnsupported
            line.rate(answer.f, answer.d)
        elif answer.ta1 != 0x11 and line.baudrate(answer.f, answer.d) <= self._fastest:
            agreed = await self._faster(answer)
            if not agreed:  # nobody knows what the card makes of it
                await slot.warm_reset()
                answer = await self._answer_to_reset(True)
        self.atr = answer
        protocol = self._speak(answer)
        await protocol.start()
        self._protocol = protocol

    def _speak(self, answer: "Atr") -> "T0 | T1":
        # One of the two is enough in memory.
        if answer.protocol:
            from suanpan.cards.t1 import T1

            return T1(self._slot.line, answer, self._answer)
        from suanpan.cards.t0 import T0

        return T0(self._slot.line, answer, self._answer)

    async def _answer_to_reset(self, warm: bool) -> "Atr":
        line = self._slot.line
        began_ms = line.waited_ms
        first_ms = line.clocks_ms(_ANSWER_CLOCKS)
        have = 0
        while have < (end := atr.length(line.data, have)):
            came = await line.receive(have, end, first_ms, line.ms(_CHARACTER_ETU))
            if not came:
                raise CardMute
            if came < end or line.waited_ms - began_ms > line.ms(_ANSWER_ETU) + line.late_ms:
                raise CardGarbled
            if not have and line.data[0] == 0x03:  # 3F, seen from the other side
                line.invert(came)
            have = came
            first_ms = line.ms(_CHARACTER_ETU)
        answer = atr.parse(line.data, have, warm)
        line.rate(372, 1)  # with the parity of its convention
        line.extra_guard(answer.guard)
        return answer

    async def _faster(self, answer: "Atr") -> bool:
        """Whether the card agrees to the rate it has offered; where it agrees and keeps its own, that stays."""
        line = self._slot.line
        out = line.out
        out[0] = 0xFF
        out[1] = 0x10 | answer.protocol
        out[2] = answer.ta1
        out[3] = 0xFF ^ out[1] ^ out[2]
        await line.send(4)
        wait_ms = line.ms(_PPS_ETU)
        data = line.data
        came = await line.receive(0, 3, wait_ms, wait_ms)
        if came == 3 and data[0] == 0xFF and data[1] == answer.protocol and data[2] == 0xFF ^ data[1]:
            return True
        if came < 3 or await line.receive(3, 4, wait_ms, wait_ms) < 4:
            return False
        for i in range(4):
            if data[i] != out[i]:
                return False
        line.rate(answer.f, answer.d)
        return True
