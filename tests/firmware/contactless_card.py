"""A card for the contactless kernels: scripted, with a real key. It says what is expected of it and nothing else, in a
buffer that the next command overwrites, as the reader's is.
"""

import asyncio
import hashlib

from suanpan.emv.entry_point import EntryPoint
from suanpan.emv.preprocessing import MASTERCARD, UNIONPAY, VISA, Combination
from suanpan.emv.tables import Application, CaKey
from suanpan.errors.nfc import CardLost
from vectors import load

VECTORS = load("emv_contactless")
SIGNED = VECTORS["signed"]
UNPREDICTABLE = bytes.fromhex(SIGNED["unpredictable"])
CURRENCY = bytes.fromhex(SIGNED["currency"])
COUNTER = bytes.fromhex(SIGNED["counter"])
AMOUNT = 12_34  # 分, which the minted signatures are for
TODAY = "261123"
AFTER_EXPIRY = "310101"

LOST = CardLost  # an answer of a script: the card has gone
AIDS = {
    UNIONPAY: bytes.fromhex("a000000333010102"),
    VISA: bytes.fromhex("a0000000031010"),
    MASTERCARD: bytes.fromhex("a0000000041010"),
}
NAMES = {UNIONPAY: "unionpay", VISA: "visa", MASTERCARD: "mastercard"}
PDOL = bytes.fromhex("9f66049f02069f37045f2a02")
TTQ = bytes.fromhex("36004080")  # qVSDC or qPBOC, chip, online PIN, signature; CDCVM; fDDA 01

AAC, TC, ARQC = 0x00, 0x40, 0x80


def tlv(tag, value):
    size = len(value)
    length = (
        bytes((size,)) if size < 0x80 else bytes((0x81, size)) if size < 0x100 else b"\x82" + size.to_bytes(2, "big")
    )
    return bytes.fromhex(tag) + length + value


def select(name):
    return bytes((0x00, 0xA4, 0x04, 0x00, len(name))) + name + b"\0"


def read(sfi, record):
    return bytes((0x00, 0xB2, record, sfi << 3 | 4, 0x00))


def options(values):
    return b"\x80\xa8\x00\x00" + bytes((len(values) + 2, 0x83, len(values))) + values + b"\0"


CRYPTOGRAM = b"CRYPTOGR"
ISSUER_DATA = bytes.fromhex("0110a00003220000")  # of a Mastercard

PPSE = select(b"2PAY.SYS.DDF01")


def directory(*entries):
    """What PPSE answers; an entry is a name, or TLV beside it."""
    content = b"".join(tlv("61", entry) for entry in entries)
    return tlv("6F", tlv("84", b"2PAY.SYS.DDF01") + tlv("A5", tlv("BF0C", content)))


def entry(name, priority=1, **more):
    out = tlv("4F", name) + tlv("50", b"CARD")
    if priority:
        out += tlv("87", bytes((priority,)))
    return out + b"".join(tlv(tag[1:], value) for tag, value in sorted(more.items()))


def control_information(name, pdol=PDOL):
    return tlv("6F", tlv("84", name) + tlv("A5", tlv("50", b"CARD") + (tlv("9F38", pdol) if pdol else b"")))


class ScriptedCard:
    def __init__(self, script):
        self.script = list(script)
        self.said = bytearray()

    async def exchange(self, command):
        if not self.script:
            raise AssertionError(f"sent {bytes(command).hex()}, expected nothing more")
        wanted, answer = self.script.pop(0)
        if bytes(command) != wanted:
            raise AssertionError(f"sent {bytes(command).hex()}, expected {wanted.hex()}")
        for i in range(len(self.said)):
            self.said[i] = 0xEE
        if answer is LOST:
            raise CardLost
        data, sw = answer if isinstance(answer, tuple) else (answer, 0x9000)
        self.said = bytearray(data)
        return memoryview(self.said), sw


