"""A chip sale in the kernel's terms, and what of it goes into fields, records and slips."""

from micropython import const

from suanpan.codec.track import Track2

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.transaction import Transaction
    from suanpan.terminal import Terminal

# Attended, online and offline (9F35); stripe and chip; PIN in plain and enciphered, online, signature, no CVM; SDA,
# DDA, CDA (9F33); goods, services, digits, printer (9F40). EMV 4.3 Book 4, Annex A.
_TYPE = b"\x22"
_CAPABILITIES = b"\x60\xf8\xc8"
_ADDITIONAL = b"\x60\x00\xf0\xa0\x01"
_CHINA = b"\x01\x56"  # the country and its currency
_LABEL = const(16)
_KIND = const(0xC0)  # of a cryptogram
_TC = const(0x40)


def terminal_data(t: "Terminal", amount: int) -> "dict[int, bytes | bytearray]":
    parameters = t.parameters
    return {
        0x9F02: bytes.fromhex(f"{amount:012}"),
        0x9F03: bytes(6),
        0x9F1A: _CHINA,
        0x5F2A: _CHINA,
        0x5F36: b"\x02",
        0x9A: bytes.fromhex(t.today()),
        0x9F21: bytes.fromhex(t.time()),
        0x9C: b"\0",
        0x9F33: _CAPABILITIES,
        0x9F35: _TYPE,
        0x9F40: _ADDITIONAL,
        0x9F39: b"\x05",
        0x9F1C: parameters.terminal_id.encode(),
        0x9F16: parameters.merchant_id.encode(),
        0x9F1E: parameters.serial[-8:].encode(),
        0x9F4E: parameters.merchant_name["en"].encode(),
    }


def track_2(emv: "Transaction") -> "Track2 | None":
    """What the card says that its stripe says (57), as F35 has it."""
    text = _hex(emv, 0x57).rstrip("f").replace("d", "=")
    at = text.find("=")
    return Track2(bytearray(text.encode()), at) if at > 0 else None


def expiry(emv: "Transaction") -> str:
    """YYMM."""
    return _hex(emv, 0x5F24)[:4]


def sequence(emv: "Transaction") -> str:
    """F23; empty for a card without."""
    digits = _hex(emv, 0x5F34)
    return digits and "0" + digits


def remarks(emv: "Transaction", arqc: str) -> str:
    """The slip's rows: both cryptograms, results, application, counter, label, sequence number. `arqc` is "" where the
    issuer was not to be asked."""
    label = emv.objects.get(0x50) or b""
    text = "".join(chr(c) if 0x20 <= c < 0x7F else "?" for c in label[:_LABEL])
    cryptograms = f"ARQC: {arqc}\n" if arqc else ""
    if (emv.objects.get(0x9F27) or b"\0")[0] & _KIND == _TC:  # a tap that went online has none
        cryptograms += f"TC: {cryptogram(emv)}\n"
    return cryptograms + "\n".join(
        (
            f"TVR: {_hex(emv, 0x95).upper()} TSI: {_hex(emv, 0x9B).upper()}",
            f"AID: {_hex(emv, 0x9F06).upper()}",
            f"ATC: {_hex(emv, 0x9F36).upper()} CSN: {sequence(emv)}",
            f"APPLAB: {text}",
        )
    )


def cryptogram(emv: "Transaction") -> str:
    return _hex(emv, 0x9F26).upper()


def _hex(emv: "Transaction", tag: int) -> str:
    return bytes(emv.objects.get(tag) or b"").hex()
