"""The issuer's words to its card (EMV 4.3 Book 3, 10.9 and 10.10; Book 4, 6.3.9 and annex A5)."""

import unittest

from emv_world import ScriptedCard, run, tlv, transaction
from suanpan.emv.issuer import AFTER, BEFORE, authenticate, run_scripts
from suanpan.errors import DriverError

PURE = True

UNBLOCK = "84240000080102030405060708"
UPDATE = "04da9f5809010203040506070809"


class TestAuthentication(unittest.TestCase):
    def authenticated(self, data, reply=None, aip="0400"):
        exchanges = [(f"00820000{len(data) // 2:02x}{data}", reply)] if reply else []
        t = transaction(ScriptedCard(exchanges), aip=aip)
        if data:
            t.objects.set(0x91, bytes.fromhex(data))
        run(authenticate(t))
        self.assertEqual(t.card.left, [])
        return bytes(t.tvr).hex(), t.tsi[0]

    def test_right(self):
        for size in (8, 10, 16):
            self.assertEqual(self.authenticated("11" * size, "9000"), ("0000000000", 0x10))

    def test_refused(self):
        for sw in ("6300", "63c0", "6700", "6982", "6985", "6f00", "6283"):
            self.assertEqual(self.authenticated("11" * 10, sw), ("0000000040", 0x10))

    def test_nothing_to_authenticate_with(self):
        self.assertEqual(self.authenticated(""), ("0000000000", 0))

    def test_a_card_that_does_it_with_its_cryptogram(self):
        self.assertEqual(self.authenticated("11" * 10, aip="0000"), ("0000000000", 0))

    def test_data_of_an_impossible_length_are_not_sent(self):
        for size in (7, 17):
            self.assertEqual(self.authenticated("11" * size), ("0000000040", 0))


def script(tag, *commands, identifier=None):
    content = tlv("9f18", bytes.fromhex(identifier)) if identifier else b""
    for command in commands:
        content += tlv("86", bytes.fromhex(command))
    return tlv(tag, content)


class TestScripts(unittest.TestCase):
    def ran(self, scripts, exchanges, kind=BEFORE):
        t = transaction(ScriptedCard(exchanges))
        run(run_scripts(t, scripts, kind))
        self.assertEqual(t.card.left, [])
        return bytes(t.tvr).hex(), t.tsi[0], t.script_results.hex()

    def test_every_command_in_its_order(self):
        self.assertEqual(
            self.ran(script("71", UNBLOCK, UPDATE, identifier="01020304"), [(UNBLOCK, "9000"), (UPDATE, "9000")]),
            ("0000000000", 0x04, "2001020304"),
        )

    def test_warnings_are_no_errors(self):
        self.assertEqual(
            self.ran(script("71", UNBLOCK, UPDATE), [(UNBLOCK, "6283"), (UPDATE, "6300")]),
            ("0000000000", 0x04, "2000000000"),
        )

    def test_the_first_error_ends_a_script(self):
        for sw in ("6400", "6581", "6700", "6985", "6a80", "6d00", "6f00"):
            self.assertEqual(
                self.ran(script("71", UPDATE, UNBLOCK, UPDATE, identifier="0a"), [(UPDATE, "9000"), (UNBLOCK, sw)]),
                ("0000000020", 0x04, "120a000000"),
            )

    def test_an_error_beyond_the_fourteenth_command(self):
        exchanges = [(UPDATE, "9000")] * 16 + [(UNBLOCK, "6985")]
        commands = [UPDATE] * 16 + [UNBLOCK]
        self.assertEqual(self.ran(script("71", *commands), exchanges), ("0000000020", 0x04, "1f00000000"))

    def test_one_after_the_other_whatever_became_of_the_first(self):
        scripts = script("71", UNBLOCK, identifier="01") + script("72", UPDATE) + script("71", UPDATE, identifier="02")
        self.assertEqual(
            self.ran(scripts, [(UNBLOCK, "6985"), (UPDATE, "9000")]),
            ("0000000020", 0x04, "11010000002002000000"),
        )

    def test_each_kind_at_its_time(self):
        scripts = script("71", UNBLOCK) + script("72", UPDATE, identifier="7f")
        self.assertEqual(self.ran(scripts, [(UPDATE, "6985")], AFTER), ("0000000010", 0x04, "117f000000"))
        self.assertEqual(self.ran(script("72", UPDATE), []), ("0000000000", 0, ""))
        self.assertEqual(self.ran(b"", []), ("0000000000", 0, ""))

    def test_a_card_that_is_drawn_away(self):
        """Before its last word that is everybody's business; after it, its own."""

        class Gone:
            async def exchange(self, command):
                raise DriverError

        t = transaction(Gone())
        with self.assertRaises(DriverError):
            run(run_scripts(t, script("71", UPDATE), BEFORE))
        run(run_scripts(t, script("72", UPDATE, UPDATE, identifier="7f"), AFTER))
        self.assertEqual((bytes(t.tvr).hex(), t.script_results.hex()), ("0000000010", "117f000000"))

    def test_a_script_without_commands(self):
        self.assertEqual(self.ran(script("71", identifier="01"), []), ("0000000000", 0x04, "2001000000"))

    def test_scripts_that_cannot_be_read(self):
        broken = tlv("71", bytes.fromhex("9f180401020304860584"))
        self.assertEqual(self.ran(broken, []), ("0000000020", 0x04, "0001020304"))
        whole = script("71", UNBLOCK)
        self.assertEqual(self.ran(whole + b"\x71\x10", [(UNBLOCK, "9000")])[0], "0000000020")
        self.assertEqual(self.ran(whole + b"\x71\x10", [], AFTER), ("0000000000", 0, ""))

    def test_commands_that_no_card_can_be_sent(self):
        for command in ("", "842400", "8424000008010203", "84240000", "8424000000"):
            reply = [(command, "9000")] if len(command) in (8, 10) else []
            result = "2000000000" if reply else "1100000000"
            self.assertEqual(self.ran(script("71", command), reply)[2], result)
        self.assertEqual(self.ran(script("71", UNBLOCK + "00"), [(UNBLOCK + "00", "9000")])[2], "2000000000")
        self.assertEqual(self.ran(script("71", UNBLOCK + "0000"), [])[2], "1100000000")


if __name__ == "__main__":
    unittest.main()
