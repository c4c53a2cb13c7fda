"""PBKDF2-HMAC-SHA256."""

import unittest

from suanpan.crypto.pbkdf2 import pbkdf2
from vectors import load


class TestPbkdf2(unittest.TestCase):
    def test_published(self):
        for vector in load("pbkdf2_sha256")["pbkdf2"]:
            password, salt = bytes.fromhex(vector["password"]), bytes.fromhex(vector["salt"])
            size = len(vector["derived"]) // 2
            derived = pbkdf2(password, salt, vector["iterations"], size)
            self.assertEqual(derived.hex(), vector["derived"])

    def test_passwords_of_just_a_block_and_one_byte_more(self):
        # Answers of CPython's hashlib: no published vector has so long a password.
        for size, derived in (
            (64, "a7eb20b4477a4cc9647a8343af3aa4465322d894a481e92a16da5e0ae37ad3d3"),
            (65, "9f1b4cba4b646ed9a5d20a3cfa7ef757b162f7073a4578d7e93864f7d91e146f"),
        ):
            self.assertEqual(pbkdf2(b"p" * size, b"salt", 3).hex(), derived)

    def test_the_password_is_left_to_its_owner(self):
        password = bytearray(b"123456")
        self.assertEqual(pbkdf2(memoryview(password), b"salt", 2), pbkdf2(b"123456", b"salt", 2))
        self.assertEqual(password, b"123456")
