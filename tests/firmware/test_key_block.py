"""Key blocks: the standards' own examples, and everything that must not open."""

import unittest

from suanpan.crypto import key_block
from suanpan.crypto.des import Tdes
from suanpan.crypto.key_block import unwrap
from suanpan.crypto.mac import cmac
from suanpan.errors import BadKey
from suanpan.errors.keys import KeyBlockError, KeyUseError
from vectors import load

HEAP = "1m"  # the published examples take more than a block
VECTORS = load("key_blocks")


def by_origin(origin):
    vector = next(vector for vector in VECTORS["blocks"] if vector["origin"] == origin)
    return bytes.fromhex(vector["kbpk"]), vector["block"].encode()


B_KBPK, B_BLOCK = by_origin("TR-31:2018, A.7.2.2")  # P0 T E, exportable
D_KBPK, D_BLOCK = by_origin("TR-31:2018, A.7.4")  # P0 A E, exportable
B_OPTIONAL = by_origin("TR-31:2018, A.7.3.2")  # B0 T X, sensitive, with a KSN


def sound(header, data):
    """A block with a right MAC, whatever its header and its key data say: what only who has the key can make."""
    mac = cmac(key_block._derived(Tdes, B_KBPK, 0, 1), header + data)
    cipher = key_block._derived(Tdes, B_KBPK, 0, 0)
    text = bytearray(header)
    chain = mac
    for at in range(0, len(data), 8):
        chain = cipher.encrypt(bytes(a ^ b for a, b in zip(chain, data[at : at + 8])))
        text.extend(chain.hex().upper().encode())
    return bytes(text) + mac.hex().upper().encode()


class TestPublished(unittest.TestCase):
    def test_blocks(self):
        for vector in VECTORS["blocks"]:
            wrapped = unwrap(
                bytes.fromhex(vector["kbpk"]),
                vector["block"].encode(),
                vector["usage"],
                vector["algorithm"],
                vector["mode"],
                vector["exportability"],
            )
            self.assertEqual(wrapped.key.hex().upper(), vector["key"])
            for name in ("usage", "algorithm", "mode", "version_number", "exportability", "optional"):
                self.assertEqual(getattr(wrapped, name), vector[name])

    def test_refused_blocks(self):
        for vector in VECTORS["refused"]:
            block = vector["block"]
            with self.assertRaises(KeyBlockError):
                unwrap(bytes.fromhex(vector["kbpk"]), block.encode(), block[5:7], block[7], block[8], block[11])

    def test_a_window_on_a_block(self):
        frame = memoryview(b"[" + D_BLOCK + b"]")[1:-1]
        self.assertEqual(
            unwrap(D_KBPK, frame, "P0", "A", "E", "E").key, unwrap(D_KBPK, D_BLOCK, "P0", "A", "E", "E").key
        )


class TestUse(unittest.TestCase):
    def test_what_will_do(self):
        for modes, exportability in (("E", "E"), ("BE", "E"), ("E", "NES"), ("NBE", "SE")):
            self.assertEqual(len(unwrap(B_KBPK, B_BLOCK, "P0", "T", modes, exportability).key), 16)

    def test_any_other_use_is_refused(self):
        for demand in (
            ("M3", "T", "E", "E"),  # a MAC key does not decipher PINs, nor the other way round
            ("P1", "T", "E", "E"),
            ("D0", "T", "E", "E"),
            ("P0", "A", "E", "E"),
            ("P0", "D", "E", "E"),
            ("P0", "T", "D", "E"),
            ("P0", "T", "B", "E"),
            ("P0", "T", "", "E"),
            ("P0", "T", "E", "N"),
            ("P0", "T", "E", "S"),
            ("P0T", "E", "E", "E"),
        ):
            with self.assertRaises(KeyUseError):
                unwrap(B_KBPK, B_BLOCK, *demand)

    def test_a_key_that_may_leave_the_terminal_has_to_be_asked_for(self):
        with self.assertRaises(KeyUseError):
            unwrap(D_KBPK, D_BLOCK, "P0", "A", "E")

    def test_an_altered_block_is_no_block_for_another_use(self):
        with self.assertRaises(KeyBlockError):
            unwrap(B_KBPK, B_BLOCK.replace(b"P0TE", b"M3TC"), "M3", "T", "C", "E")


