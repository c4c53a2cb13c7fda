"""Terminal action analysis (EMV 4.3 Book 3, 10.7)."""

import unittest

from emv_world import AID, transaction
from suanpan.emv.action import AAC, ARQC, TC, decide, unable
from suanpan.emv.bits import OVER_FLOOR_LIMIT, SDA_FAILED, raise_bit
from suanpan.emv.tables import Application

PURE = True

ZERO = "0000000000"
DENIAL, ONLINE, DEFAULT = 0x9F0E, 0x9F0F, 0x9F0D
OVER = "0000008000"
SDA = "4000000000"


def at(bit=None, kind="22", cards=None, **ours):
    rules = {f"tac_{name}": bytes.fromhex(ours.get(name, ZERO)) for name in ("denial", "online", "default")}
    t = transaction(cards=cards, ours=Application(AID, version=b"\0\x20", **rules), x9f35=kind)
    if bit:
        raise_bit(t.tvr, bit)
    return t


class TestDecide(unittest.TestCase):
    ALL = {DENIAL: ZERO, ONLINE: ZERO, DEFAULT: ZERO}  # noqa: RUF012

    def with_card(self, **changes):
        cards = dict(self.ALL)
        for name, value in changes.items():
            cards[{"denial": DENIAL, "online": ONLINE, "default": DEFAULT}[name]] = value
        return cards

    def test_nothing_remarkable(self):
        self.assertEqual(decide(at()), TC)
        self.assertEqual(decide(at(denial="ffffffffff", online="ffffffffff")), TC)

    def test_each_code_of_either_side(self):
        for side in ("denial", "online"):
            wanted = AAC if side == "denial" else ARQC
            self.assertEqual(decide(at(bit=OVER_FLOOR_LIMIT, cards=self.ALL, **{side: OVER})), wanted)
            self.assertEqual(decide(at(bit=OVER_FLOOR_LIMIT, cards=self.with_card(**{side: OVER}))), wanted)
            self.assertEqual(decide(at(bit=OVER_FLOOR_LIMIT, cards=self.with_card(**{side: SDA}))), TC)
        self.assertEqual(decide(at(bit=OVER_FLOOR_LIMIT, cards=self.ALL, default=OVER)), TC)

    def test_denial_comes_first(self):
        self.assertEqual(decide(at(bit=SDA_FAILED, cards=self.with_card(denial=SDA, online=SDA))), AAC)

    def test_a_card_without_codes(self):
        """Book 3, 10.7: it denies nothing, and goes online for anything."""
        self.assertEqual(decide(at()), TC)
        self.assertEqual(decide(at(bit=OVER_FLOOR_LIMIT)), ARQC)
        self.assertEqual(unable(at(bit=OVER_FLOOR_LIMIT)), AAC)

    def test_a_terminal_that_is_always_online(self):
        for kind in ("11", "14", "21", "24", "34"):
            self.assertEqual(decide(at(kind=kind, cards=self.ALL)), ARQC)
            self.assertEqual(decide(at(bit=SDA_FAILED, kind=kind, denial=SDA)), AAC)
            self.assertEqual(unable(at(kind=kind, cards=self.ALL)), AAC)

    def test_a_terminal_that_is_never_online(self):
        for kind in ("13", "16", "23", "26", "36"):
            self.assertEqual(decide(at(bit=SDA_FAILED, kind=kind, cards=self.with_card(online=SDA))), TC)
            self.assertEqual(decide(at(bit=SDA_FAILED, kind=kind, cards=self.with_card(default=SDA))), AAC)
            self.assertEqual(decide(at(bit=SDA_FAILED, kind=kind, cards=self.ALL, default=SDA)), AAC)


class TestUnable(unittest.TestCase):
    def test_the_default_codes(self):
        none = {DEFAULT: ZERO}
        self.assertEqual(unable(at(bit=OVER_FLOOR_LIMIT, cards=none)), TC)
        self.assertEqual(unable(at(bit=OVER_FLOOR_LIMIT, cards=none, default=OVER)), AAC)
        self.assertEqual(unable(at(bit=OVER_FLOOR_LIMIT, cards={DEFAULT: OVER})), AAC)
        self.assertEqual(unable(at()), TC)


if __name__ == "__main__":
    unittest.main()