class Tables:
    def __init__(self):
        self.applications = []
        self.blocked = ()
        self.refused = False  # the issuer's certificate is revoked

    def key(self, rid, index):
        ca = VECTORS["ca"]
        if index != ca["index"] or rid not in [aid[:5] for aid in AIDS.values()]:
            return None
        return CaKey(bytes.fromhex(ca["modulus"]), ca["exponent"], "491231")

    def revoked(self, rid, index, serial):
        return self.refused

    def excepted(self, pan, sequence):
        return (pan, sequence) in self.blocked


class Minted:
    """One of the vectors' cards."""

    def __init__(self, name):
        vector = VECTORS["cards"][name]
        self.vector = vector
        self.aip = bytes.fromhex(vector["aip"])
        self.track_2 = bytes.fromhex(vector["track_2"])
        self.records = [bytes.fromhex(record) for record in vector["records"]]
        self.n = int(vector["modulus"], 16)
        self.d = int(vector["private_exponent"], 16)
        self.size = len(vector["modulus"]) // 2

    def sign(self, kind, data, beside):
        fields = bytes((kind, 1, len(data))) + data
        fields += b"\xbb" * (self.size - 22 - len(fields))
        message = b"\x6a" + fields + hashlib.sha1(fields + beside).digest() + b"\xbc"
        return pow(int.from_bytes(message, "big"), self.d, self.n).to_bytes(self.size, "big")


def related_data(ctq):
    return bytes.fromhex("01aabbccdd") + ctq + b"\0"


def digits(amount):
    return bytes.fromhex("%012d" % amount)


class Fast:
    """A tap of a card of UnionPay or Visa, up to its last answer. What is None is left out."""

    def __init__(self, kernel, kind=ARQC, amount=AMOUNT, name=None, **changes):
        self.kernel = kernel
        self.card = Minted(name or NAMES[kernel])
        self.amount = amount
        self.ttq = changes.pop("ttq", TTQ)  # as it reaches the card
        self.ctq = changes.pop("ctq", b"\0\0")
        self.records = changes.pop("records", self.card.records if kind == TC else [])
        self.related = changes.pop("related", related_data(self.ctq or b"\0\0") if kind == TC else None)
        signed = UNPREDICTABLE + digits(amount) + CURRENCY + (self.related or b"")
        self.signature = changes.pop("signature", None)
        if self.signature is None and kind == TC:
            self.signature = self.card.sign(5, bytes((2,)) + COUNTER, signed)
        self.objects = {
            "82": self.card.aip,
            "94": b"\x08\x01\x03\x01" if self.records else None,
            "57": self.card.track_2,
            "9F10": bytes((6, 1, 0x11, 3, 0x80 | kind >> 2, 0, 0)),
            "9F26": CRYPTOGRAM,
            "9F27": bytes((kind,)),
            "9F36": COUNTER,
            "9F6C": self.ctq,
            "9F69": self.related,
            "9F4B": self.signature,
        }
        self.options_sw = changes.pop("sw", 0x9000)
        for tag, value in changes.items():
            self.objects[tag[1:]] = value

    def answer(self):
        return tlv("77", b"".join(tlv(tag, value) for tag, value in sorted(self.objects.items()) if value is not None))

    def script(self, reads=True):
        aid = AIDS[self.kernel]
        answer = (self.answer() if self.options_sw == 0x9000 else b"", self.options_sw)
        yield PPSE, directory(entry(aid))
        yield select(aid), control_information(aid)
        yield options(self.ttq + digits(self.amount) + UNPREDICTABLE + CURRENCY), answer
        if reads:
            for number, record in enumerate(self.records):
                yield read(1, number + 1), record