class TestDamage(unittest.TestCase):
    def refused(self, kbpk, block):
        with self.assertRaises(KeyBlockError):
            unwrap(kbpk, block, "P0", "T", "E", "E")

    def every_bit(self, kbpk, block):
        block = bytearray(block)
        for bit in range(8 * len(block)):
            block[bit >> 3] ^= 1 << (bit & 7)
            self.refused(kbpk, block)
            block[bit >> 3] ^= 1 << (bit & 7)

    def test_every_bit_of_version_b(self):
        self.every_bit(B_KBPK, B_BLOCK)

    def test_every_bit_of_version_b_with_an_optional_block(self):
        self.every_bit(*B_OPTIONAL)

    def test_every_bit_of_version_d(self):
        self.every_bit(D_KBPK, D_BLOCK)

    def test_every_length_but_the_right_one(self):
        for kbpk, block in ((B_KBPK, B_BLOCK), (D_KBPK, D_BLOCK)):
            for size in range(len(block)):
                self.refused(kbpk, block[:size])
                if size > 4:  # with the length put right
                    self.refused(kbpk, block[:1] + b"%04d" % size + block[5:size])
            for more in (b"0", b"00000000", b"0" * 16, b"0" * 32, b"0" * 10000):
                self.refused(kbpk, block + more)
                self.refused(kbpk, block[:1] + b"%04d" % (len(block) + len(more)) + block[5:] + more)

    def test_the_same_in_lower_case(self):
        for kbpk, block in ((B_KBPK, B_BLOCK), (D_KBPK, D_BLOCK)):
            self.refused(kbpk, block[:16] + block[16:].lower())
            self.refused(kbpk, block[:-16] + block[-16:].lower())

    def test_optional_blocks_that_lead_nowhere(self):
        for optional in (
            b"0100KS00",
            b"0100KS0000",
            b"0100KS000100",
            b"0100KS0001FF",
            b"0100KS00FF",
            b"0100KS03",
            b"0100KSFF",
            b"0100KSXX",
            b"0100KS-4",
            b"0100KS+8",
            b"9900KS04",
            b"XX00KS04",
        ):
            block = b"B0080P0TE00E" + optional + B_BLOCK[12 + len(optional) :]
            self.assertEqual(len(block), 80)
            self.refused(B_KBPK, block)

    def test_parts_of_two_blocks(self):
        other = by_origin("payShield 10k")[1]
        self.refused(B_KBPK, B_BLOCK[:16] + other[16:])
        self.refused(B_KBPK, B_BLOCK[:64] + other[64:])

    def test_another_protection_key(self):
        for kbpk in (bytes(16), bytes(24), B_KBPK + B_KBPK[:8]):
            self.refused(kbpk, B_BLOCK)
        for kbpk in (bytes(16), bytes(32), D_KBPK[:16]):
            self.refused(kbpk, D_BLOCK)

    def test_what_is_no_protection_key(self):
        for block, sizes in ((B_BLOCK, (0, 8, 15, 32)), (D_BLOCK, (0, 8, 24, 33))):
            for size in sizes:
                with self.assertRaises(BadKey):
                    unwrap(bytes(size), block, "P0", "T", "E", "E")


class TestSoundButWrong(unittest.TestCase):
    DATA = b"\0\x80" + bytes(22)  # a key of 128 bits

    def refused(self, header, data, algorithm="T"):
        with self.assertRaises(KeyBlockError):
            unwrap(B_KBPK, sound(header, data), "P0", algorithm, "E", "E")

    def test_this_is_how_a_right_one_is_made(self):
        self.assertEqual(unwrap(B_KBPK, sound(b"B0080P0TE00E0000", self.DATA), "P0", "T", "E", "E").key, bytes(16))

    def test_another_length_than_it_says(self):
        for length in (b"0079", b"0081", b"0088", b"0000", b" 080", b"00_0"):
            self.refused(b"B" + length + b"P0TE00E0000", self.DATA)

    def test_no_key_of_its_algorithm(self):
        for bits in (0, 64, 120, 127, 129, 136, 192, 256, 0xFFFF):
            self.refused(b"B0080P0TE00E0000", bits.to_bytes(2, "big") + self.DATA[2:])
        self.refused(b"B0080P0DE00E0000", self.DATA, "D")
        self.refused(b"B0080P0RE00E0000", self.DATA, "R")

    def test_no_key_data(self):
        self.refused(b"B0032P0TE00E0000", b"")

    def test_a_header_that_ends_within_a_block(self):
        self.refused(b"B0084P0TE00E0100TT04", b"\0\x80" + bytes(22))


class TestWiping(unittest.TestCase):
    """Every buffer that this module wiped, as it was just before; and that the key is not left in another."""

    def setUp(self):
        self.wiped = []
        self.wipe = key_block.wipe
        key_block.wipe = self.spy

    def tearDown(self):
        key_block.wipe = self.wipe

    def spy(self, buffer):
        self.wiped.append((bytes(buffer), buffer))
        self.wipe(buffer)

    def holds(self, key):
        return [buffer for content, buffer in self.wiped if key in content]

    def test_the_clear_key_data(self):
        for demand, error in ((("P0", "T", "E", "E"), None), (("M3", "T", "E", "E"), KeyUseError)):
            self.wiped.clear()
            if error:
                with self.assertRaises(error):
                    unwrap(B_KBPK, B_BLOCK, *demand)
            else:
                unwrap(B_KBPK, B_BLOCK, *demand)
            key = bytes.fromhex("3F419E1CB7079442AA37474C2EFBF8B8")
            self.assertEqual(len(self.holds(key)), 2)
            for buffer in self.holds(key):
                self.assertFalse(any(buffer))
