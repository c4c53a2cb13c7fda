"""Triple DES DUKPT against the standard's own examples, and that spent keys are gone."""

import unittest

import dukpt_plain
from suanpan.crypto import dukpt_tdes
from suanpan.crypto.des import Tdes
from suanpan.crypto.dukpt_tdes import Register
from suanpan.crypto.mac import iso9797_3
from suanpan.crypto.pin_block import format0
from suanpan.errors import BadKey
from suanpan.errors.keys import KsnExhausted
from vectors import load

HEAP = "1m"  # the published examples take more than the register
VECTORS = load("dukpt_tdes")
INITIAL_KEY = bytes.fromhex(VECTORS["initial_key"])
KSN = bytes.fromhex("FFFF9876543210E00000")
LAST = 0x1FF800  # ten ones at the top of 21 bits


def counter_of(ksn):
    return int.from_bytes(ksn[-3:], "big") & 0x1FFFFF


def state_at(counter):
    return dukpt_plain.state(dukpt_plain.Tdes, INITIAL_KEY, KSN, counter)


def cbc(key, data):
    block, out = bytes(8), b""
    for at in range(0, len(data), 8):
        block = Tdes(key).encrypt(bytes(a ^ b for a, b in zip(block, data[at : at + 8])))
        out += block
    return out


class TestPublished(unittest.TestCase):
    def check(self, register, vectors):
        text = VECTORS["text"].encode()
        padded = text + bytes(-len(text) % 8)
        pin, pan = bytearray(VECTORS["pin"].encode()), VECTORS["pan"]
        for vector in vectors:
            with register.next() as transaction:
                self.assertEqual(transaction.ksn.hex().upper(), vector["ksn"])
                self.assertEqual(transaction.view.hex().upper(), vector["key"])
                with transaction.key(dukpt_tdes.PIN) as key:
                    self.assertEqual(format0(key.view, pin, pan).hex().upper(), vector["pin_block"])
                with transaction.key(dukpt_tdes.MAC_REQUEST) as key:
                    self.assertEqual(iso9797_3(key.view, text)[:4].hex().upper(), vector["mac_request"])
                with transaction.key(dukpt_tdes.MAC_RESPONSE) as key:
                    self.assertEqual(iso9797_3(key.view, text)[:4].hex().upper(), vector["mac_response"])
                with transaction.key(dukpt_tdes.DATA_REQUEST) as key:
                    self.assertEqual(cbc(key.view, padded).hex().upper(), vector["data_request"])
                if "data_response" in vector:
                    with transaction.key(dukpt_tdes.DATA_RESPONSE) as key:
                        self.assertEqual(cbc(key.view, padded).hex().upper(), vector["data_response"])

    def test_initial_sequence(self):
        self.check(Register.load(INITIAL_KEY, KSN), VECTORS["transactions"][:21])

    def test_rollover_sequence(self):
        self.check(Register(state_at(0xFF800)), VECTORS["transactions"][21:])


