"""Injection, the unit's side: who is believed, what is stored, and that it is both keys' slots or neither.

The key blocks were made by psec's TR-31 under the KBPK that the nonces below lead to; proofs are made here.
"""

import unittest

import vfs

from driver_fakes import FakeUart, Timeline
from nor_flash import BITS, PREFIX, NorFlash, PowerCut
from suanpan.crypto.hmac_sha256 import hmac_sha256
from suanpan.ledger.key_store import AES, INJECTION, SM4, TDES, TMK, KeyStore
from suanpan.service.injection import (
    BLOCK,
    CHECK_VALUE,
    FAULT,
    KEYED,
    LOAD,
    LOADED,
    REFUSED,
    START,
    TERMINAL,
    UNIT,
    UNPREPARED,
    WORKSHOP,
    Injection,
)
from suanpan.service.injection_line import Frames, frame, serve

TIMEOUT = 120
HEAP = "1m"  # a flash of 64 KB for each test

KEYS = "/injection_test/keys.bin"
DEVICE_KEY = bytes(range(32))
INJECTION_KEY = bytes(range(32))
SERIAL = b"SP-VB-000001"
TID = b"10000001"
HOST_NONCE = b"\xa0" * 16
UNIT_NONCE = b"\xb0" * 16

TDES_TMK = "0123456789abcdeffedcba9876543210"
AES_TMK = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
GOOD = (  # algorithm, TMK, check value, block
    (
        TDES,
        TDES_TMK,
        "08d7b4",
        b"D0112K0TD00N0000B61F0B542E0975182F1703FAED8A2373B99A9D5812EBE21D3EE92DE258715A1CE8A7086E923FA964280C527DFB03ED49",
    ),
    (
        AES,
        AES_TMK,
        "377822c093",
        (
            b"D0144K0AD00N000030E7D8793DEC765ADD32135A99AFD7F8250E3847FC3F431A305050B0B1C5F72079514BF34B8BB5BD25FE61EF7133"
            b"C0BDA704C07282A4B32A2E331BD11C67B8BA"
        ),
    ),
    (
        SM4,
        TDES_TMK,
        "2677f4",
        b"D0112K04D00N0000FF8C82B688F7081C5F32A37246B142A4F3749B0CA3E41958A3E5D50147A2483F31E63C2B3ACDF65E89660302DA4182BE",
    ),
)
OTHER_USES = (
    b"D0112P0TD00N0000FDBECBD084D04B088F0D03B9C95EA09FC91B1C7AA2C25B81A8B69E800E62FB5B3B69C538BE51296AE34F360883D83682",
    b"D0112K1TD00N0000B3EEF85A0AFFBFBA9C0289259C2E688AEB6D9465493812F0F898007F15C79D3F4DDD4C0A30C8D7E1CA0E2381E7B191BE",
    b"D0112K0TB00N0000DC1B54CD1F9575A481EA70DFD3276193BEE0355EFE40688FEAB62DFAFF396D52364E8B0E47CB8BB2266AB532A9AEFE31",
    b"D0112K0TD00E000022B147308203A2BEB49BE422FFA8F803BBEB1BD33B9F9F1489B3A942F8B8C30094ED41D61EA5D0196CAB56BD166052F7",
    b"B0096K0TD00N000057582F4C3959E4326329EAA5FB54FC9DC610680F27AA566E9ED9DBC8950D34629088F909D976F5FC",
    b"",
)


def proof(kind, content, nonces=HOST_NONCE + UNIT_NONCE, key=INJECTION_KEY):
    session = hmac_sha256(key, b"suanpan injection 1", nonces, SERIAL)
    return hmac_sha256(hmac_sha256(session, b"proof"), bytes((kind,)), content)


def load(block=GOOD[0][3], value=b"\x08\xd7\xb4", tid=TID, **how):
    """The body of a LOAD whose proof is right."""
    content = tid + bytes((len(value),)) + value + block
    return proof(LOAD, content, **how) + content


