"""What the kernel's tests share: cards that say what they were told to, a cardholder, an issuer, a transaction.

Certificates are minted here field by field, from the tables of EMV 4.3 Book 2, with the small keys of emv_oda.json, so
that a test can make one that is wrong in a single place.
"""

import asyncio
import hashlib

from suanpan.emv.tables import Application, CaKey
from suanpan.emv.transaction import IssuerAnswer, Transaction
from vectors import load

RID = bytes.fromhex("a000000333")
AID = bytes.fromhex("a000000333010101")
INDEX = 0x80
PAN = "6228000100001117"
UNPREDICTABLE = bytes.fromhex("01234567")
TERMINAL = {
    0x9F02: "000000012345", 0x9F03: "000000000000", 0x9F1A: "0156", 0x5F2A: "0156", 0x9A: "261123", 0x9C: "00",
    0x9F33: "e0f8c8", 0x9F35: "22", 0x9F40: "6000f0a001",
}  # fmt: skip


class ScriptedCard:
    """Hears exactly what it expects, in this order; its answers are in a buffer that the next one overwrites."""

    def __init__(self, exchanges):
        self.left = list(exchanges)
        self._buffer = bytearray(258)

    async def exchange(self, command):
        if not self.left:
            raise AssertionError(f"nothing more expected, sent {bytes(command).hex()}")
        wanted, answer = self.left.pop(0)
        if bytes(command).hex() != wanted.replace(" ", ""):
            raise AssertionError(f"sent {bytes(command).hex()}, expected {wanted}")
        return self.answer(bytes.fromhex(answer.replace(" ", "")))

    def answer(self, data):
        for i in range(len(self._buffer)):
            self._buffer[i] = 0xEE
        size = len(data) - 2
        self._buffer[:size] = data[:-2]
        return memoryview(self._buffer)[:size], data[-2] << 8 | data[-1]


class Tables:
    """`keys` by index; sets of what is revoked and excepted."""

    def __init__(self, *applications, keys=None, revoked=(), excepted=()):
        self.applications = list(applications) or [Application(AID, version=b"\x00\x20", floor_limit=1000_00)]
        self.keys = {} if keys is None else keys
        self.revocations = revoked
        self.exceptions = excepted

    def key(self, rid, index):
        return self.keys.get(index) if rid == RID else None

    def revoked(self, rid, index, serial):
        return serial in self.revocations

    def excepted(self, pan, sequence):
        return (pan, sequence) in self.exceptions


class Cardholder:
    """Answers with what was laid up for it: choices, PINs (None: passed over), whether there is one for the issuer."""

    def __init__(self, choices=(), pins=(), online=None):
        self.choices = list(choices)
        self.pins = list(pins)
        self.online = online
        self.heard = []

    async def choose(self, labels):
        self.heard.append(labels)
        return self.choices.pop(0)

    async def offline_pin(self, pin, tries):
        self.heard.append(tries)
        digits = self.pins.pop(0)
        for digit in digits or "":
            pin.append(digit)
        return digits is not None

    async def online_pin(self):
        self.heard.append("online")
        if self.online is None:
            raise AssertionError("asked for a PIN for the issuer")
        return self.online


class Issuer:
    """Gives one answer, None for no way to reach it; fails if it is asked twice, or should not have been."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = None

    async def authorise(self, t):
        self.asked = t
        self.tvr = bytes(t.tvr).hex()
        return self.answers.pop(0)


def approval(scripts=b"", authentication=b""):
    return IssuerAnswer("00", True, authentication, scripts)


def refusal(scripts=b"", authentication=b""):
    return IssuerAnswer("05", False, authentication, scripts)


def terminal(**changes):
    """The terminal's data objects; `x9f33="000000"` changes one."""
    values = {tag: bytes.fromhex(value) for tag, value in TERMINAL.items()}
    for name, value in changes.items():
        values[int(name[1:], 16)] = bytes.fromhex(value)
    return values


