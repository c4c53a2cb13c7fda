"""PN532, the contactless reader's controller (NXP UM0701-02), on a UART, I2C or SPI (pn532_hsu.py, _i2c.py, _spi.py).

The methods without `async` are awaited all the same: they prepare a command and return the driver itself, which is then
waited for (pn532_dialogue.py). So an exchange with a card allocates nothing.
"""

from micropython import const

from suanpan.drivers.pn532_dialogue import IN_COMMUNICATE_THRU, IN_DATA_EXCHANGE, POWER_DOWN, Dialogue
from suanpan.errors.nfc import NfcGarbled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.drivers.pn532_frame import Readable

# Command codes (chapter 7)
_GET_FIRMWARE_VERSION = const(0x02)
_SET_PARAMETERS = const(0x12)
_SAM_CONFIGURATION = const(0x14)
_RF_CONFIGURATION = const(0x32)
_IN_LIST_PASSIVE_TARGET = const(0x4A)

_PN532 = const(0x32)
_NORMAL_MODE = const(0x01)  # of the SAM: there is none
_AUTOMATIC_RATS = const(0x14)  # and ATR_RES, as it is at power-on
_WAKES_BY = const(0xB0)  # I2C, SPI, HSU
_CARRIER = const(0x01)
_TIMINGS = const(0x02)
_RETRIES_IN_EXCHANGE = const(0x04)
_RETRIES = const(0x05)
_ACTIVATION_MS = const(0x0B)  # 102.4 ms for ATR_RES, as it is at power-on

_COMMAND_MS = const(200)
_LIST_MS = const(600)  # cards of one kind are looked for in some 10 ms; two that answer at once take longer


class Pn532(Dialogue):
    """`start` first. Any method raises NfcSilent, NfcGarbled, NfcError; those about cards also CardLost."""

    async def start(self) -> None:
        """After power-on, and after any error but CardLost: the chip as we want it, its carrier off."""
        self.asleep = True  # or awake, which being woken does not harm
        out = self.begin(_SAM_CONFIGURATION)
        out.byte(_NORMAL_MODE)
        out.byte(0)  # no limit, which is for a virtual card
        out.byte(1)  # the interrupt line is used
        await self.run(_COMMAND_MS)
        self.begin(_GET_FIRMWARE_VERSION)
        await self.run(_COMMAND_MS)
        if self.size != 4 or self.data[self.at] != _PN532:
            raise NfcGarbled
        self.begin(_SET_PARAMETERS).byte(_AUTOMATIC_RATS)
        await self.run(_COMMAND_MS)
        await self._configure(_RETRIES, b"\x00\x01\x00")  # a look for cards is one look
        await self._configure(_RETRIES_IN_EXCHANGE, b"\x02")
        await self.carrier(False)

    # -- the chip --

    def carrier(self, on: bool) -> "Pn532":
        """Without a carrier every card in the field forgets who it was."""
        return self._configure(_CARRIER, b"\x01" if on else b"\x00")

    def patience(self, exponent: int) -> "Pn532":
        """`thru` waits 100 us x 2^(exponent - 1) for a card's answer: 1 to 16."""
        out = self.begin(_RF_CONFIGURATION)
        out.byte(_TIMINGS)
        out.byte(0)
        out.byte(_ACTIVATION_MS)
        out.byte(exponent)
        return self.run(_COMMAND_MS)

    def power_down(self) -> "Pn532":
        """Carrier off, and some ten microamperes, until the next command."""
        self.begin(POWER_DOWN).byte(_WAKES_BY)
        return self.run(_COMMAND_MS)

    # -- cards --

    def list_a(self, most: int) -> "Pn532":
        """One look for at most 1 or 2 cards of type A; those with ISO/IEC 14443-4 have then sent their ATS.

        The answer is their number, and of each: target, SENS_RES (2), SEL_RES, length of UID, UID, ATS.
        """
        return self._list(most, 0x00, b"")

    def list_b(self, most: int) -> "Pn532":
        """As `list_a`: target, ATQB (12), length of the answer to ATTRIB, that answer."""
        return self._list(most, 0x03, b"\x00")  # any application

    def list_felica(self) -> "Pn532":
        """One card of any system at 212 kbps."""
        return self._list(1, 0x01, b"\x00\xff\xff\x00\x00")

    def exchange(self, target: int, data: "Readable", start: int, count: int, limit_ms: int) -> "Pn532":
        """At most 262 bytes to a card, in whatever frames it wants them; the answer (`more`: its beginning)."""
        out = self.begin(IN_DATA_EXCHANGE)
        out.byte(target)
        out.put(data, start, count)
        return self.run(limit_ms)

    def thru(self, head: "Readable", data: "Readable", start: int, count: int, limit_ms: int) -> "Pn532":
        """One frame to the card as it is, but for its CRC: `head`, then so much of `data`; and one frame back."""
        out = self.begin(IN_COMMUNICATE_THRU)
        out.put(head, 0, len(head))
        out.put(data, start, count)
        return self.run(limit_ms)

    def _list(self, most: int, kind: int, data: bytes) -> "Pn532":
        out = self.begin(_IN_LIST_PASSIVE_TARGET)
        out.byte(most)
        out.byte(kind)
        out.put(data, 0, len(data))
        return self.run(_LIST_MS)

    def _configure(self, item: int, data: bytes) -> "Pn532":
        out = self.begin(_RF_CONFIGURATION)
        out.byte(item)
        out.put(data, 0, len(data))
        return self.run(_COMMAND_MS)