class Case(unittest.TestCase):
    """A unit that has been provisioned, with its own LittleFS on a flash whose power can be cut."""

    def setUp(self):
        self.flash = NorFlash(16)
        vfs.VfsLfs2.mkfs(self.flash)
        self.mount()
        self.drawn = []
        KeyStore(KEYS, DEVICE_KEY).store({INJECTION: bytearray(INJECTION_KEY)}, AES)
        self.switch_on()

    def mount(self):
        vfs.mount(vfs.VfsLfs2(self.flash), "/injection_test")

    def tearDown(self):
        vfs.umount("/injection_test")

    def switch_on(self, algorithm=TDES):
        self.drawn = []
        self.keys = KeyStore(KEYS, DEVICE_KEY)
        self.unit = Injection(self.keys, "10000001", "SP-VB-000001", algorithm, self.random)

    def random(self, count):
        """UNIT_NONCE first, then others."""
        self.drawn.append(count)
        return bytes((0xB0 + len(self.drawn) - 1,)) * count

    def start(self):
        return self.unit.answer(START, HOST_NONCE)

    def kept(self, algorithm=TDES):
        if not self.keys.has(TMK):
            return None
        with self.keys.use(TMK, algorithm) as key:
            return bytes(key.view).hex()

    def injection_key(self):
        with self.keys.use(INJECTION, AES) as key:
            return bytes(key.view)

    def assertRefused(self, reason, answer):
        self.assertEqual(answer, (REFUSED, bytes((reason,))))

    def assertNothingStored(self):
        self.assertIsNone(self.kept())
        self.assertEqual(self.injection_key(), INJECTION_KEY)


