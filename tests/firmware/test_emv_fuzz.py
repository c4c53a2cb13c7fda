"""Whatever a card says, at the seam where the kernel hears it: typed errors and outcomes, and no more memory.

FUZZ in the environment is how many transactions each test makes, FUZZ_SEED makes them other ones. The corpus are the
published transaction and that of CDA: answers are bent one by one, so that each phase is reached.
"""

import gc
import os
import unittest

from emv_world import AID, Cardholder, Issuer, ScriptedCard, Tables, approval, run, terminal
from suanpan.codec.tlv import Reader, dol_entries
from suanpan.crypto import octets  # noqa: F401 - a terminal always has it; what viper makes is never freed here
from suanpan.emv.contact import transact
from suanpan.emv.tables import Application, CaKey
from suanpan.emv.transaction import IssuerAnswer
from suanpan.errors.emv import EmvError, TlvError
from vectors import load

HEAP = "1m"
TIMEOUT = 1800

ROUNDS = int(os.getenv("FUZZ") or 300)
SEED = int(os.getenv("FUZZ_SEED") or 0)
SLACK = 1024  # bytes, that the collector may take for still in use
MOST_COMMANDS = 400


class Chance:
    """Numbers that are the same each time (a linear congruential generator; Numerical Recipes)."""

    def __init__(self, number):
        self.state = SEED * 10 + number

    def below(self, limit):
        self.state = (self.state * 1664525 + 1013904223) & 0xFFFFFFFF
        return (self.state >> 16) % limit

    def bytes(self, size):
        return bytes(self.below(256) for _ in range(size))


def bent(chance, data):
    """`data` without its status word, as a card might say it that is broken, or means harm."""
    data = bytearray(data)
    kind = chance.below(9)
    if kind == 0:
        return chance.bytes(chance.below(257))
    if kind == 1:
        return bytes(data[: chance.below(len(data) + 1)])
    if kind == 2 and data:
        data[chance.below(len(data))] ^= 1 << chance.below(8)
    if kind == 3 and data:  # a length
        data[min(1 + chance.below(8), len(data) - 1)] = chance.below(256)
    if kind == 4 and data:  # a part of it twice
        start = chance.below(len(data))
        part = data[start : start + chance.below(40)]
        data[start:start] = part
    if kind == 5 and data:  # a part of it left out
        start = chance.below(len(data))
        data[start : start + chance.below(20)] = b""
    if kind == 6:
        data.extend(chance.bytes(chance.below(30)))
    if kind == 7:  # well formed, and means nothing
        size = chance.below(120)
        data = bytearray((0x70 + chance.below(16), size)) + chance.bytes(size)
    if kind == 8 and data:
        at = chance.below(len(data))
        data[at : at + 4] = chance.bytes(4)
    return bytes(data[:256])


class BentCard(ScriptedCard):
    """Says what the script has for a command, or for the beginning of one, looking onwards from where it is; once in a
    while something else."""

    def __init__(self, exchanges, chance, often):
        ScriptedCard.__init__(self, exchanges)
        self.chance = chance
        self.often = often
        self.commands = 0
        self.at = 0

    async def exchange(self, command):
        self.commands += 1
        if self.commands > MOST_COMMANDS:
            raise AssertionError("asked without end")
        text = bytes(command).hex()
        reply, found = "6a82", self.at
        best = 7
        for i in range(len(self.left)):
            sent, said = self.left[(self.at + i) % len(self.left)]
            same = 0
            while same < min(len(sent), len(text)) and sent[same] == text[same]:
                same += 1
            if same > best:
                reply, best, found = said, same, self.at + i + 1
        self.at = found % len(self.left)
        data = bytes.fromhex(reply)
        if self.chance.below(self.often):
            return self.answer(data)
        status = data[-2:] if self.chance.below(4) else bytes((0x60 + self.chance.below(64), self.chance.below(256)))
        return self.answer(bent(self.chance, data[:-2]) + status)


