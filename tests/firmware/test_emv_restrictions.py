"""Processing restrictions (EMV 4.3 Book 3, 10.4)."""

import unittest

from emv_world import transaction
from suanpan.emv.restrictions import restrict

PURE = True

NONE = "0000000000"
VERSIONS = "0080000000"
EXPIRED = "0040000000"
EARLY = "0020000000"
NOT_ALLOWED = "0010000000"


def restricted(cards, **changes):
    t = transaction(cards=cards, **changes)
    restrict(t)
    return bytes(t.tvr).hex()


class TestVersions(unittest.TestCase):
    def test_the_same_another_and_none(self):
        self.assertEqual(restricted({0x9F08: "0020"}), NONE)
        self.assertEqual(restricted({0x9F08: "0021"}), VERSIONS)
        self.assertEqual(restricted({}), NONE)


class TestDates(unittest.TestCase):
    def test_around_the_last_day(self):
        """The card's last day is 31 December 2039."""
        self.assertEqual(restricted({}, x9a="391231"), NONE)
        self.assertEqual(restricted({}, x9a="400101"), EXPIRED)
        self.assertEqual(restricted({}, x9a="491231"), EXPIRED)
        self.assertEqual(restricted({}, x9a="991231"), NONE)  # 1999

    def test_around_the_first_day(self):
        self.assertEqual(restricted({0x5F25: "261123"}), NONE)
        self.assertEqual(restricted({0x5F25: "261124"}), EARLY)
        self.assertEqual(restricted({0x5F25: "991231"}), NONE)


class TestUsage(unittest.TestCase):
    """10.4.2; byte 1: 80 domestic cash, 40 foreign, 20 goods, 10, 08 services, 04, 02 cash machines, 01 elsewhere."""

    def usage(self, control, issuer="0156", **changes):
        cards = {0x9F07: control}
        if issuer:
            cards[0x5F28] = issuer
        return restricted(cards, **changes)

    def test_without_control_or_with_all(self):
        self.assertEqual(restricted({}), NONE)
        self.assertEqual(self.usage("ffc0"), NONE)

    def test_cash_machines_and_elsewhere(self):
        self.assertEqual(self.usage("fd00"), NONE)
        self.assertEqual(self.usage("fe00"), NOT_ALLOWED)
        machine = {"x9f35": "14", "x9f40": "8000000000", "x9c": "01"}
        self.assertEqual(self.usage("fe00", **machine), NONE)
        self.assertEqual(self.usage("fd00", **machine), NOT_ALLOWED)
        machine["x9f40"] = "0000000000"  # of the type, and dispenses none
        self.assertEqual(self.usage("fd00", **machine), NONE)

    def test_purchases_at_home_and_abroad(self):
        for control in ("2100", "0900"):
            self.assertEqual(self.usage(control), NONE)
            self.assertEqual(self.usage(control, "0840"), NOT_ALLOWED)
        for control in ("1100", "0500"):
            self.assertEqual(self.usage(control), NOT_ALLOWED)
            self.assertEqual(self.usage(control, "0840"), NONE)
        self.assertEqual(self.usage("c100"), NOT_ALLOWED)

    def test_cash_at_home_and_abroad(self):
        self.assertEqual(self.usage("8100", x9c="01"), NONE)
        self.assertEqual(self.usage("4100", x9c="01"), NOT_ALLOWED)
        self.assertEqual(self.usage("4100", "0840", x9c="01"), NONE)
        self.assertEqual(self.usage("3d00", x9c="01"), NOT_ALLOWED)

    def test_cash_with_a_purchase(self):
        for changes in ({"x9c": "09"}, {"x9f03": "000000001000"}):
            self.assertEqual(self.usage("3d80", **changes), NONE)
            self.assertEqual(self.usage("3d40", **changes), NOT_ALLOWED)
            self.assertEqual(self.usage("3d40", "0840", **changes), NONE)
            self.assertEqual(self.usage("3d80", "0840", **changes), NOT_ALLOWED)

    def test_a_card_that_does_not_say_where_it_is_from(self):
        self.assertEqual(self.usage("0100", None), NONE)


if __name__ == "__main__":
    unittest.main()
