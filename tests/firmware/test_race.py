"""The first of several things to happen, and nothing of the others afterwards."""

import asyncio
import unittest

from driver_fakes import Timeline
from suanpan.flows.race import first


class TestFirst(unittest.TestCase):
    def setUp(self):
        self.log = []

    async def after(self, ms, name):
        try:
            await asyncio.sleep_ms(ms)
            self.log.append(name)
            return name
        finally:
            self.log.append(f"{name} over")

    async def fails(self, ms):
        await asyncio.sleep_ms(ms)
        raise ValueError

    def test_the_first_wins_and_the_others_are_over(self):
        async def race():
            won = await first(self.after(30, "slow"), self.after(10, "quick"), self.after(20, "late"))
            self.log.append("told")
            await asyncio.sleep_ms(100)
            return won

        self.assertEqual(Timeline().run(race), (1, "quick"))
        self.assertEqual(self.log, ["quick", "quick over", "slow over", "late over", "told"])

    def test_an_exception_is_the_callers(self):
        async def race():
            await first(self.after(30, "slow"), self.fails(10))

        with self.assertRaises(ValueError):
            Timeline().run(race)
        self.assertEqual(self.log, ["slow over"])

    def test_a_race_within_a_race_ends_with_it(self):
        """The inner ones do nothing more once the outer race is decided."""

        async def busy():
            try:
                while True:
                    await asyncio.sleep_ms(1)
                    self.log.append("busy")
            finally:
                self.log.append("busy over")

        async def inner():
            await first(busy(), self.after(1000, "never"))

        async def race():
            try:
                await first(inner(), self.fails(5))
            except ValueError:
                self.log.append("told")
            await asyncio.sleep_ms(50)

        Timeline().run(race)
        self.assertEqual(self.log[-3:], ["busy over", "never over", "told"])

    def test_who_waits_may_be_cancelled(self):
        async def race():
            waiting = asyncio.create_task(first(self.after(30, "a"), self.after(40, "b")))
            await asyncio.sleep_ms(10)
            waiting.cancel()
            await asyncio.sleep_ms(100)

        Timeline().run(race)
        self.assertEqual(self.log, ["a over", "b over"])


if __name__ == "__main__":
    unittest.main()
