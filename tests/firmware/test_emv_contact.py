"""The contact kernel, byte for byte, against a transaction published by others."""

import asyncio
import unittest

from suanpan.emv.contact import transact
from suanpan.emv.tables import Application, CaKey
from suanpan.emv.transaction import IssuerAnswer
from vectors import load

HEAP = "600k"
TRACE = load("emv_contact")
UNPREDICTABLE = bytes.fromhex("01234567")
# What the published kernel did not note: the application had expired by its own day.
EXPIRED = "0040000000"


class ScriptedCard:
    """Says what was published, and nothing else."""

    def __init__(self, exchanges):
        self.exchanges = list(exchanges)

    async def exchange(self, command):
        wanted, answer = self.exchanges.pop(0)
        if bytes(command).hex() != wanted:
            raise AssertionError(f"sent {bytes(command).hex()}, expected {wanted}")
        answer = bytes.fromhex(answer)
        return memoryview(answer)[:-2], answer[-2] << 8 | answer[-1]


class Tables:
    def __init__(self):
        self.applications = [Application(bytes.fromhex("afffffffff1234"), version=b"\x00\x96", floor_limit=100_00)]

    def key(self, rid, index):
        published = TRACE["ca_key"]
        if rid.hex() == published["rid"] and index == published["index"]:
            return CaKey(bytes.fromhex(published["modulus"]), published["exponent"], "391231")
        return None

    def revoked(self, rid, index, serial):
        return False

    def excepted(self, pan, sequence):
        return False


class Cardholder:
    def __init__(self):
        self.asked = []

    async def choose(self, labels):
        self.asked.append(labels)
        return 0

    async def offline_pin(self, pin, tries):
        for digit in "1234":
            pin.append(digit)
        return True

    async def online_pin(self):
        raise AssertionError


class Issuer:
    async def authorise(self, t):
        self.tvr = bytes(t.tvr).hex()
        return IssuerAnswer("Y3", True, bytes.fromhex("1234567812345678"))


def terminal(capabilities):
    return {
        0x9F02: bytes.fromhex("000000000001"),
        0x9F03: bytes(6),
        0x9F1A: bytes.fromhex("0246"),
        0x5F2A: bytes.fromhex("0978"),
        0x9A: bytes.fromhex("200724"),
        0x9C: b"\x21",
        0x9F33: bytes.fromhex(capabilities),
        0x9F35: b"\x22",
        0x9F40: bytes(5),
    }


def published(*left_out):
    """The exchanges as a kernel by the books has them, whose commands that want data say so by Le (Book 1, 9.4.1)."""
    for sent, answer in TRACE["exchanges"]:
        if sent.startswith(left_out):
            continue
        command = sent + "00" if sent.startswith(("00a4", "80a8")) else sent
        if sent.startswith("80ae"):
            command = sent.replace("0246" + "00" * 5, "0246" + EXPIRED)
        yield command, answer


class TestPublished(unittest.TestCase):
    def test_the_whole_of_it(self):
        card = ScriptedCard(published("80ca9f36", "0084", "00200088"))
        issuer = Issuer()
        outcome = asyncio.run(
            transact(card, terminal("e0e0e8"), Tables(), Cardholder(), issuer, lambda n: UNPREDICTABLE[:n])
        )
        self.assertEqual(card.exchanges, [])
        self.assertTrue(outcome.approved)
        self.assertEqual(issuer.tvr, EXPIRED)
        self.assertEqual(bytes(outcome.transaction.tsi).hex(), "f800")


if __name__ == "__main__":
    unittest.main()
