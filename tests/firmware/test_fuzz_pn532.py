"""Whatever the contactless reader's chip says: typed errors, no more memory, and then it works again."""

import unittest

from fuzz import Trial
from pn532_chip import ACK, QuietI2c, QuietSpi, answer, mirrored
from suanpan.cards.contactless import ContactlessCard
from suanpan.drivers.pn532 import Pn532
from suanpan.drivers.pn532_hsu import HsuLink
from suanpan.drivers.pn532_i2c import I2cLink
from suanpan.drivers.pn532_spi import SpiLink
from suanpan.errors.nfc import NfcError
from test_driver_pn532_fuzz import APDU, ATS, LyingUart, lie

HEAP = "1m"
TIMEOUT = 120


class Uart(LyingUart):
    def __init__(self, trial):
        super().__init__(trial.chance)
        self._trial = trial

    def write(self, data):
        self._trial.said(data)
        return super().write(data)


class TestPn532(unittest.TestCase):
    def pound(self, salt, use_of):
        trial = Trial(self, salt)
        uart = Uart(trial)
        use = use_of(Pn532(HsuLink(uart)))
        trial.pound(lambda: trial.timeline.run(use), (NfcError,))
        uart.inbox = b""
        uart.honest = lambda code: answer(code, b"\x00\x90\x00")
        try:
            trial.timeline.run(use)  # which may have to abort what is still under way
        except NfcError:
            pass
        trial.timeline.run(use)

    def test_the_driver(self):
        def use_of(pn532):
            async def use():
                await pn532.exchange(1, APDU, 0, 4, 100)
                self.assertTrue(pn532.at + pn532.size <= len(pn532.data))

            return use

        self.pound(41, use_of)

    def test_a_card(self):
        self.pound(42, lambda pn532: lambda: ContactlessCard(pn532, 1, b"", ats=ATS).exchange(APDU))

    def on_bus(self, salt, bus, link, turn):
        trial = Trial(self, salt)
        pn532 = Pn532(link)

        async def use():
            await pn532.exchange(1, APDU, 0, 4, 100)
            self.assertTrue(pn532.at + pn532.size <= len(pn532.data))

        def attempt():
            bus._frames = (turn(ACK), turn(trial.said(lie(trial.chance, 0x40))))
            trial.timeline.run(use)

        trial.pound(attempt, (NfcError,))
        bus._frames = (turn(ACK), turn(answer(0x40, b"\x00\x90\x00")))
        trial.timeline.run(use)
        self.assertEqual(bytes(pn532.data[pn532.at : pn532.at + pn532.size]), b"\x90\x00")

    def test_on_i2c(self):
        i2c = QuietI2c(b"")
        self.on_bus(43, i2c, I2cLink(i2c), bytes)

    def test_on_spi(self):
        spi = QuietSpi(b"")
        self.on_bus(44, spi, SpiLink(spi, spi), mirrored)


if __name__ == "__main__":
    unittest.main()
