"""Answers to reset: real cards', and what they say of themselves; and what is no answer."""

import unittest

from suanpan.cards import atr
from suanpan.errors.chip import CardError, CardGarbled, CardUnsupported
from vectors import load

PURE = True
ATRS = load("iso7816")["atrs"]
FIELDS = ("protocol", "specific", "ta1", "f", "d", "guard", "wi", "ifsc", "bwi", "cwi", "crc")


def check(answer):
    """With its TCK made right."""
    value = 0
    for byte in answer[1:]:
        value ^= byte
    return answer + bytes((value,))


def verdict(answer, warm):
    try:
        return atr.parse(answer, len(answer), warm)
    except CardUnsupported:
        return "unsupported"
    except CardGarbled:
        return "garbled"


class TestAtr(unittest.TestCase):
    def test_real_cards(self):
        for card in ATRS:
            answer = bytes.fromhex(card["atr"])
            for warm in (False, True):
                expected = card["warm" if warm else "cold"]
                got = verdict(answer, warm)
                self.assertEqual("accepted" if isinstance(got, atr.Atr) else got, expected, card["card"])
                if expected == "accepted":
                    said = {name: getattr(got, name) for name in FIELDS if name in card}
                    self.assertEqual(said, {name: card[name] for name in FIELDS if name in card}, card["card"])

    def test_what_is_not_said_has_its_default(self):
        plain = atr.parse(b"\x3b\x60\x00\x00", 4, False)
        self.assertEqual([getattr(plain, name) for name in FIELDS], [0, False, 0x11, 372, 1, 0, 10, 32, -1, 0, False])

    def test_the_length_is_known_as_soon_as_it_can_be(self):
        for card in ATRS:
            answer = bytes.fromhex(card["atr"])
            lengths = [atr.length(answer, have) for have in range(len(answer) + 1)]
            self.assertEqual(lengths[-1], len(answer), card["card"])
            for have in range(len(answer)):
                self.assertTrue(have < lengths[have] <= len(answer), card["card"])

    def test_emv_limits(self):
        def t1(ta3="fe", tb3="45", tc1="00", tc3=None):
            head = "3be000" + tc1 + "81" + ("31" if tc3 is None else "71") + ta3 + tb3 + (tc3 or "")
            return check(bytes.fromhex(head))

        for answer, expected in (
            (t1(), "accepted"),
            (t1(ta3="10"), "accepted"),
            (t1(ta3="0f"), "unsupported"),
            (t1(ta3="ff"), "unsupported"),
            (t1(tb3="55"), "unsupported"),  # BWI
            (t1(tb3="46"), "unsupported"),  # CWI
            (t1(tb3="40"), "unsupported"),  # 2^CWI is not more than N + 1
            (t1(tb3="40", tc1="ff"), "accepted"),
            (t1(tb3="45", tc1="1f"), "unsupported"),
            (t1(tb3="45", tc1="1e"), "accepted"),
            (t1(tc3="00"), "accepted"),
            (t1(tc3="01"), "accepted"),  # a CRC
            (t1(tc3="02"), "unsupported"),
            (check(bytes.fromhex("3be000008111fe")), "unsupported"),  # no TB3
            (bytes.fromhex("3b60 0100".replace(" ", "")), "unsupported"),  # VPP
            (bytes.fromhex("3b80400a"), "accepted"),
            (bytes.fromhex("3b804000"), "unsupported"),  # no waiting time at all
            (bytes.fromhex("3b901110 90".replace(" ", "")), "unsupported"),  # implicit values
            (check(bytes.fromhex("3b901110 81".replace(" ", "")))[:-1], "unsupported"),  # another protocol in TA2
            (bytes.fromhex("3b907110 80".replace(" ", "")), "unsupported"),  # specific, and a rate that is reserved
            (bytes.fromhex("3b1071"), "accepted"),  # an offer that nobody can take
        ):
            got = verdict(answer, False)
            self.assertEqual("accepted" if isinstance(got, atr.Atr) else got, expected, answer.hex())

    def test_every_flipped_bit_of_a_checked_answer(self):
        answer = bytes.fromhex("3be500ff8131fe458073c601082d")
        for bit in range(8, len(answer) * 8):
            flipped = bytearray(answer)
            flipped[bit >> 3] ^= 1 << (bit & 7)
            self.assertFalse(isinstance(verdict(flipped, True), atr.Atr), bit)

    def test_whatever_comes_the_errors_are_ours(self):
        state = 1
        for _ in range(1000):
            answer = bytearray()
            for _ in range(40):
                state = (state * 1103515245 + 12345) & 0x7FFFFFFF
                answer.append(state >> 16 & 0xFF)
            answer[0] = 0x3B
            if state & 1:  # interface bytes without end
                answer[1:] = bytes(byte | 0xF0 for byte in answer[1:])
            have = 0
            try:
                while have < (end := atr.length(answer, have)):
                    self.assertTrue(end <= atr.LONGEST)
                    have = end
                atr.parse(answer, have, True)
            except CardError:
                pass


if __name__ == "__main__":
    unittest.main()
