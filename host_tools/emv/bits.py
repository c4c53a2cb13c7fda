"""Bit fields in the books' words: EMV 4.3 Book 3, Annex C; Book 4, Annex A; Contactless C-3 and C-7 (qualifiers).

A bit is written as its byte (counted from 0) times 256 and its mask, the highest first.
"""

from __future__ import annotations

from typing import Final

TVR: Final = {
    0x0080: "Offline data authentication was not performed",
    0x0040: "SDA failed",
    0x0020: "ICC data missing",
    0x0010: "Card appears on terminal exception file",
    0x0008: "DDA failed",
    0x0004: "CDA failed",
    0x0002: "SDA selected",
    0x0180: "ICC and terminal have different application versions",
    0x0140: "Expired application",
    0x0120: "Application not yet effective",
    0x0110: "Requested service not allowed for card product",
    0x0108: "New card",
    0x0280: "Cardholder verification was not successful",
    0x0240: "Unrecognised CVM",
    0x0220: "PIN Try Limit exceeded",
    0x0210: "PIN entry required and PIN pad not present or not working",
    0x0208: "PIN entry required, PIN pad present, but PIN was not entered",
    0x0204: "Online PIN entered",
    0x0380: "Transaction exceeds floor limit",
    0x0340: "Lower consecutive offline limit exceeded",
    0x0320: "Upper consecutive offline limit exceeded",
    0x0310: "Transaction selected randomly for online processing",
    0x0308: "Merchant forced transaction online",
    0x0480: "Default TDOL used",
    0x0440: "Issuer authentication failed",
    0x0420: "Script processing failed before final GENERATE AC",
    0x0410: "Script processing failed after final GENERATE AC",
}
TSI: Final = {
    0x0080: "Offline data authentication was performed",
    0x0040: "Cardholder verification was performed",
    0x0020: "Card risk management was performed",
    0x0010: "Issuer authentication was performed",
    0x0008: "Terminal risk management was performed",
    0x0004: "Script processing was performed",
}
AIP: Final = {
    0x0040: "SDA supported",
    0x0020: "DDA supported",
    0x0010: "Cardholder verification is supported",
    0x0008: "Terminal risk management is to be performed",
    0x0004: "Issuer authentication is supported",
    0x0002: "On device cardholder verification is supported",
    0x0001: "CDA supported",
    0x0180: "EMV mode is supported",
}
USAGE: Final = {
    0x0080: "Valid for domestic cash transactions",
    0x0040: "Valid for international cash transactions",
    0x0020: "Valid for domestic goods",
    0x0010: "Valid for international goods",
    0x0008: "Valid for domestic services",
    0x0004: "Valid for international services",
    0x0002: "Valid at ATMs",
    0x0001: "Valid at terminals other than ATMs",
    0x0180: "Domestic cashback allowed",
    0x0140: "International cashback allowed",
}
CAPABILITIES: Final = {
    0x0080: "Manual key entry",
    0x0040: "Magnetic stripe",
    0x0020: "IC with contacts",
    0x0180: "Plaintext PIN for ICC verification",
    0x0140: "Enciphered PIN for online verification",
    0x0120: "Signature (paper)",
    0x0110: "Enciphered PIN for offline verification",
    0x0108: "No CVM required",
    0x0280: "SDA",
    0x0240: "DDA",
    0x0220: "Card capture",
    0x0208: "CDA",
}
TTQ: Final = {
    0x0080: "Mag-stripe mode supported",
    0x0020: "EMV mode supported",
    0x0010: "EMV contact chip supported",
    0x0008: "Offline-only reader",
    0x0004: "Online PIN supported",
    0x0002: "Signature supported",
    0x0001: "Offline data authentication for online authorisations supported",
    0x0180: "Online cryptogram required",
    0x0140: "CVM required",
    0x0120: "(Contact chip) offline PIN supported",
    0x0280: "Issuer update processing supported",
    0x0240: "Consumer device CVM supported",
    0x0380: "Fast DDA of version 01 supported",
}
CTQ: Final = {
    0x0080: "Online PIN required",
    0x0040: "Signature required",
    0x0020: "Go online if offline data authentication fails and reader is online capable",
    0x0010: "Switch interface if offline data authentication fails and reader supports contact chip",
    0x0008: "Go online if application expired",
    0x0004: "Switch interface for cash transactions",
    0x0002: "Switch interface for cashback transactions",
    0x0180: "Consumer device CVM performed",
    0x0140: "Card supports issuer update processing at the POS",
}
FIELDS: Final = {
    0x95: TVR,
    0x9B: TSI,
    0x82: AIP,
    0x9F07: USAGE,
    0x9F33: CAPABILITIES,
    0x9F66: TTQ,
    0x9F6C: CTQ,
    0x9F0D: TVR,
    0x9F0E: TVR,
    0x9F0F: TVR,
}

