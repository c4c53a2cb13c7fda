"""The dates of certificates, against ones put together by hand; real ones come in tests/system/test_link.py."""

import unittest

from suanpan.acquirer.tls_line_dates import utc, validity

PURE = True


def der(tag, content):
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes(2, "big") if size > 0xFF else bytes((size,))
    return bytes((tag, 0x80 | len(length))) + length + content


def certificate(first, last, version=b"\xa0\x03\x02\x01\x02", issuer=b"", rest=b""):
    inner = (
        version
        + der(0x02, b"\x01\x02")
        + der(0x30, b"\x06\x01\x2a")
        + der(0x30, issuer)
        + der(0x30, first + last)
        + rest
    )
    return memoryview(der(0x30, der(0x30, inner) + der(0x30, b"") + der(0x03, b"\x00")))


def short(text):
    return der(0x17, text.encode())


def long(text):
    return der(0x18, text.encode())


class TestValidity(unittest.TestCase):
    def test_both_forms_of_time(self):
        self.assertEqual(
            validity(certificate(short("261123010000Z"), long("20500101000000Z"))), ("20261123010000", "20500101000000")
        )

    def test_the_century_of_a_short_year(self):
        self.assertEqual(
            validity(certificate(short("500101000000Z"), short("491231235959Z"))), ("19500101000000", "20491231235959")
        )

    def test_without_a_version(self):
        found = validity(certificate(short("261123010000Z"), short("271123010000Z"), version=b""))
        self.assertEqual(found[1], "20271123010000")

    def test_long_fields(self):
        for size in (0x7F, 0x80, 0xFF, 0x100, 700):
            found = validity(certificate(short("261123010000Z"), short("271123010000Z"), issuer=bytes(size)))
            self.assertEqual(found[0], "20261123010000")

    def test_other_forms_of_time_are_refused(self):
        for wrong in ("2611230100Z", "261123010000+0800", "26112301000aZ", "261123010000", ""):
            for kind in (short, long):
                with self.assertRaises(ValueError):
                    validity(certificate(kind(wrong), short("271123010000Z")))

    def test_cut_anywhere(self):
        whole = certificate(short("261123010000Z"), short("271123010000Z"), issuer=bytes(200), rest=bytes(40))
        for size in range(len(whole)):
            with self.assertRaises(ValueError):
                validity(whole[:size])

    def test_any_byte_changed_gives_dates_or_a_refusal(self):
        whole = bytes(certificate(short("261123010000Z"), short("271123010000Z"), issuer=bytes(130)))
        for at in range(len(whole)):
            for change in (0x01, 0x80, 0xFF):
                wrong = bytearray(whole)
                wrong[at] ^= change
                try:
                    first, last = validity(memoryview(wrong))
                except ValueError:
                    continue
                self.assertEqual((len(first), len(last)), (14, 14))
                self.assertTrue((first + last).isdigit())


class TestUtc(unittest.TestCase):
    def assertUtc(self, clock, expected):
        year, month, day, hour = clock
        self.assertEqual(utc((year, month, day, 0, hour, 30, 15, 0)), expected + "3015")

    def test_the_clock_is_eight_hours_ahead(self):
        self.assertUtc((2026, 11, 23, 9), "2026112301")
        self.assertUtc((2026, 11, 23, 8), "2026112300")
        self.assertUtc((2026, 11, 23, 7), "2026112223")

    def test_over_the_ends_of_months_and_years(self):
        for clock, expected in (
            ((2026, 1, 1, 0), "2025123116"),
            ((2026, 3, 1, 0), "2026022816"),
            ((2028, 3, 1, 0), "2028022916"),
            ((2026, 5, 1, 7), "2026043023"),
            ((2026, 8, 1, 7), "2026073123"),
            ((2026, 12, 1, 7), "2026113023"),
        ):
            self.assertUtc(clock, expected)


if __name__ == "__main__":
    unittest.main()
