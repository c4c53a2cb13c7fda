"""Sign-in and sale under each cipher suite, against a scripted host whose ciphers are others; and that neither the
host nor anybody on the line talks the terminal into another suite (S11)."""

import asyncio
import sys
import unittest

from scripted_host import TRACK, AesHost, Entry, Keys, Line, Parameters, Sm4Host, TdesHost
from suanpan.acquirer.session import Session
from suanpan.acquirer.suites import suite
from suanpan.codec import iso8583
from suanpan.codec.track import parse_track2
from suanpan.crypto.secret import PinEntry
from suanpan.errors import (
    BadKey,
    BadReply,
    CheckValueError,
    KeyMissing,
    MacError,
    SignInRefused,
    SuiteRefused,
)
from suanpan.ledger.key_store import MAK, PIK, TMK
from vectors import load

HOSTS = (TdesHost(), Sm4Host(), AesHost())
NEW_PIK = bytes(range(0x40, 0x50))
NEW_MAK = bytes(range(0x60, 0x70))
CIPHERS = {"tdes": "suanpan.crypto.des", "sm4": "suanpan.crypto.sm4", "aes": "suanpan.crypto.aes"}


class TestTdes(unittest.TestCase):
    host = TdesHost()
    unused = range(28, 36)  # bytes of F62 that mean nothing

    def setUp(self):
        self.suite = suite(self.host.name)
        self.keys = Keys(self.host)
        self.new_mak = NEW_MAK[: len(self.host.mak)]
        self.others = [host for host in HOSTS if host.name != self.host.name]

    def session(self, script, random=bytes):
        self.line = Line(script)
        return Session(self.line, Parameters, self.keys, self.suite, random)

    def sign_in(self, script):
        return asyncio.run(self.session(script).sign_in("000007", "000001", "01"))

    def offered(self, wrapped, **changes):
        """Sign in, and be offered these keys."""
        return self.sign_in(self.host.genuine(f62=wrapped, **changes))

    def sale(self, script, pin="123456", track=TRACK, random=bytes):
        with PinEntry() as entered:
            for digit in pin:
                entered.append(digit)
            track = parse_track2(track)
            return asyncio.run(self.session(script, random).request(Entry(track.pan), track, entered))

    def sent(self):
        self.assertEqual(len(self.line.sent), 1)
        return iso8583.decode(self.line.sent[0])[1]

    def assertNothingStored(self):
        self.assertEqual(self.keys.given, [])
        self.assertEqual(self.keys.slots, Keys(self.host).slots)

    def assertWiped(self, buffers):
        for buffer in buffers:
            self.assertEqual(bytes(buffer), bytes(len(buffer)))

    # -- sign-in -------------------------------------------------------------------------------------------

    def test_the_request_asks_for_this_suite(self):
        self.offered(self.host.wrapped())
        self.assertEqual(self.sent()[60], "00000001" + self.host.network)

    def test_its_keys_are_taken(self):
        self.offered(self.host.wrapped(NEW_PIK, self.new_mak))
        algorithm = self.host.algorithm
        expected = {TMK: (algorithm, self.host.tmk), PIK: (algorithm, NEW_PIK), MAK: (algorithm, self.new_mak)}
        self.assertEqual(self.keys.slots, expected)

    def test_no_key_is_left_in_memory(self):
        self.offered(self.host.wrapped(NEW_PIK, self.new_mak))
        self.assertEqual(len(self.keys.given), 2)
        self.assertWiped(self.keys.lent + self.keys.given)

    def test_nor_is_one_that_was_refused(self):
        checked = []
        right = self.host.check_value(NEW_PIK)  # and wrong for the MAK
        self.suite.check_value = lambda key: checked.append(key) or right
        with self.assertRaises(CheckValueError):
            self.offered(self.host.wrapped(NEW_PIK, self.new_mak))
        self.assertEqual(len(checked), 2)
        self.assertWiped(self.keys.lent + checked)

    def test_nor_one_that_could_not_be_stored(self):
        given = []

        def store(keys, algorithm):
            given.extend(keys.values())
            raise OSError(28)

        self.keys.store = store
        with self.assertRaises(OSError):
            self.offered(self.host.wrapped(NEW_PIK, self.new_mak))
        self.assertEqual(len(given), 2)
        self.assertWiped(self.keys.lent + given)

    def test_an_answer_of_another_network_code_is_refused_before_a_key_is_unwrapped(self):
        codes = [f"{code:03}" for code in range(10) if f"{code:03}" != self.host.network]
        for answered in ["00000001" + code for code in codes] + ["00000001", "00000001" + self.host.network[:2], None]:
            self.keys = Keys(self.host)
            with self.assertRaises(SuiteRefused):
                self.offered(self.host.wrapped(NEW_PIK, self.new_mak), f60=answered)
            self.assertNothingStored()
            self.assertEqual(len(self.keys.lent), 1)  # to see that it is there, before the request
            self.assertWiped(self.keys.lent)

    def test_keys_wrapped_under_another_algorithm_are_refused(self):
        for other in self.others:
            pik, mak = NEW_PIK, NEW_MAK[: len(other.mak)]
            checks = {"pik_check": self.host.check_value(NEW_PIK), "mak_check": self.host.check_value(self.new_mak)}
            for offered in (other.wrapped(pik, mak), other.wrapped(pik, mak, **checks)):
                with self.assertRaises(CheckValueError):
                    self.offered(offered)
                self.assertNothingStored()

    def test_check_values_of_another_algorithm_are_refused(self):
        for other in self.others:
            for name, key in (("pik_check", NEW_PIK), ("mak_check", NEW_MAK[: len(other.mak)])):
                with self.assertRaises(CheckValueError):
                    self.offered(self.host.wrapped(NEW_PIK, self.new_mak, **{name: other.check_value(key)}))
                self.assertNothingStored()

    def test_keys_of_another_length_are_refused(self):
        wrapped = self.host.wrapped(NEW_PIK, self.new_mak)
        for size in (0, 16, 20, 24, 32, 39, 41, 48, 56, 60, 84):
            with self.assertRaises(BadReply):
                self.offered((wrapped * 3)[:size] or None)
            self.assertNothingStored()

    def test_any_flipped_bit_of_the_keys_is_refused_or_without_effect(self):
        wrapped = self.host.wrapped(NEW_PIK, self.new_mak)
        for bit in range(8 * len(wrapped)):
            flipped = bytearray(wrapped)
            flipped[bit >> 3] ^= 1 << (bit & 7)
            self.keys = Keys(self.host)
            if bit >> 3 in self.unused:
                self.offered(flipped)
                self.assertEqual(self.keys.slots[MAK][1], self.new_mak)
            else:
                with self.assertRaises(CheckValueError):
                    self.offered(flipped)
                self.assertNothingStored()

    def test_a_host_that_will_not_have_this_suite(self):
        with self.assertRaises(SignInRefused):
            self.offered(self.host.wrapped(), f39="40")
        self.assertNothingStored()

    # -- sale ----------------------------------------------------------------------------------------------

    def pin_block(self):
        """What F52 or F59 of the request opens to, in hexadecimal."""
        fields = self.sent()
        self.assertFalse(59 in fields)
        return self.host.decrypt(self.host.pik, fields[52]).hex()

    def test_the_pin_block_opens_at_the_host(self):
        self.sale(self.host.genuine())
        fields = self.sent()
        self.assertEqual((fields[22], fields[26], fields[53]), ("021", "12", self.host.security))
        self.assertEqual(self.pin_block(), "06123456fffffffe")

    def test_without_a_pin_its_fields_stay_away(self):
        self.sale(self.host.genuine(), pin="")
        self.assertEqual(set(self.sent()) & {26, 52, 53, 59}, set())

    def test_the_mac_covers_all_before_it(self):
        self.sale(self.host.genuine())
        message = self.line.sent[0]
        self.assertEqual(message[-8:], self.host.mac(message[:-8]))
        self.assertWiped(self.keys.lent)

    def test_a_reversal_has_the_mac_too(self):
        self.assertEqual(asyncio.run(self.session(self.host.genuine(f39="25")).reverse(Entry())), "25")
        message = self.line.sent[0]
        self.assertEqual(message[-8:], self.host.mac(message[:-8]))

    def test_an_answer_under_the_mac_of_another_suite_is_refused(self):
        for other in self.others:
            with self.assertRaises(MacError):
                self.sale(other.genuine(), pin="")

    def test_any_flipped_bit_of_the_answer_is_refused(self):
        self.sale(self.host.genuine(), pin="")
        good = self.host.reply("0200", self.sent())
        for bit in range(8 * len(good)):
            flipped = bytearray(good)
            flipped[bit >> 3] ^= 1 << (bit & 7)
            self.keys = Keys(self.host)
            with self.assertRaises((MacError, BadReply)):
                self.sale(lambda mti, fields: [bytes(flipped)], pin="")

    # -- keys of another suite -----------------------------------------------------------------------------

    def test_a_master_key_of_another_suite_ends_it_before_anything_is_sent(self):
        for other in self.others:
            self.keys.slots[TMK] = other.algorithm, other.tmk
            with self.assertRaises(BadKey):
                self.offered(self.host.wrapped())
            self.assertEqual(self.line.sent, [])
        del self.keys.slots[TMK]
        with self.assertRaises(KeyMissing):
            self.offered(self.host.wrapped())
        self.assertEqual(self.line.sent, [])

    def test_so_does_a_working_key(self):
        for slot in (PIK, MAK):
            for other in self.others:
                self.keys = Keys(self.host)
                self.keys.slots[slot] = other.algorithm, other.pik
                with self.assertRaises(BadKey):
                    self.sale(self.host.genuine())
                self.assertEqual(self.line.sent, [])
                self.assertWiped(self.keys.lent)

    def test_its_own_cipher_alone_is_loaded(self):
        """Memory is dear: everything from choosing a suite to the MAC of an answer, with the modules loaded anew."""
        kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith("suanpan.")}
        try:
            from suanpan.acquirer.suites import suite

            chosen = suite(self.host.name)
            chosen.working_keys(self.host.tmk, self.host.wrapped())
            chosen.pin_field(self.host.pik, bytearray(b"1234"), "6200000000000013", bytes)
            chosen.mac(self.host.mak, b"message")
            loaded = [name for name, module in CIPHERS.items() if module in sys.modules]
            wide = "suanpan.acquirer.suites_wide" in sys.modules
        finally:
            sys.modules.update(kept)
        self.assertEqual(loaded, [self.host.name])
        self.assertEqual(wide, self.host.name != "tdes")