METHODS: Final = {
    0x00: "Fail CVM processing",
    0x01: "Plaintext PIN verification performed by ICC",
    0x02: "Enciphered PIN verified online",
    0x03: "Plaintext PIN verification performed by ICC and signature",
    0x04: "Enciphered PIN verification performed by ICC",
    0x05: "Enciphered PIN verification performed by ICC and signature",
    0x1E: "Signature (paper)",
    0x1F: "No CVM required",
    0x3F: "No CVM performed",
}
CONDITIONS: Final = {
    0x00: "always",
    0x01: "if unattended cash",
    0x02: "if not unattended cash and not manual cash and not purchase with cashback",
    0x03: "if terminal supports the CVM",
    0x04: "if manual cash",
    0x05: "if purchase with cashback",
    0x06: "if transaction is in the application currency and is under X value",
    0x07: "if transaction is in the application currency and is over X value",
    0x08: "if transaction is in the application currency and is under Y value",
    0x09: "if transaction is in the application currency and is over Y value",
}
_RESULTS: Final = ("unknown", "failed", "successful")
CRYPTOGRAMS: Final = {0x00: "AAC (declined)", 0x40: "TC (approved)", 0x80: "ARQC (online)"}
_NEXT: Final = 0x40


def set_bits(field: dict[int, str], value: bytes) -> list[str]:
    """The bits that are set, in words, in their order; one that has no name by byte and mask."""
    words = []
    for byte, bits in enumerate(value):
        for place in range(7, -1, -1):
            mask = 1 << place
            if bits & mask:
                words.append(field.get(byte << 8 | mask, f"byte {byte + 1} bit {place + 1}"))
    return words


def method(code: int) -> str:
    return METHODS.get(code if code == 0x3F else code & 0x3F, f"unrecognised method {code & 0x3F:02X}")


def rules(cvm_list: bytes) -> list[str]:
    """Each rule of a CVM list (8E) in words. The amounts are those of the application's currency."""
    x, y = (int.from_bytes(cvm_list[at : at + 4], "big") for at in (0, 4))
    found = []
    for at in range(8, len(cvm_list) - 1, 2):
        code, condition = cvm_list[at : at + 2]
        words = CONDITIONS.get(condition, f"unrecognised condition {condition:02X}")
        words = words.replace("X value", f"{x / 100:.2f}").replace("Y value", f"{y / 100:.2f}")
        found.append(f"{method(code)}, {words}; else {'the next rule' if code & _NEXT else 'failed'}")
    return found


def verification(results: bytes) -> str:
    """CVM results (9F34) in words."""
    code, condition, result = results[:3]
    outcome = _RESULTS[result] if result < len(_RESULTS) else f"result {result:02X}"
    return f"{method(code)}, {CONDITIONS.get(condition, f'condition {condition:02X}')}: {outcome}"


def cryptogram(information: int) -> str:
    """What cryptogram information data (9F27), or the first parameter of GENERATE AC, name."""
    return CRYPTOGRAMS.get(information & 0xC0, "RFU")