class EagerHolder(Cardholder):
    """Takes whatever is offered, and has a PIN for every question; gives up after some."""

    async def choose(self, labels):
        return len(labels) - 1

    async def offline_pin(self, pin, tries):
        self.heard.append(tries)
        if len(self.heard) > 20:
            return False
        for digit in "1234":
            pin.append(digit)
        return True

    async def online_pin(self):
        return True


class FuzzCase(unittest.TestCase):
    def held(self, number, transaction):
        """Every end is one of ours; and as many bytes are alive as before. Whatever else is raised fails the test."""
        chance = Chance(number)
        ends = {}
        held = 0
        for attempt in range(ROUNDS):
            try:
                end = "approved" if transaction(chance).approved else "declined"
            except EmvError as error:
                end = error.code
            ends[end] = ends.get(end, 0) + 1
            if attempt == ROUNDS // 4:
                gc.collect()
                held = gc.mem_alloc()
        gc.collect()
        self.assertTrue(gc.mem_alloc() <= held + SLACK, f"{gc.mem_alloc()} after {held}")
        self.assertTrue(ends["approved"] and ends["E01"] and sum(ends.values()) == ROUNDS)
        return ends

    def test_the_published_card(self):
        trace = load("emv_contact")
        exchanges = [(sent, said) for sent, said in trace["exchanges"]]
        ca = trace["ca_key"]
        key = CaKey(bytes.fromhex(ca["modulus"]), ca["exponent"], "391231")
        codes = {"tac_online": bytes(5), "tac_default": bytes(5)}
        tables = Tables(Application(bytes.fromhex("afffffffff1234"), version=b"\0\x96", floor_limit=100_00, **codes))
        tables.key = lambda rid, index: key
        objects = terminal(x9f1a="0246", x5f2a="0978", x9a="180724", x9c="21", x9f33="e0e0e8")

        def transaction(chance):
            card = BentCard(exchanges, chance, 2 + chance.below(30))
            issuer = Issuer(IssuerAnswer("00", True, bytes(8), chance.bytes(chance.below(40))))
            made = transact(
                card, objects, tables, EagerHolder(), issuer, chance.bytes, asks_tries=bool(chance.below(2))
            )
            return run(made)

        self.held(1, transaction)

    def test_a_card_of_cda(self):
        sale = load("emv_oda")["cda_sale"]
        ca = sale["ca_key"]
        key = CaKey(bytes.fromhex(ca["modulus"]), ca["exponent"], "391231")
        objects = {int(tag, 16): bytes.fromhex(value) for tag, value in sale["terminal"].items()}
        tables = Tables(Application(AID, version=b"\0\x20"), keys={ca["index"]: key})
        exchanges = [(sent, said) for sent, said in sale["exchanges"]]
        number = bytes.fromhex(sale["unpredictable"])

        def transaction(chance):
            card = BentCard(exchanges, chance, 2 + chance.below(30))
            answer = approval(chance.bytes(chance.below(60)), bytes.fromhex(sale["issuer_authentication"]))
            return run(transact(card, objects, tables, EagerHolder(), Issuer(answer), lambda size: number[:size]))

        self.assertTrue(self.held(2, transaction)["declined"])


class TestObjects(unittest.TestCase):
    def test_bytes_that_mean_nothing(self):
        """Reading ends, and inside of what it was given."""
        chance = Chance(3)
        for _ in range(ROUNDS * 4):
            data = chance.bytes(chance.below(256))
            reader = Reader(data)
            count = 0
            try:
                while reader.next_primitive():
                    count += 1
                    self.assertTrue(reader.begin < reader.start <= reader.end <= len(data))
            except TlvError:
                pass
            self.assertTrue(count <= len(data))
            try:
                self.assertTrue(len(list(dol_entries(data))) <= len(data))
            except TlvError:
                pass


if __name__ == "__main__":
    unittest.main()
