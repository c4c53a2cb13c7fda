"""The backup key's way in, beside the master key: both are stored or neither; and what ends it.

The blocks were made by psec's TR-31 under the KBPK that the nonces of test_injection.py lead to.
"""

from nor_flash import BITS, PREFIX, PowerCut
from suanpan.errors import BadKey, KeyMissing
from suanpan.ledger.key_store import AES, BACKUP, INJECTION, SM4, TDES, TMK
from suanpan.service.injection import BLOCK, CHECK_VALUE, LOAD, LOADED
from test_injection import GOOD, TDES_TMK, Case, load, proof

TIMEOUT = 120
HEAP = "1m"  # a flash of 64 KB for each test

KEY = bytes(range(100, 132))
VALUE = bytes.fromhex("b614b0847b")
GOOD_BLOCK = (
    b"D0144D0AB00N0000B85C3772D44AAA74581415665F2EAB0C18D1D8E1A89AEF22DB21516197F8E291C871C0DFFE23DA453C3670803C92C8069BA7"
    b"D5F441CA9EE2591151ED5F066B1A"
)
WRONG = (
    (  # half as long
        "49bb674227",
        (
            b"D0144D0AB00N00003B3AD1D5DAE5210E1532D6E75556DD963F0AC00DF44423B4EAD7C56B20A1567A0A49B2DE3A40F94567430ADE7AD6744A"
            b"3D2078437D5E95669821024E0DD32523"
        ),
    ),
    (  # K0: encrypts keys
        "b614b0847b",
        (
            b"D0144K0AB00N0000890F03B62562A780CEAEEEB9E6DD58533FF05B69569538A502E3BF07E2E4063309C358FEC7F32A9034E8840A0C204971"
            b"F14D97925998DC484E60C79F1FB68F55"
        ),
    ),
    (  # E: only one way
        "b614b0847b",
        (
            b"D0144D0AE00N000078B9E0FCD2DE8C724314EC0EE7FA3FE6146BE1182B5C216B5BB72EA2D7763FAFD93CA7387D94D61F35C4CBC4F161FA7F"
            b"12462A5D1695651123BE00B2204D6DF9"
        ),
    ),
    (  # E: may travel on
        "b614b0847b",
        (
            b"D0144D0AB00E00009BB1207704B024B076A1428B0F80C449CE6E799AA62BFFBF3417AD7A167431D6EFD1B2ABA3174A47981B75E3B6763DAE"
            b"B9244C8C095E8578E67DA9B3428A5BBF"
        ),
    ),
    (  # T: triple DES
        "b614b0847b",
        b"D0112D0TB00N00009A346E30B87BCF8FB492E1D80DAACB0415290C6364D1F4F66B4C0276CC7380C512C1AC130DFDAD379385C7146A3B5660",
    ),
)


def second(value=VALUE, block=GOOD_BLOCK):
    """What comes behind the master key."""
    return bytes((len(value),)) + value + block


def both(algorithm=TDES, more=second()):  # noqa: B008 - bytes
    """The body of a LOAD of a master key of this cipher and whatever follows it."""
    _, _, value, block = next(good for good in GOOD if good[0] == algorithm)
    return load(block + more, bytes.fromhex(value))


class TestBackupKey(Case):
    def backup_key(self):
        with self.keys.use(BACKUP, AES) as key:
            return bytes(key.view)

    def test_it_comes_with_a_master_key_of_any_cipher(self):
        for algorithm, tmk, check_value, _ in GOOD:
            self.tearDown()
            self.setUp()
            self.switch_on(algorithm)
            self.start()
            values = bytes.fromhex(check_value) + VALUE
            self.assertEqual(self.unit.answer(LOAD, both(algorithm)), (LOADED, proof(LOADED, values) + values))
            self.assertEqual(self.kept(algorithm), tmk)
            self.assertEqual(self.backup_key(), KEY)
            self.assertFalse(self.keys.has(INJECTION))

    def test_without_it_there_is_none(self):
        self.start()
        self.assertEqual(self.unit.answer(LOAD, both(more=b""))[0], LOADED)
        with self.assertRaises(KeyMissing):
            self.keys.use(BACKUP, AES)

    def test_a_bad_one_leaves_the_unit_without_either(self):
        bodies = [(BLOCK, both(more=second(bytes.fromhex(value), block))) for value, block in WRONG]
        bodies += [
            (CHECK_VALUE, both(more=second(b"\xb6\x14\xb0\x84\x7c"))),
            (CHECK_VALUE, both(more=second(b""))),
            (BLOCK, both(more=second() + b"x")),
            (BLOCK, both(more=second() + second())),
            (BLOCK, both(more=b"\x05")),
            (BLOCK, both(more=b"\xff" + VALUE + GOOD_BLOCK)),
        ]
        for reason, body in bodies:
            self.switch_on()
            self.start()
            self.assertRefused(reason, self.unit.answer(LOAD, body))
            self.assertNothingStored()
            self.assertFalse(self.keys.has(BACKUP))

    def test_no_end_of_it_can_be_missing(self):
        """Even where the proof is right."""
        for size in range(1, len(second())):
            self.switch_on()
            self.start()
            self.assertRefused(BLOCK, self.unit.answer(LOAD, both(more=second()[:size])))
        self.assertNothingStored()

    def test_it_is_for_archives_alone(self):
        self.start()
        self.unit.answer(LOAD, both())
        for algorithm in (TDES, SM4):
            with self.assertRaises(BadKey):
                self.keys.use(BACKUP, algorithm)

    def test_working_keys_leave_it_alone_and_so_does_a_new_master_key(self):
        self.start()
        self.unit.answer(LOAD, both())
        self.keys.store({2: bytearray(16)})
        self.keys.store({TMK: bytearray(16)})
        self.assertEqual(self.backup_key(), KEY)

    def test_a_power_cut_leaves_all_or_nothing(self):
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
                    self.unit.answer(LOAD, both())
                    break
                except PowerCut:
                    cut = True
                self.tearDown()
                self.flash.power_on()
                self.mount()
                self.switch_on()
                if self.kept():
                    self.assertEqual((self.kept(), self.backup_key()), (TDES_TMK, KEY))
                else:
                    self.assertNothingStored()
                    self.assertFalse(self.keys.has(BACKUP))
                seen.append(self.kept())
            operation += 1
        self.assertTrue(0 < seen.count(None) < len(seen))
