"""Cards in the reader's field: one at a time, found, named if it cannot pay, and spoken to in APDUs.

The reader's chip sees to anticollision, activation and the block protocol (ISO/IEC 14443-3 and -4). Only a command that
has no room in one of its own is cut into blocks here (contactless_blocks.py).
"""

import asyncio

from micropython import const

from suanpan.errors.nfc import CardLost, FelicaCard, MifareCard, NfcGarbled, OneCardOnly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.cards.contactless_blocks import Blocks
    from suanpan.drivers.pn532 import Pn532

_ISO_14443_4 = const(0x20)  # in SEL_RES
_RESET_MS = const(6)  # without a carrier, after which no card remembers (EMV Contactless Book D: 5.1 to 10 ms)
_DOWN_MS = const(2)  # from its answer until the chip sleeps: what it is told before keeps it awake, and the carrier on
_LOOK_MS = const(10)  # from one look to the next
_EXCHANGE_MS = const(6_000)  # longer than a card may ask for, time and again
_ROOM = const(262)  # of the chip's own exchange
_SHORTEST = const(4)
_LONGEST = const(4 + 3 + 65_535 + 2)
_LONGEST_ANSWER = const(65_536 + 2)


class ContactlessCard:
    """A card of type A or B. After CardLost, or any other error, it is for the reader to find again."""

    def __init__(self, pn532: "Pn532", target: int, uid: bytes, ats: bytes = b"", atqb: bytes = b"") -> None:
        self.uid = uid  # or PUPI; a telephone's is another one each time
        self.ats = ats  # of type A: what it says of itself, and
        self.atqb = atqb  # of type B
        self._pn532 = pn532
        self._target = target
        self._blocks: Blocks | None = None
        self._lost = False

    async def exchange(self, command: bytes) -> "tuple[memoryview, int]":
        """The data and the status word that a command APDU is answered with, short or extended.

        The data are the reader's own buffer, where the next command puts others. CardLost, NfcSilent, NfcGarbled,
        NfcError; CommandError for what is no APDU, and then nothing has been sent.
        """
        if not _SHORTEST <= len(command) <= _LONGEST:
            from suanpan.errors.chip import CommandError  # else not needed

            raise CommandError
        if self._lost:
            raise CardLost
        self._lost = True  # until it has answered: cancelled half way it is of no more use
        if len(command) > _ROOM and self._blocks is None:
            from suanpan.cards.contactless_blocks import Blocks

            blocks = Blocks(self._pn532, self.ats, self.atqb)
            await blocks.start()
            self._blocks = blocks
        if self._blocks:
            answer = memoryview(await self._blocks.exchange(command, _LONGEST_ANSWER))
        else:
            answer = await self._exchange(command)
        size = len(answer) - 2
        if size < 0:
            raise CardLost
        self._lost = False
        return answer[:size], answer[size] << 8 | answer[size + 1]

    async def _exchange(self, command: bytes) -> memoryview:
        pn532 = self._pn532
        await pn532.exchange(self._target, command, 0, len(command), _EXCHANGE_MS)
        part = pn532.data[pn532.at : pn532.at + pn532.size]
        if not pn532.more:
            return part
        answer = bytearray(part)
        while pn532.more:
            await pn532.exchange(self._target, b"", 0, 0, _EXCHANGE_MS)
            if not pn532.size:
                raise NfcGarbled
            answer.extend(pn532.data[pn532.at : pn532.at + pn532.size])
            if len(answer) > _LONGEST_ANSWER:
                raise CardLost
        return memoryview(answer)


class ContactlessReader:
    """`tap` for a customer, `off` when done. The chip is started when it is wanted, and anew after an error."""

    def __init__(self, pn532: "Pn532") -> None:
        self._pn532 = pn532
        self._started = False
        self._taken = False  # a card has been activated, and would not answer another look

    async def tap(self, pause_ms: int = 0) -> ContactlessCard:
        """Wait, without limit, for a card, which is left activated; errors as `look`.

        Between looks, with `pause_ms`, the chip sleeps and has no carrier: a terminal in nobody's hands.
        """
        while True:
            card = await self.look()
            if card:
                return card
            if pause_ms:
                await self.rest(pause_ms)
            else:
                await asyncio.sleep_ms(_LOOK_MS)

    async def look(self) -> "ContactlessCard | None":
        """The card that is in the field now, activated.

        OneCardOnly, MifareCard and FelicaCard name what cannot pay; CardLost; NfcSilent, NfcGarbled, NfcError.
        """
        found = False
        try:
            if not self._started:
                await self._pn532.start()
            if self._taken:
                await self._reset()
            card = await self._look()
            found = True
            return card
        except (OneCardOnly, MifareCard, FelicaCard):
            await self._pn532.carrier(False)
            found = True
            raise
        finally:
            self._started = found  # not for errors alone: whoever is cancelled leaves the chip at work

    async def rest(self, ms: int) -> None:
        """So long without a carrier, the chip asleep; with what it is told next it wakes up."""
        await self._sleep()
        await asyncio.sleep_ms(ms)

    async def off(self) -> None:
        """Between customers: no carrier, the chip asleep, and nothing of what the card said stays behind."""
        self._pn532.wipe()
        await self.rest(_DOWN_MS)

    async def _sleep(self) -> None:
        self._started = self._taken = False
        await self._pn532.power_down()
        self._started = True

    async def _reset(self) -> None:
        await self._pn532.carrier(False)
        await asyncio.sleep_ms(_RESET_MS)
        self._taken = False

    async def _look(self) -> "ContactlessCard | None":
        """First type B, as there are fewer: the last card that was activated is the one that stays so."""
        pn532 = self._pn532
        await pn532.list_b(2)
        of_type_b = self._count()
        await pn532.list_a(2)
        of_type_a = self._count()
        if of_type_a + of_type_b > 1:
            raise OneCardOnly
        if of_type_a:
            self._taken = True
            return self._card_a()
        if of_type_b:  # forgotten by the chip when it looked for type A, but not by itself
            await self._reset()
            await pn532.list_b(1)
            if not self._count():
                return None
            self._taken = True
            return self._card_b()
        await pn532.list_felica()
        if self._count():
            raise FelicaCard
        return None

    def _count(self) -> int:
        pn532 = self._pn532
        if not pn532.size or pn532.data[pn532.at] > 2:
            raise NfcGarbled
        return pn532.data[pn532.at]

    def _card_a(self) -> "ContactlessCard | None":
        """None if the card has not said what it can do, which it may next time."""
        target = self._first_target()
        if len(target) < 5 or len(target) < 5 + target[4]:
            raise NfcGarbled
        if not target[3] & _ISO_14443_4:
            raise MifareCard
        ats = target[5 + target[4] :]
        if not ats:
            return None
        if not 1 <= ats[0] <= len(ats):
            raise CardLost
        return ContactlessCard(self._pn532, target[0], target[5 : 5 + target[4]], ats=ats[: ats[0]])

    def _card_b(self) -> ContactlessCard:
        target = self._first_target()
        if len(target) < 14 or target[1] != 0x50:
            raise NfcGarbled
        return ContactlessCard(self._pn532, target[0], target[2:6], atqb=target[1:13])

    def _first_target(self) -> bytes:
        pn532 = self._pn532
        return bytes(pn532.data[pn532.at + 1 : pn532.at + pn532.size])