class TestSm4(TestTdes):
    host = Sm4Host()
    unused = ()

    def pin_block(self):
        fields = self.sent()
        self.assertFalse(52 in fields)
        self.assertEqual(fields[59][:5], b"A2016")
        self.assertEqual(len(fields[59]), 5 + 16)
        inner = self.host.decrypt(self.host.pik, fields[59][5:])
        pan = bytes.fromhex("4" + "6200000000000013" + "0" * 15)
        return self.host.decrypt(self.host.pik, bytes(a ^ b for a, b in zip(inner, pan))).hex()

    def test_the_pin_block_opens_at_the_host(self):
        self.sale(self.host.genuine(), random=lambda size: b"\x5a" * size)
        fields = self.sent()
        self.assertEqual((fields[22], fields[26], fields[53]), ("021", "12", self.host.security))
        self.assertEqual(self.pin_block(), "46123456aaaaaaaa" + "5a" * 8)


class TestAes(TestSm4):
    host = AesHost()

    def test_the_published_pin_block(self):
        """ANSI X9.24-3:2017, from the PIN pad to F59."""
        for vector in load("payment")["pin_block_format_4"]:
            pik, pan = bytes.fromhex(vector["key"]), vector["pan"]
            self.keys.slots[PIK] = self.host.algorithm, pik
            track = f";{pan}=35121200000012345?".encode()
            random = bytes.fromhex(vector["random"])
            self.sale(self.host.genuine(), vector["pin"], track, lambda size: random[:size])
            self.assertEqual(self.sent()[59].hex().upper(), b"A2016".hex().upper() + vector["block"])


if __name__ == "__main__":
    unittest.main()