class Card:
    """A tap of a Mastercard, up to its answer to GENERATE AC."""

    def __init__(self, amount=AMOUNT, wanted=TC, given=None, **changes):
        self.card = Minted("mastercard_device" if changes.pop("device", False) else "mastercard")
        self.amount = amount
        self.wanted = wanted
        self.given = wanted if given is None else given
        self.aip = changes.pop("aip", self.card.aip)
        self.tvr = changes.pop("tvr", bytes(5))
        self.signs = changes.pop("signs", wanted != AAC)  # asked for
        self.capabilities = changes.pop("capabilities", bytes.fromhex("e008c8"))
        self.results = changes.pop("results", bytes.fromhex("1f0302"))
        self.day = changes.pop("day", "261123")
        self.kind = b"\0"  # of transaction
        self.unpredictable = changes.pop("unpredictable", UNPREDICTABLE)
        self.asks = changes.pop("asks", False)  # for the unpredictable number, in its PDOL
        self.records = self.card.records
        self.more = b"".join(tlv(tag[1:], value) for tag, value in sorted(changes.items()))  # in its last answer

    def values(self):
        return self.unpredictable if self.asks else b""

    def cdol(self):
        return (
            digits(self.amount) + bytes(6) + b"\x01\x56" + self.tvr + CURRENCY + bytes.fromhex(self.day) + self.kind
            + self.unpredictable + b"\x22" + self.results + self.capabilities
        )  # fmt: skip

    def generate(self):
        control = self.wanted | (0x10 if self.signs else 0)
        values = self.cdol()
        return bytes((0x80, 0xAE, control, 0, len(values))) + values + b"\0"

    def answer(self):
        shown = tlv("9F27", bytes((self.given,))) + tlv("9F36", COUNTER) + tlv("9F10", ISSUER_DATA) + self.more
        if not self.signs or self.given == AAC:
            return tlv("77", shown + tlv("9F26", CRYPTOGRAM))
        return tlv("77", shown + tlv("9F4B", self.signature(shown)))

    def signature(self, shown):
        """CDA."""
        digest = hashlib.sha1(self.values() + self.cdol() + shown).digest()
        dynamic = bytes((2,)) + COUNTER + bytes((self.given,)) + CRYPTOGRAM + digest
        return self.card.sign(5, dynamic, self.unpredictable)

    def script(self, last=True):
        yield PPSE, directory(entry(AIDS[MASTERCARD]))
        yield select(AIDS[MASTERCARD]), control_information(AIDS[MASTERCARD], b"\x9f\x37\x04" if self.asks else None)
        yield options(self.values()), tlv("77", tlv("82", self.aip) + tlv("94", b"\x08\x01\x03\x01"))
        for number, record in enumerate(self.records):
            yield read(1, number + 1), record
        if last:
            yield self.generate(), self.answer()


class Tap:
    """One transaction at the terminal. `signals` are the messages that were shown meanwhile."""

    def __init__(self, kernel, amount=AMOUNT, combinations=None, torn=None, day=TODAY, terminal=(), **limits):
        application = limits.pop("application", None) or Application(
            AIDS[kernel][:7], version=b"\x00\x30", tac_online=bytes(5), tac_default=bytes(5), floor_limit=100_000_00
        )
        if kernel != MASTERCARD and "ttq" not in limits:
            limits["ttq"] = TTQ
        self.signals = []
        self.tables = Tables()
        terminals = {
            0x9F02: digits(amount),
            0x9F03: bytes(6),
            0x9F1A: b"\x01\x56",
            0x5F2A: CURRENCY,
            0x9A: bytes.fromhex(day),
            0x9C: b"\0",
            0x9F33: b"\xe0\xe1\xc8",
            0x9F35: b"\x22",
            0x9F40: bytes(5),
        }
        terminals.update(terminal)
        self.random = lambda size: UNPREDICTABLE[:size]
        self.entry_point = EntryPoint(
            combinations or [Combination(application, kernel, **limits)],
            terminals,
            self.tables,
            self._draw,
            lambda request: self.signals.append(request.message),
            torn,
        )
        self.refused = self.entry_point.prepare()

    def _draw(self, size):
        return self.random(size)  # which a test may replace

    def present(self, script):
        card = ScriptedCard(script)
        outcome = asyncio.run(self.entry_point.present(card))
        if card.script:
            raise AssertionError("not asked for: " + card.script[0][0].hex())
        return outcome
