"""Mints emv_contactless.json: cards for the contactless kernels, with keys and certificates as EMV 4.3 Book 2, 5 and 6
lays them down. `python tests/vectors/mint_emv_contactless.py` writes the file anew, with other keys.

Nothing of the firmware is used: RSA keys and the private operation's numbers are of `cryptography`, hashes of hashlib.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

OUT = Path(__file__).with_name("emv_contactless.json")
SOURCE = (
    "Minted with tests/vectors/mint_emv_contactless.py and `cryptography`, for these tests alone: PANs, keys and "
    "applications belong to nobody. Layouts: EMV 4.3 Book 2, tables 5, 6, 13 to 17 and 22; fast DDA: EMV Contactless "
    "Book C-3, annex C (the hashed data as in Proxmark3's emv_pki.c; format 95 as in the EMVrace model of ETH Zurich)"
)
INDEX = 0x92
UNPREDICTABLE = bytes.fromhex("01020304")
AMOUNT = bytes.fromhex("000000001234")
CURRENCY = bytes.fromhex("0156")
COUNTER = bytes.fromhex("0017")
EXPIRES = "301231"
CERTIFICATES_EXPIRE = bytes.fromhex("1249")  # MMYY


class Key:
    def __init__(self, bits: int) -> None:
        private = rsa.generate_private_key(3, bits).private_numbers()
        self.n, self.d, self.size = private.public_numbers.n, private.d, bits // 8

    @property
    def modulus(self) -> bytes:
        return self.n.to_bytes(self.size, "big")

    def sign(self, fields: bytes, *beside: bytes) -> bytes:
        """6A, `fields`, a SHA-1 over them and what stands beside, BC."""
        digest = hashlib.sha1(fields + b"".join(beside)).digest()
        message = b"\x6a" + fields + digest + b"\xbc"
        assert len(message) == self.size
        return pow(int.from_bytes(message, "big"), self.d, self.n).to_bytes(self.size, "big")


def tlv(tag: str, value: bytes) -> bytes:
    length = bytes((len(value),)) if len(value) < 0x80 else bytes((0x81, len(value)))
    return bytes.fromhex(tag) + length + value


def certificate(signer: Key, kind: int, name: bytes, subject: Key, *static: bytes) -> tuple[bytes, bytes]:
    """A certificate, and the part of the key that has no room in it."""
    head = bytes((kind,)) + name + CERTIFICATES_EXPIRE + bytes((0, 0, 7, 1, 1, subject.size, 1))
    room = signer.size - 22 - len(head)
    modulus, remainder = subject.modulus[:room].ljust(room, b"\xbb"), subject.modulus[room:]
    return signer.sign(head + modulus, remainder, b"\x03", *static), remainder


def dynamic(card: Key, kind: int, data: bytes, *beside: bytes) -> bytes:
    head = bytes((kind, 1, len(data))) + data
    return card.sign(head.ljust(card.size - 22, b"\xbb"), *beside)


def mint(ca: Key, issuer: Key, pan: str, aip: str, extra: bytes, after: bytes) -> dict[str, Any]:
    """A card: one record that is signed, two with certificates; `extra` is signed too, `after` is not."""
    card = Key(1024)
    padded = pan + "f" * (len(pan) % 2)
    static = (
        tlv("5A", bytes.fromhex(padded)) + tlv("5F24", bytes.fromhex(EXPIRES)) + tlv("5F34", b"\x01")
        + tlv("9F07", bytes.fromhex("ff00")) + tlv("5F28", bytes.fromhex("0156")) + tlv("9F4A", b"\x82") + extra
    )  # fmt: skip
    issued, issuer_rest = certificate(ca, 2, bytes.fromhex(pan[:6].ljust(8, "f")), issuer)
    certified, card_rest = certificate(issuer, 4, bytes.fromhex(pan.ljust(20, "f")), card, static + bytes.fromhex(aip))
    issuers = tlv("8F", bytes((INDEX,))) + tlv("90", issued) + tlv("92", issuer_rest) + tlv("9F32", b"\x03")
    cards = tlv("9F46", certified) + tlv("9F47", b"\x03") + tlv("9F48", card_rest) + after
    return {
        "pan": pan,
        "aip": aip,
        "modulus": card.modulus.hex(),
        "private_exponent": card.d.to_bytes(card.size, "big").hex(),
        "track_2": f"{pan}d{EXPIRES[:4]}2010000000000".ljust((len(pan) + 19) // 2 * 2, "f"),
        "records": [tlv("70", part).hex() for part in (static, issuers, cards)],
        "key": card,
    }


def main() -> None:
    ca, issuer = Key(1408), Key(1152)
    related = bytes.fromhex("01aabbccdd0000") + b"\0"
    beside = UNPREDICTABLE + AMOUNT + CURRENCY + related
    cdols = tlv("8C", bytes.fromhex("9f02069f03069f1a0295055f2a029a039c019f37049f35019f34039f3303"))
    cvm_list = tlv("8E", bytes.fromhex("000000000000000042031e031f03"))
    recovery = tlv("9F51", bytes.fromhex("9f3704"))
    rules = cvm_list + b"".join(tlv(tag, bytes(5)) for tag in ("9F0D", "9F0E", "9F0F"))
    cards = {
        "unionpay": mint(ca, issuer, "6223000000000000012", "2000", tlv("9F08", b"\x00\x30"), b""),
        "unionpay_pboc_2": mint(ca, issuer, "6223000000000000020", "2000", tlv("9F08", b"\x00\x20"), b""),
        "unionpay_no_dda": mint(ca, issuer, "6223000000000000038", "0000", tlv("9F08", b"\x00\x30"), b""),
        "visa": mint(ca, issuer, "4761730000000011", "2000", b"", b""),
        "mastercard": mint(ca, issuer, "5413330000000018", "1980", rules, cdols + recovery),
        "mastercard_device": mint(ca, issuer, "5413330000000026", "1b80", rules, cdols + recovery),
    }
    number = bytes((len(COUNTER),)) + COUNTER
    for name, card in cards.items():
        key: Key = card.pop("key")
        if name == "unionpay_pboc_2":
            card["signature"] = dynamic(key, 0x05, number, UNPREDICTABLE).hex()
        elif name in ("unionpay", "visa"):
            card["signature"] = dynamic(key, 0x05, number, beside).hex()
        if name == "visa":
            card["signature_online"] = dynamic(key, 0x95, number, beside).hex()
    vectors = {
        "source": SOURCE,
        "ca": {"index": INDEX, "modulus": ca.modulus.hex(), "exponent": 3},
        "signed": {
            "unpredictable": UNPREDICTABLE.hex(),
            "amount": AMOUNT.hex(),
            "currency": CURRENCY.hex(),
            "related": related.hex(),
            "counter": COUNTER.hex(),
        },
        "cards": cards,
    }
    OUT.write_text(json.dumps(vectors, indent=1) + "\n")


if __name__ == "__main__":
    main()