def chance(size):
    return (UNPREDICTABLE * (size // 4 + 1))[:size]


def transaction(card=None, cards=None, ours=None, tables=None, cardholder=None, random=chance, aip="7c00", **changes):
    """One that has come as far as its records: `cards` are the card's objects, by tag, in hexadecimal."""
    tables = tables or Tables()
    t = Transaction(
        card or ScriptedCard([]), terminal(**changes), tables, cardholder, random, ours or tables.applications[0]
    )
    t.objects.set(0x9F37, UNPREDICTABLE)
    t.objects.keep(0x5A, bytes.fromhex(PAN))
    t.objects.keep(0x5F24, bytes.fromhex("391231"))
    for tag, value in (cards or {}).items():
        t.objects.keep(tag, bytes.fromhex(value.replace(" ", "")))
    t.aip = bytes.fromhex(aip)
    return t


def run(made):
    return asyncio.run(made)


# -- TLV and certificates, put together by hand --


def tlv(tag, value):
    size = len(value)
    length = (
        bytes((size,)) if size < 0x80 else bytes((0x81, size)) if size < 0x100 else bytes((0x82, size >> 8, size & 255))
    )
    return bytes.fromhex(tag) + length + value


class Key:
    def __init__(self, name):
        found = load("emv_oda")["keys"][name]
        self.modulus = bytes.fromhex(found["n"])
        self.e = found["e"]
        self.exponent = b"\x03" if self.e == 3 else b"\x01\x00\x01"
        self._d = int(found["d"], 16)
        self.size = len(self.modulus)

    def sign(self, fields, *beside, header=0x6A, trailer=0xBC, spoil=False):
        digest = hashlib.sha1(fields)
        for part in beside:
            digest.update(part)
        digest = digest.digest()
        if spoil:
            digest = bytes((digest[0] ^ 1,)) + digest[1:]
        message = bytes((header,)) + fields + digest + bytes((trailer,))
        assert len(message) == self.size
        number = pow(int.from_bytes(message, "big"), self._d, int.from_bytes(self.modulus, "big"))
        return number.to_bytes(self.size, "big")


def certify(signer, kind, name, key, static=b"", expires="1239", serial="000123", algorithms="0101", **wrong):
    """A certificate and the remainder of its key; `wrong` is what sign() can do badly."""
    head = bytes((kind,)) + bytes.fromhex(name + expires + serial + algorithms) + bytes((key.size, len(key.exponent)))
    room = signer.size - 22 - len(head)
    inside, remainder = key.modulus[:room], key.modulus[room:]
    inside += b"\xbb" * (room - len(inside))
    return signer.sign(head + inside, remainder, key.exponent, static, **wrong), remainder


def ca_table(expires="391231"):
    ca = Key("ca")
    return Tables(keys={INDEX: CaKey(ca.modulus, ca.e, expires)})


def issuer_objects(**changes):
    """8F 90 92 9F32, as they should be but for what certify() is told."""
    issuer = Key("issuer")
    certificate, remainder = certify(
        Key("ca"), changes.pop("kind", 2), changes.pop("name", "622800ff"), issuer, **changes
    )
    return {0x8F: f"{INDEX:02x}", 0x90: certificate.hex(), 0x92: remainder.hex(), 0x9F32: "03"}


def card_objects(static=b"", **changes):
    """9F46 9F47 9F48, likewise."""
    name = changes.pop("name", PAN + "ffff")
    certificate, remainder = certify(Key("issuer"), changes.pop("kind", 4), name, Key("card"), static, **changes)
    return {0x9F46: certificate.hex(), 0x9F47: "03", 0x9F48: remainder.hex()}


def signed_dynamic(dynamic, beside, key=None, **wrong):
    key = key or Key("card")
    fields = b"\x05\x01" + bytes((len(dynamic),)) + dynamic
    return key.sign(fields + b"\xbb" * (key.size - 22 - len(fields)), beside, **wrong)
