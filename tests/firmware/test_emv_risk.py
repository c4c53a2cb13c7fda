"""Terminal risk management (EMV 4.3 Book 3, 10.6)."""

import unittest

from emv_world import AID, PAN, ScriptedCard, Tables, run, transaction
from suanpan.emv.risk import manage_risk
from suanpan.emv.tables import Application

PURE = True

NONE = "0000000000"
OVER = "0000008000"
RANDOM = "0000001000"
LOWER = "0000004000"
BOTH = "0000006000"
ATC = "80ca9f3600"
LAST = "80ca9f1300"


def ours(**values):
    return Application(AID, version=b"\0\x20", **values)


def number(value):
    """A source of chance that draws `value` of 1 to 99."""
    return lambda size: (value - 1).to_bytes(size, "big")


class RiskCase(unittest.TestCase):
    def managed(self, exchanges=(), cards=None, spent=None, forced=False, **others):
        card = ScriptedCard(exchanges)
        t = transaction(card, cards, **others)
        if spent:
            t.spent = spent
        t.forced = forced
        run(manage_risk(t))
        self.assertEqual(card.left, [])
        self.assertEqual(bytes(t.tsi).hex(), "0800")
        return bytes(t.tvr).hex()


class TestFloorLimit(RiskCase):
    def test_around_it(self):
        """The amount is 123.45."""
        self.assertEqual(self.managed(ours=ours(floor_limit=12346)), NONE)
        self.assertEqual(self.managed(ours=ours(floor_limit=12345)), OVER)
        self.assertEqual(self.managed(ours=ours()), OVER)

    def test_whatever_the_card_asks_for(self):
        self.assertEqual(self.managed(ours=ours(), aip="0000"), OVER)

    def test_with_what_this_account_has_spent_before(self):
        self.assertEqual(self.managed(ours=ours(floor_limit=20000), spent=lambda pan: 7654), NONE)
        self.assertEqual(self.managed(ours=ours(floor_limit=20000), spent=lambda pan: 7655 if pan == PAN else 0), OVER)

    def test_the_merchant_wants_the_issuer_asked(self):
        self.assertEqual(self.managed(ours=ours(floor_limit=20000), forced=True), "0000000800")


class TestRandomSelection(RiskCase):
    def chosen(self, drawn, amount, kind="22", **values):
        result = self.managed(ours=ours(**values), random=number(drawn), x9f02=f"{amount:012d}", x9f35=kind)
        self.assertIn(result, (NONE, RANDOM))
        return result == RANDOM

    def test_below_the_threshold_by_the_target_alone(self):
        rule = {"floor_limit": 10000, "threshold": 5000, "target": 20, "most": 80}
        self.assertTrue(self.chosen(20, 4999, **rule))
        self.assertFalse(self.chosen(21, 4999, **rule))

    def test_from_the_threshold_on_by_the_amount(self):
        rule = {"floor_limit": 10000, "threshold": 5000, "target": 20, "most": 80}
        self.assertTrue(self.chosen(20, 5000, **rule))
        self.assertFalse(self.chosen(21, 5000, **rule))
        self.assertTrue(self.chosen(50, 7500, **rule))  # halfway: 50 %
        self.assertFalse(self.chosen(51, 7500, **rule))
        self.assertTrue(self.chosen(79, 9999, **rule))
        self.assertFalse(self.chosen(80, 9999, **rule))

    def test_none_and_all(self):
        self.assertFalse(self.chosen(1, 100, floor_limit=10000, threshold=5000))
        self.assertTrue(self.chosen(99, 100, floor_limit=10000, threshold=0, target=99, most=99))

    def test_terminals_that_have_no_choice(self):
        for kind in ("21", "23"):
            self.assertFalse(self.chosen(1, 100, kind, floor_limit=10000, target=99, most=99))

    def test_an_amount_over_the_floor_limit_needs_no_luck(self):
        rule = ours(floor_limit=100, target=99, most=99)
        self.assertEqual(self.managed(ours=rule, random=number(1)), OVER)


class TestVelocity(RiskCase):
    LIMITS = {0x9F14: "02", 0x9F23: "04"}  # noqa: RUF012

    def velocity(self, counter, last, limits=None):
        exchanges = [(ATC, counter), (LAST, last)] if counter else []
        return self.managed(exchanges, self.LIMITS if limits is None else limits, ours=ours(floor_limit=20000))

    def of(self, counter, last):
        return self.velocity(f"9f3602{counter:04x}9000", f"9f1302{last:04x}9000")

    def test_how_often_since_the_last_time_online(self):
        self.assertEqual(self.of(6, 5), NONE)
        self.assertEqual(self.of(7, 5), NONE)
        self.assertEqual(self.of(8, 5), LOWER)
        self.assertEqual(self.of(9, 5), LOWER)
        self.assertEqual(self.of(10, 5), BOTH)
        self.assertEqual(self.of(0xFFFF, 5), BOTH)

    def test_a_counter_that_cannot_be(self):
        self.assertEqual(self.of(5, 5), BOTH)
        self.assertEqual(self.of(4, 5), BOTH)

    def test_a_new_card(self):
        self.assertEqual(self.of(1, 0), "0008000000")
        self.assertEqual(self.of(9, 0), "0008006000")
        self.assertEqual(self.of(0, 0), "0008006000")

    def test_a_card_that_does_not_say(self):
        missing = "2000006000"
        good = "9f360200079000"
        for bad in ("6a88", "6985", "9000", "9f36029000", "9f36030000079000", "9f130200079000"):
            self.assertEqual(self.velocity(bad, "9f130200059000"), missing)
        for bad in ("6a88", "9000", "9f13019000", "9f360200059000"):
            self.assertEqual(self.velocity(good, bad), missing)
        self.assertEqual(self.velocity("6a88", "9f130200009000"), "2008006000")

    def test_cards_with_one_limit_or_none(self):
        for limits in ({}, {0x9F14: "02"}, {0x9F23: "04"}):
            self.assertEqual(self.velocity(None, None, limits), NONE)


class TestExceptionFile(RiskCase):
    def test_the_card_and_another(self):
        tables = Tables(excepted=((PAN, 1),))
        self.assertEqual(self.managed(cards={0x5F34: "01"}, tables=tables), "1000000000")
        self.assertEqual(self.managed(cards={0x5F34: "02"}, tables=tables), NONE)
        self.assertEqual(self.managed(tables=Tables(excepted=((PAN, -1),))), "1000000000")


if __name__ == "__main__":
    unittest.main()