class TestRegister(unittest.TestCase):
    def test_the_counter_of_the_ksn_given_is_passed_over(self):
        for counter in (0, 1, LAST, 0x1FFFFF):
            ksn = dukpt_plain.ksn_of(dukpt_plain.Tdes, KSN, counter)
            self.assertEqual(Register.load(INITIAL_KEY, ksn).state, state_at(1))

    def test_after_each_step_it_holds_what_it_must_and_no_more(self):
        for start, steps in ((1, 40), (0x2FF, 3), (0x3FF, 3), (0xFFC00, 14), (0x1FF000, 13)):
            register = Register(state_at(start))
            for _ in range(steps):
                transaction = register.next()
                counter = counter_of(transaction.ksn)
                self.assertEqual(transaction.view, dukpt_plain.key_of(dukpt_plain.Tdes, INITIAL_KEY, KSN, counter))
                self.assertFalse(bytes(transaction.view) in bytes(register.state))
                self.assertEqual(register.state, state_at(counter_of(register.ksn)))

    def test_counters_of_more_than_ten_ones_are_left_out(self):
        for counter, following in ((0x3FF, 0x400), (0x7FE, 0x800), (0x1FE001, 0x1FE002), (0x1FE003, 0x1FE004)):
            register = Register(state_at(counter))
            register.next()
            self.assertEqual(counter_of(register.ksn), following)

    def test_at_the_end_there_is_no_next(self):
        register = Register(state_at(LAST))
        transaction = register.next()
        self.assertEqual(counter_of(transaction.ksn), LAST)
        self.assertEqual(register.state, KSN + bytes(21 * 16))
        for _ in range(2):
            with self.assertRaises(KsnExhausted):
                register.next()
        with self.assertRaises(KsnExhausted):
            Register(register.state).next()

    def test_a_step_that_fails_has_not_been_taken(self):
        for name in ("_derive", "_count"):
            register, kept = Register(state_at(8)), []
            method, begin = getattr(register, name), register._transaction

            def failing(*arguments):
                if name == "_count" or kept[1:]:
                    raise MemoryError
                kept.append(method(*arguments))  # only the first of three keys

            register._transaction = lambda ksn, key: kept.append(begin(ksn, key)) or kept[0]
            setattr(register, name, failing)
            with self.assertRaises(MemoryError):
                register.next()
            self.assertFalse(any(kept[0].view))
            register._transaction = begin
            setattr(register, name, method)
            with register.next() as transaction:
                self.assertEqual(counter_of(transaction.ksn), 8)
                self.assertEqual(transaction.view, dukpt_plain.key_of(dukpt_plain.Tdes, INITIAL_KEY, KSN, 8))
            self.assertEqual(register.state, state_at(9))

    def test_keys_and_states_of_other_lengths_are_refused(self):
        for size in (0, 8, 15, 24):
            with self.assertRaises(BadKey):
                Register.load(bytes(size), KSN)
        for size in (8, 9, 12):
            with self.assertRaises(BadKey):
                Register.load(INITIAL_KEY, bytes(size))
        for size in (0, 10, 10 + 21 * 16 - 1, 10 + 21 * 16 + 1, 10 + 21 * 24):
            with self.assertRaises(BadKey):
                Register(bytearray(size))


class TestWiping(unittest.TestCase):
    def test_a_register(self):
        with Register.load(INITIAL_KEY, KSN) as register:
            state = register.state
        self.assertFalse(any(state))

    def test_a_transaction_and_its_keys(self):
        with Register.load(INITIAL_KEY, KSN).next() as transaction:
            whole = transaction.view
            with transaction.key(dukpt_tdes.DATA_REQUEST) as key:
                window = key.view
                self.assertTrue(any(window))
        self.assertFalse(any(window))
        self.assertFalse(any(whole))

    def test_the_initial_key_is_left_to_its_owner(self):
        key = bytearray(INITIAL_KEY)
        Register.load(key, KSN)
        self.assertEqual(key, INITIAL_KEY)

    def test_what_had_been_derived_when_loading_failed(self):
        kept = []

        class Failing(Register):
            def _derive(self, key, tail, out):
                kept.append(self)
                if len(kept) > 3:
                    raise MemoryError
                super()._derive(key, tail, out)

        with self.assertRaises(MemoryError):
            Failing.load(INITIAL_KEY, KSN)
        self.assertFalse(any(kept[0].state))

    def test_the_five_keys_differ(self):
        transaction = Register.load(INITIAL_KEY, KSN).next()
        uses = (
            dukpt_tdes.PIN,
            dukpt_tdes.MAC_REQUEST,
            dukpt_tdes.MAC_RESPONSE,
            dukpt_tdes.DATA_REQUEST,
            dukpt_tdes.DATA_RESPONSE,
        )
        keys = {bytes(transaction.key(use).view) for use in uses}
        self.assertEqual(len(keys), 5)
