"""Parameters of applications and keys, as they come from the acquirer, and as the kernel asks for them."""

import hashlib
import os
import sys
import unittest

from suanpan.codec.tlv import encode
from suanpan.emv.tables import Stored
from suanpan.errors.emv import TablesRefused
from suanpan.ledger.emv_draft import Draft
from suanpan.ledger.emv_tables import APPLICATION, EXCEPTION, KEY, REVOKED, EmvTables, exception
from vectors import load

PURE = True

PATH = "/tmp/emv_tables_test.bin"
PUBLISHED = load("emv_published")
UNIONPAY = bytes.fromhex("a000000333")
REVOCATION = UNIONPAY + bytes.fromhex("02000123")
PAN = "6228000100001117"


def application(at=0, old="", new=""):
    text = PUBLISHED["applications"][at].lower()
    assert old.lower() in text
    return bytes.fromhex(text.replace(old.lower(), new.lower()))


def key(at=0, old="", new=""):
    text = PUBLISHED["keys"][at].lower()
    assert old.lower() in text
    return bytes.fromhex(text.replace(old.lower(), new.lower()))


class TablesCase(unittest.TestCase):
    def setUp(self):
        self.forget()

    def tearDown(self):
        self.forget()

    def forget(self):
        for path in (PATH, PATH + ".new"):
            try:
                os.remove(path)
            except OSError:
                pass

    def lay_down(self, *items):
        draft = Draft(PATH)
        for kind, content in items:
            draft.add(kind, content)
        draft.commit()
        return EmvTables(PATH)

    def whole(self):
        items = [(APPLICATION, application(i)) for i in range(2)]
        items += [(KEY, key(i)) for i in range(4)]
        items += [(REVOKED, REVOCATION), (EXCEPTION, exception(PAN, 1)), (EXCEPTION, exception("6228", -1))]
        return self.lay_down(*items)

    def refused(self, *items):
        """It is not taken, and what was there stays."""
        self.whole()
        with open(PATH, "rb") as file:
            before = file.read()
        with self.assertRaises(TablesRefused):
            self.lay_down(*items)
        with open(PATH, "rb") as file:
            self.assertEqual(file.read(), before)
        with self.assertRaises(OSError):
            os.remove(PATH + ".new")


class TestWhole(TablesCase):
    def test_nothing_is_laid_down_yet(self):
        tables = Stored(EmvTables(PATH))
        self.assertEqual(tables.applications, [])
        self.assertIsNone(tables.key(UNIONPAY, 1))
        self.assertFalse(tables.revoked(UNIONPAY, 2, b"\0\1\x23") or tables.excepted(PAN, 1))

    def test_applications(self):
        first, second = Stored(self.whole()).applications
        self.assertEqual(first.aid.hex(), "a000000333010101")
        self.assertEqual(first.version.hex(), "0020")
        self.assertTrue(first.partial)
        codes = first.tac_default.hex(), first.tac_online.hex(), first.tac_denial.hex()
        self.assertEqual(codes, ("d84000a800", "d84004f800", "0010000000"))
        self.assertEqual((first.floor_limit, first.threshold, first.most, first.target), (0x500, 0x10, 90, 10))
        self.assertEqual(first.ddol.hex(), "9f3704")
        self.assertTrue(first.matches(bytes.fromhex("a00000033301010101")))
        self.assertEqual(second.aid.hex(), "a000000333010102")

    def test_keys(self):
        tables = Stored(self.whole())
        for index, size, expires in (
            (1, 128, "20291231"),
            (2, 144, "20241231"),
            (3, 176, "20241231"),
            (8, 144, "00000000"),
        ):
            found = tables.key(UNIONPAY, index)
            self.assertEqual((len(found.modulus), found.exponent, found.expires), (size, 3, expires))
        self.assertIsNone(tables.key(UNIONPAY, 4))
        self.assertIsNone(tables.key(b"\xa0\0\0\0\4", 1))

    def test_revoked_certificates(self):
        tables = Stored(self.whole())
        self.assertTrue(tables.revoked(UNIONPAY, 2, b"\0\1\x23"))
        self.assertFalse(tables.revoked(UNIONPAY, 3, b"\0\1\x23"))
        self.assertFalse(tables.revoked(UNIONPAY, 2, b"\0\1\x24"))

    def test_excepted_cards_and_accounts(self):
        tables = Stored(self.whole())
        self.assertTrue(tables.excepted(PAN, 1))
        self.assertFalse(tables.excepted(PAN, 2) or tables.excepted(PAN, -1))
        self.assertTrue(tables.excepted("6228", 7) and tables.excepted("6228", -1))
        with open(PATH, "rb") as file:
            self.assertFalse(PAN.encode() in file.read())

    def test_new_ones_take_the_place_of_old_ones_at_once(self):
        self.whole()
        tables = Stored(self.lay_down((APPLICATION, application(1))))
        self.assertEqual(len(tables.applications), 1)
        self.assertIsNone(tables.key(UNIONPAY, 1))

    def test_what_has_checked_them_does_not_stay(self):
        self.whole()
        EmvTables(PATH)
        self.assertFalse("suanpan.ledger.emv_draft" in sys.modules)
        self.assertEqual(len(EmvTables(PATH, checked=True).items(KEY)), 4)

    def test_a_draft_that_is_dropped(self):
        self.whole()
        draft = Draft(PATH)
        draft.add(APPLICATION, application())
        draft.drop()
        self.assertEqual(len(Stored(EmvTables(PATH)).applications), 2)

    def test_none_at_all_may_be_laid_down(self):
        self.assertEqual(Stored(self.lay_down()).applications, [])