class TestInjection(Case):
    def test_it_proves_who_it_is(self):
        self.assertEqual(self.start(), (UNIT, UNIT_NONCE + proof(UNIT, UNIT_NONCE + SERIAL) + SERIAL))

    def test_a_key_is_loaded_and_the_injection_key_gone(self):
        for algorithm, tmk, check_value, block in GOOD:
            self.tearDown()
            self.setUp()
            self.switch_on(algorithm)
            self.start()
            value = bytes.fromhex(check_value)
            answer = self.unit.answer(LOAD, load(block, value))
            self.assertEqual(answer, (LOADED, proof(LOADED, value) + value))
            self.assertEqual(self.kept(algorithm), tmk)
            self.assertFalse(self.keys.has(INJECTION))

    def test_a_loaded_unit_refuses_everything(self):
        self.start()
        self.unit.answer(LOAD, load())
        for _ in range(2):
            for kind, body in ((START, HOST_NONCE), (LOAD, load()), (UNIT, b""), (0xEE, b"")):
                self.assertRefused(KEYED, self.unit.answer(kind, body))
            self.switch_on()  # and after a power cycle
        self.assertEqual(self.kept(), TDES_TMK)

    def test_without_an_injection_key_there_is_nothing_to_prove(self):
        self.keys = KeyStore("/injection_test/none.bin", DEVICE_KEY)
        self.unit = Injection(self.keys, "10000001", "SP-VB-000001", TDES, self.random)
        self.assertRefused(UNPREPARED, self.start())
        self.assertRefused(UNPREPARED, self.unit.answer(LOAD, load()))

    def test_a_load_that_nothing_came_before(self):
        self.assertRefused(WORKSHOP, self.unit.answer(LOAD, load()))
        self.assertNothingStored()

    def test_one_start_allows_one_load(self):
        self.start()
        wrong = bytearray(load())
        wrong[0] ^= 1
        self.assertRefused(WORKSHOP, self.unit.answer(LOAD, wrong))
        self.assertRefused(WORKSHOP, self.unit.answer(LOAD, load()))
        self.assertNothingStored()

    def test_a_recorded_load_is_worth_nothing(self):
        self.start()
        recorded = load()
        self.start()  # the next session: the unit draws another nonce
        self.assertRefused(WORKSHOP, self.unit.answer(LOAD, recorded))
        self.assertNothingStored()

    def test_every_start_draws_a_nonce(self):
        first, second = self.start(), self.start()
        self.assertNotEqual(first[1][:16], second[1][:16])
        self.assertEqual(self.drawn, [16, 16])

    def test_another_workshop(self):
        self.start()
        self.assertRefused(WORKSHOP, self.unit.answer(LOAD, load(key=bytes(32))))
        self.assertNothingStored()

    def test_its_own_proof_is_not_taken_from_it(self):
        _, body = self.start()
        self.assertRefused(WORKSHOP, self.unit.answer(LOAD, body[16:48] + body[:16] + SERIAL))
        self.assertNothingStored()

    def test_no_bit_of_a_load_can_be_changed(self):
        good = load()
        for bit in range(len(good) * 8):
            wrong = bytearray(good)
            wrong[bit >> 3] ^= 1 << (bit & 7)
            self.switch_on()
            self.start()
            self.assertRefused(WORKSHOP, self.unit.answer(LOAD, wrong))
        self.assertNothingStored()

    def test_no_end_of_a_load_can_be_missing(self):
        good = load()
        for size in range(len(good)):
            self.switch_on()
            self.start()
            self.assertRefused(WORKSHOP, self.unit.answer(LOAD, good[:size]))
        self.assertNothingStored()

    def test_another_terminals_key(self):
        for content in ({"tid": b"10000002"}, {"tid": b"", "value": b"", "block": b""}):
            self.switch_on()
            self.start()
            self.assertRefused(TERMINAL, self.unit.answer(LOAD, load(**content)))
        self.start()
        self.assertRefused(TERMINAL, self.unit.answer(LOAD, proof(LOAD, TID, HOST_NONCE + b"\xb1" * 16) + TID))
        self.assertNothingStored()

    def test_a_key_for_another_use_or_that_may_travel_on(self):
        blocks = list(OTHER_USES)
        blocks += [GOOD[1][3], GOOD[2][3]]
        for block in blocks:
            self.switch_on()
            self.start()
            self.assertRefused(BLOCK, self.unit.answer(LOAD, load(block)))
        self.assertNothingStored()

    def test_another_check_value(self):
        for value in ("", "08", "08d7", "08d7b5", "08d7b4fb", "377822c093"):
            self.switch_on()
            self.start()
            self.assertRefused(CHECK_VALUE, self.unit.answer(LOAD, load(value=bytes.fromhex(value))))
        self.assertNothingStored()

    def test_a_check_value_longer_than_the_load(self):
        content = TID + b"\xff" + b"\x08\xd7\xb4"
        self.start()
        self.assertRefused(BLOCK, self.unit.answer(LOAD, proof(LOAD, content) + content))
        self.assertNothingStored()

    def test_a_flash_that_cannot_be_written(self):
        class Full(KeyStore):
            def store(self, keys, algorithm=TDES):
                raise OSError(28)

        self.unit = Injection(Full(KEYS, DEVICE_KEY), "10000001", "SP-VB-000001", TDES, self.random)
        self.start()
        self.assertRefused(FAULT, self.unit.answer(LOAD, load()))
        self.assertNothingStored()

    def test_starts_that_are_none(self):
        for body in (b"", HOST_NONCE[:15], HOST_NONCE + b"\0"):
            self.assertRefused(WORKSHOP, self.unit.answer(START, body))
            self.assertRefused(WORKSHOP, self.unit.answer(LOAD, load()))

    def test_no_key_lies_in_the_flash(self):
        self.start()
        self.unit.answer(LOAD, load())
        cells = bytes(self.flash.cells)
        for secret in (bytes.fromhex(TDES_TMK), INJECTION_KEY):
            self.assertEqual(cells.find(secret[:8]), -1)

    def test_a_power_cut_leaves_both_keys_or_neither(self):
        """The power is cut in every operation of the flash that a LOAD makes."""
        cells = bytes(self.flash.cells)
        operation, seen, cut = 0, [], True
        while cut:
            cut = False
            for way, depth in ((None, 0), (None, 1), (PREFIX, 7), (PREFIX, 15), (BITS, 8)):
                self.tearDown()
                self.flash.cells[:] = cells
                self.flash.power_on()
                self.mount()
                self.switch_on()
                self.start()
                self.flash.cut(operation, way, depth)
                try:
                    self.unit.answer(LOAD, load())
                    break
                except PowerCut:
                    cut = True
                self.tearDown()
                self.flash.power_on()
                self.mount()
                self.switch_on()
                if self.kept():
                    self.assertEqual(self.kept(), TDES_TMK)
                    self.assertFalse(self.keys.has(INJECTION))
                else:
                    self.assertNothingStored()
                seen.append(self.kept())
            operation += 1
        print(len(seen), "cuts,", len(seen) - seen.count(None), "times keyed")
        self.assertTrue(0 < seen.count(None) < len(seen))


