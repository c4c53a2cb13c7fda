"""Makes emv_oda.json: `python -m tests.vectors.mint_emv_oda`. Keys come out of a seed, so it makes the same file again.

It knows nothing of the firmware: certificates are put together field by field from the tables of EMV 4.3 Book 2 (5.1,
6.1, 6.6), and `cryptography` judges that each key is one. There are small keys, with their private halves, for tests
that sign on the fly; and one whole online sale with CDA, CA and issuer of 1984 bits, as commands and answers.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

_SEED = b"suanpan emv oda"
_RID = bytes.fromhex("a000000333")
_AID = bytes.fromhex("a000000333010101")
_INDEX = 0x80
_PAN = bytes.fromhex("6228000100001117")
_UNPREDICTABLE = bytes.fromhex("c0ffee01")


def _stream(name: str) -> Iterator[bytes]:
    count = 0
    while True:
        yield hashlib.sha256(_SEED + name.encode() + count.to_bytes(4, "big")).digest()
        count += 1


def _is_prime(number: int) -> bool:
    if any(number % small == 0 for small in (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)):
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41):
        power = pow(base, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = pow(power, 2, number)
            if power == number - 1:
                break
        else:
            return False
    return True


def _prime(name: str, bits: int, e: int) -> int:
    stream = _stream(name)
    while True:
        number = int.from_bytes(b"".join(next(stream) for _ in range(bits // 256 + 1)), "big") >> (
            (bits // 256 + 1) * 256 - bits
        )
        number |= 3 << bits - 2 | 1
        if math.gcd(number - 1, e) == 1 and _is_prime(number):
            return number


@dataclass
class Key:
    n: int
    e: int
    d: int
    size: int  # bytes

    @property
    def modulus(self) -> bytes:
        return self.n.to_bytes(self.size, "big")

    @property
    def exponent(self) -> bytes:
        return self.e.to_bytes((self.e.bit_length() + 7) // 8, "big")

    def sign(self, fields: bytes, *beside: bytes) -> bytes:
        """Book 2, A2.1: the fields, a hash over them and what stands beside, between 6A and BC."""
        assert len(fields) == self.size - 22
        digest = hashlib.sha1(fields + b"".join(beside)).digest()
        message = int.from_bytes(b"\x6a" + fields + digest + b"\xbc", "big")
        return pow(message, self.d, self.n).to_bytes(self.size, "big")


def make_key(name: str, bits: int, e: int = 3) -> Key:
    p, q = _prime(name + " p", bits // 2, e), _prime(name + " q", bits // 2, e)
    n, d = p * q, pow(e, -1, math.lcm(p - 1, q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), rsa.RSAPublicNumbers(e, n)
    )
    assert numbers.private_key().key_size == bits
    return Key(n, e, d, bits // 8)


def certify(signer: Key, kind: int, name: bytes, key: Key, static: bytes = b"") -> tuple[bytes, bytes]:
    """A certificate of format 2 (issuer; tables 2 and 3) or 4 (card), until 12/39, and the remainder of its key."""
    head = bytes((kind,)) + name + bytes.fromhex("12390001230101") + bytes((key.size, len(key.exponent)))
    room = signer.size - 22 - len(head)
    inside, remainder = key.modulus[:room], key.modulus[room:]
    return signer.sign(head + inside.ljust(room, b"\xbb"), remainder, key.exponent, static), remainder


def tlv(tag: str, value: bytes) -> bytes:
    size = len(value)
    length = bytes((size,)) if size < 0x80 else bytes((0x81, size)) if size < 0x100 else b"\x82" + size.to_bytes(2)
    return bytes.fromhex(tag) + length + value


def cda_sale() -> dict[str, object]:
    """What a card with a key of 1536 bits and its reader say to one another, by the books."""
    ca, issuer, card = make_key("big ca", 1984), make_key("big issuer", 1984), make_key("big card", 1536)
    terminal = {
        "9f02": "000000012345", "9f03": "000000000000", "9f1a": "0156", "5f2a": "0156", "9a": "261123", "9c": "00",
        "9f33": "e0f8c8", "9f35": "22", "9f40": "6000f0a001", "9f21": "141516",
    }  # fmt: skip
    aip = bytes.fromhex("1d00")  # CDA, cardholder verification, risk management, issuer authentication
    cdol = "9f02069f03069f1a0295055f2a029a039c019f3704"
    static = (
        tlv("5f24", bytes.fromhex("391231")) + tlv("5f25", bytes.fromhex("200101")) + tlv("5a", _PAN)
        + tlv("5f34", b"\x01") + tlv("9f07", bytes.fromhex("ff00")) + tlv("5f28", bytes.fromhex("0156"))
        + tlv("8e", bytes(8) + bytes.fromhex("1e031f00")) + tlv("9f4a", b"\x82")
        + tlv("8c", bytes.fromhex(cdol)) + tlv("8d", bytes.fromhex("8a02" + cdol))
    )  # fmt: skip
    issuer_certificate, issuer_remainder = certify(ca, 2, _PAN[:4], issuer)
    card_name = _PAN + b"\xff\xff"
    card_certificate, card_remainder = certify(issuer, 4, card_name, card, static + aip)
    records = {
        (1, 1): static,
        (2, 1): tlv("8f", bytes((_INDEX,))) + tlv("9f32", issuer.exponent) + tlv("92", issuer_remainder),
        (2, 2): tlv("90", issuer_certificate),
        (2, 3): tlv("9f46", card_certificate),
        (2, 4): tlv("9f47", card.exponent)
        + tlv("9f48", card_remainder)
        + tlv("57", bytes.fromhex("6228000100001117d39122010000012345000f"))
        + tlv("9f0d", bytes(5))
        + tlv("9f0e", bytes(5))
        + tlv("9f0f", bytes.fromhex("0000008000")),  # over the floor limit: online
    }
    afl = bytes.fromhex("0801010110010400")
    directory = tlv("70", tlv("61", tlv("4f", _AID) + tlv("50", b"PBOC CREDIT") + tlv("87", b"\x01")))
    pse = tlv("6f", tlv("84", b"1PAY.SYS.DDF01") + tlv("a5", tlv("88", b"\x01")))
    pdol = "9f37049f1a02"
    fci = tlv("6f", tlv("84", _AID) + tlv("a5", tlv("50", b"PBOC CREDIT") + tlv("9f38", bytes.fromhex(pdol))))
    of_pdol = _UNPREDICTABLE + bytes.fromhex("0156")

    def of_cdol(tvr: str) -> bytes:
        names = ("9f02", "9f03", "9f1a")
        return bytes.fromhex("".join(terminal[name] for name in names) + tvr + "015626112300") + _UNPREDICTABLE

    def answer(kind: int, cryptogram: str, number: str, *sent: bytes) -> bytes:
        before = tlv("9f27", bytes((kind,))) + tlv("9f36", b"\x00\x2a")
        behind = tlv("9f10", bytes.fromhex("07010103a0a800010a0100000000001122334455"))
        digest = hashlib.sha1(b"".join(sent) + before + behind).digest()
        dynamic = b"\x08" + bytes.fromhex(number) + bytes((kind,)) + bytes.fromhex(cryptogram) + digest
        fields = (b"\x05\x01" + bytes((len(dynamic),)) + dynamic).ljust(card.size - 22, b"\xbb")
        return tlv("77", before + tlv("9f4b", card.sign(fields, _UNPREDICTABLE)) + behind)

    tvr = "0000008000"
    first = of_cdol(tvr)
    second = b"00" + first
    one = answer(0x80, "1122334455667788", "0102030405060708", of_pdol, first)
    two = answer(0x40, "8877665544332211", "0102030405060709", of_pdol, first, second)
    exchanges = [
        (bytes.fromhex("00a404000e") + b"1PAY.SYS.DDF01\0", pse),
        (bytes.fromhex("00b2010c00"), directory),
        (bytes.fromhex("00b2020c00"), None),
        (bytes.fromhex("00a4040008") + _AID + b"\0", fci),
        (bytes.fromhex("80a80000088306") + of_pdol + b"\0", tlv("80", aip + afl)),
        *((bytes((0, 0xB2, record, sfi << 3 | 4, 0)), tlv("70", data)) for (sfi, record), data in records.items()),
        (bytes.fromhex("80ae90001d") + first + b"\0", one),
        (bytes.fromhex("008200000a11223344556677883030"), b""),
        (bytes.fromhex("80ae50001f") + second + b"\0", two),
    ]
    return {
        "ca_key": {"rid": _RID.hex(), "index": _INDEX, "modulus": ca.modulus.hex(), "exponent": ca.e},
        "aid": _AID.hex(),
        "terminal": terminal,
        "unpredictable": _UNPREDICTABLE.hex(),
        "issuer_authentication": "11223344556677883030",
        "exchanges": [[sent.hex(), "6a83" if data is None else data.hex() + "9000"] for sent, data in exchanges],
        "tvr": tvr,
        "tsi": "f800",
        "cryptogram": "8877665544332211",
        "dynamic_number": "0102030405060709",
    }


def main() -> None:
    keys = {
        "ca": make_key("ca", 1024),
        "issuer": make_key("issuer", 896),
        "card": make_key("card", 768),
        "pin": make_key("pin", 640, 65537),
        "other": make_key("other", 768),
    }
    vectors = {
        "source": "made by mint_emv_oda.py beside this file, from the tables of EMV 4.3 Book 2; keys judged by"
        " `cryptography`",
        "keys": {
            name: {"n": key.modulus.hex(), "e": key.e, "d": key.d.to_bytes(key.size, "big").hex()}
            for name, key in keys.items()
        },
        "cda_sale": cda_sale(),
    }
    Path(__file__).with_name("emv_oda.json").write_text(json.dumps(vectors, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