class TestRefused(TablesCase):
    def test_applications_that_lack_something_or_say_it_twice(self):
        text = PUBLISHED["applications"][0].lower()
        for part in (
            "9f0608a000000333010101", "df010100", "9f08020020", "df1105d84000a800", "df1205d84004f800",
            "df13050010000000", "9f1b0400000500", "df150400000010", "df160190", "df170110",
        ):  # fmt: skip
            self.refused((APPLICATION, bytes.fromhex(text.replace(part, ""))))
            self.refused((APPLICATION, bytes.fromhex(text + part)))

    def test_applications_that_contradict_themselves(self):
        for old, new in (
            ("df160190", "df160109"),  # at most less than always
            ("df160190", "df1601a0"),
            ("df170110", "df17010f"),
            ("df150400000010", "df150400000501"),  # a threshold over the floor limit
            ("df010100", "df010102"),
            ("df14039f3704", "df14039f0206"),  # a DDOL without the unpredictable number
            ("df14039f3704", "df14029f37"),
            ("9f0608a000000333010101", "9f0604a0000003"),
            ("9f0608a000000333010101", "9f0611" + "a0" * 17),
            ("df1105d84000a800", "df1104d84000a8"),
        ):
            self.refused((APPLICATION, application(0, old, new)))

    def test_keys_with_one_byte_wrong(self):
        """The checksum knows, wherever it is."""
        for old, new in (
            ("bbe9066d", "bbe9066f"),
            ("2b4c5d5a93bd", "2b4c5d5a93bf"),
            ("9f220101", "9f220102"),
            ("a000000333", "a000000334"),
            ("df040103", "df0403010001"),
            ("e881e390", "e881e391"),
        ):
            self.refused((KEY, key(0, old, new)))

    def test_keys_whose_checksum_is_right_and_that_are_none_all_the_same(self):
        """An even modulus, one that begins with zero, an exponent of 5."""
        for modulus, exponent in ((b"\x80" * 64, b"\3"), (b"\0" + b"\x81" * 63, b"\3"), (b"\x81" * 64, b"\5")):
            name = UNIONPAY + b"\1"
            content = (
                encode(0x9F06, UNIONPAY) + encode(0x9F22, b"\1") + encode(0xDF05, b"\x20\x29\x12\x31")
                + encode(0xDF06, b"\1") + encode(0xDF07, b"\1") + encode(0xDF02, modulus) + encode(0xDF04, exponent)
                + encode(0xDF03, hashlib.sha1(name + modulus + exponent).digest())
            )  # fmt: skip
            self.refused((KEY, content))

    def test_keys_that_are_none(self):
        for old, new in (
            ("df040103", ""),
            ("df060101", "df060102"),
            ("df070101", "df070102"),
            ("df05083230323931323331", "df050832303239313233"),
            ("df05083230323931323331", "df0508323032393132333a"),
            ("df05083230323931323331", "df0504202912aa"),
        ):
            self.refused((KEY, key(0, old, new)))

    def test_the_same_twice(self):
        self.refused((KEY, key(0)), (KEY, key(0)))
        self.refused((APPLICATION, application(0)), (KEY, key(0)), (APPLICATION, application(0)))

    def test_one_bad_among_many_good_ones(self):
        items = [(KEY, key(i)) for i in range(4)]
        items.append((REVOKED, REVOCATION[:-1]))
        self.refused(*items)
        self.refused((EXCEPTION, b"1234567"))
        self.refused((9, b""))
        self.refused((APPLICATION, b""))
        self.refused((APPLICATION, bytes(600)))
        self.refused((APPLICATION, application() + b"\x9f"))


class TestDamagedFile(TablesCase):
    def test_every_cut(self):
        self.lay_down((APPLICATION, application()), (REVOKED, REVOCATION))
        with open(PATH, "rb") as file:
            whole = file.read()
        for size in range(len(whole)):
            with open(PATH, "wb") as file:
                file.write(whole[:size])
            with self.assertRaises(TablesRefused):
                EmvTables(PATH)

    def test_more_than_there_should_be(self):
        self.lay_down((APPLICATION, application()))
        with open(PATH, "ab") as file:
            file.write(b"\3\0\0")
        with self.assertRaises(TablesRefused):
            EmvTables(PATH)

    def test_items_that_are_left_out(self):
        self.lay_down((REVOKED, REVOCATION), (REVOKED, REVOCATION))
        with open(PATH, "rb") as file:
            whole = file.read()
        with open(PATH, "wb") as file:
            file.write(whole[:7] + whole[7 + 12 :])
        with self.assertRaises(TablesRefused):
            EmvTables(PATH)

    def test_another_file(self):
        with open(PATH, "wb") as file:
            file.write(b'{"schema": 3}')
        with self.assertRaises(TablesRefused):
            EmvTables(PATH)


if __name__ == "__main__":
    unittest.main()