class TestFrames(unittest.TestCase):
    def feed(self, frames, data):
        found = []
        for at in range(len(data)):
            frames.room[:1] = data[at : at + 1]
            one = frames.take(1)
            if one:
                found.append(one)
        return found

    def test_a_frame_as_the_workshop_makes_it(self):
        """By zlib's CRC-32: kind 1, body "abc"."""
        self.assertEqual(bytes(frame(1, b"abc")).hex(), "a5010003616263a24e4538")

    def test_frames_byte_by_byte_among_noise(self):
        noise = b"boot\xa5\xa5\xff\xff\n"
        line = noise + frame(START, HOST_NONCE) + noise + frame(LOAD, b"") + frame(LOAD, bytes(256))
        self.assertEqual(self.feed(Frames(), line), [(START, HOST_NONCE), (LOAD, b""), (LOAD, bytes(256))])

    def test_every_flipped_bit_is_found(self):
        good = frame(START, HOST_NONCE)
        for bit in range(len(good) * 8):
            bad = bytearray(good)
            bad[bit >> 3] ^= 1 << (bit & 7)
            self.assertEqual(self.feed(Frames(), bad), [])

    def test_a_body_too_long_is_not_waited_for(self):
        self.assertEqual(self.feed(Frames(), b"\xa5\x01\x02\x01" + frame(START, b"x")), [(START, b"x")])

    def test_any_noise_fits(self):
        frames = Frames()
        for byte in (0x00, 0xA5, 0xFF):
            self.assertEqual(self.feed(frames, bytes((byte,)) * 2000), [])
        self.assertTrue(len(frames.room))


class TestServe(Case):
    def test_a_whole_exchange(self):
        timeline, uart = Timeline(), FakeUart()
        unit = bytes(frame(UNIT, UNIT_NONCE + proof(UNIT, UNIT_NONCE + SERIAL) + SERIAL))
        loaded = bytes(frame(LOADED, proof(LOADED, b"\x08\xd7\xb4") + b"\x08\xd7\xb4"))
        uart.expect(unit, bytes(frame(LOAD, load())))
        uart.expect(loaded, bytes(frame(START, HOST_NONCE)))
        uart.expect(bytes(frame(REFUSED, bytes((KEYED,)))))
        timeline.at(1000, lambda: uart.arrive(b"noise" + frame(START, HOST_NONCE)))
        with self.assertRaises(AssertionError):  # the script has ended, and it still listens
            timeline.run(lambda: serve(uart, self.unit))
        uart.done()
        self.assertEqual(self.kept(), TDES_TMK)

    def test_half_a_frame_does_not_swallow_the_next(self):
        timeline, uart = Timeline(), FakeUart()
        uart.expect(bytes(frame(UNIT, UNIT_NONCE + proof(UNIT, UNIT_NONCE + SERIAL) + SERIAL)))
        timeline.at(0, lambda: uart.arrive(b"\xa5\x01\x00\xff half"))
        timeline.at(300, lambda: uart.arrive(frame(START, HOST_NONCE)))
        with self.assertRaises(AssertionError):
            timeline.run(lambda: serve(uart, self.unit))
        uart.done()
