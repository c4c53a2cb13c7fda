"""Whatever a tapped card says: an outcome, after so many commands at most, no more memory; then a good card is read."""

import asyncio
import unittest

from contactless_card import (
    AIDS,
    ARQC,
    LOST,
    TC,
    Card,
    Fast,
    Tap,
    control_information,
    directory,
    entry,
)
from fuzz import Trial
from suanpan.emv.outcome import APPROVED, ONLINE_REQUEST, SELECT_NEXT
from suanpan.emv.preprocessing import MASTERCARD, UNIONPAY, VISA
from suanpan.emv.torn import TornLog

HEAP = "1m"
TIMEOUT = 240

_MOST_COMMANDS = 2 + 16 * (2 + 64 + 2)  # a directory of sixteen, each with as many records as there may be
_STATUS = (0x9000, 0x9000, 0x9000, 0x6985, 0x6986, 0x6984, 0x6A82, 0x6A83, 0x6283, 0x0000)


class Population:
    """Answers what is asked as a card of the kernel would, as often as chance lets it."""

    def __init__(self, trial, answers):
        self.trial = trial
        self.answers = answers  # by class, instruction and, of a record, its number
        self.honest = False
        self.count = 0

    async def exchange(self, command):
        self.count += 1
        if self.count > _MOST_COMMANDS or not 5 <= len(command) <= 261:
            raise AssertionError("a card cannot make us do that")
        good = self.answers.get(bytes(command[:3] if command[1] == 0xB2 else command[:2] + command[5:6]), b"")
        if self.honest:
            return memoryview(good), 0x9000
        chance = self.trial.chance
        self.trial.said(good)
        if chance.below(40) == 0:
            raise LOST
        sw = 0x9000 if chance.below(8) else chance.one_of(_STATUS)
        return memoryview(good if chance.below(3) else chance.garbled(good)), sw


def answers_of(kernel, script):
    """The script's answers; a SELECT is told by the first letter of the name that it asks for."""
    found = {}
    for command, answer in script:
        data = answer[0] if isinstance(answer, tuple) else answer
        found[command[:3] if command[1] == 0xB2 else command[:2] + command[5:6]] = data
    return found


class TestFuzz(unittest.TestCase):
    def pound(self, salt, kernel, script, good, **settings):
        trial = Trial(self, salt)
        population = Population(trial, answers_of(kernel, script))
        torn = TornLog(lambda: 0)

        def attempt(honest=False):
            population.honest = honest
            population.count = 0
            tap = Tap(kernel, torn=torn, **settings)
            result = asyncio.run(tap.entry_point.present(population))
            self.assertNotEqual(result.result, SELECT_NEXT)
            if honest:
                self.assertEqual(result.result, good)
            elif result.result in (APPROVED, ONLINE_REQUEST):
                self.assertEqual(len(bytes(result.transaction.objects.need(0x9F26))), 8)
                self.assertTrue(result.transaction.pan.isdigit())

        attempt(honest=True)
        trial.pound(attempt, ())
        torn = TornLog(lambda: 0)
        attempt(honest=True)

    def test_unionpay(self):
        self.pound(61, UNIONPAY, Fast(UNIONPAY, TC).script(), APPROVED)

    def test_unionpay_online(self):
        self.pound(62, UNIONPAY, Fast(UNIONPAY, ARQC).script(), ONLINE_REQUEST)

    def test_visa(self):
        self.pound(63, VISA, Fast(VISA, TC).script(), APPROVED)

    def test_mastercard(self):
        self.pound(64, MASTERCARD, Card().script(), APPROVED)

    def test_a_wallet_of_several(self):
        first, second = AIDS[UNIONPAY], AIDS[UNIONPAY][:7] + b"\x03"
        script = list(Fast(UNIONPAY, TC).script())
        script[0] = script[0][0], directory(entry(second, 2), entry(first, 1))
        script[1] = script[1][0], control_information(first)
        self.pound(65, UNIONPAY, script, APPROVED)


if __name__ == "__main__":
    unittest.main()
