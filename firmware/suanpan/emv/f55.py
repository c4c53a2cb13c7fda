"""F55 (银联, ISO 8583 for chip cards): which data objects each kind of message has, and in which order."""

from micropython import const

from suanpan.codec.tlv import encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.objects import Objects
    from suanpan.emv.transaction import Transaction

_SCRIPT_RESULTS = const(0xDF31)
_RESPONSE = const(0x8A)
_LONGEST = const(255)  # bytes of the field

_ALWAYS = (
    0x9F26, 0x9F27, 0x9F10, 0x9F37, 0x9F36, 0x95, 0x9A, 0x9C, 0x9F02, 0x5F2A, 0x82, 0x9F1A, 0x9F03, 0x9F33,
)  # fmt: skip
# As far as there is room, those that are conditional first: 9F1E, 9F63, 9F74 are asked for where they exist.
_IF_THERE = (0x9F1E, 0x9F63, 0x9F74, 0x9F34, 0x9F35, 0x84, 0x9F09, 0x9F41)
_REVERSAL = (0x95, 0x9F1E, 0x9F10, 0x9F36, _SCRIPT_RESULTS)
_SCRIPT_REPORT = (0x95, 0x9F10, 0x9F26, 0x9F36, 0x82, _SCRIPT_RESULTS, 0x9F1A, 0x9A)
_DF_NAME = const(0x84)
_AID = const(0x9F06)


def request(t: "Transaction") -> bytes:
    """With a sale that the card wants to be asked about. What of it is not there is left out."""
    return _put_together(t, _ALWAYS, _IF_THERE)


def upload(t: "Transaction") -> bytes:
    """With a sale that card and terminal have settled between them, afterwards: it says on which response code."""
    return _put_together(t, _ALWAYS + (_RESPONSE,), _IF_THERE)  # noqa: RUF005 (MicroPython has no other way)


def reversal(t: "Transaction") -> bytes:
    return _put_together(t, _REVERSAL, ())


def script_report(t: "Transaction") -> bytes:
    """What became of the issuer's scripts; empty where there were none."""
    return _put_together(t, _SCRIPT_REPORT, ()) if t.script_results else b""


def _put_together(t: "Transaction", tags: "tuple[int, ...]", optional: "tuple[int, ...]") -> bytes:
    out = bytearray()
    for tag in tags:
        value = _value(t, tag)
        if value:
            out.extend(encode(tag, value))
    for tag in optional:
        value = _value(t, tag)
        if value and len(out) + len(entry := encode(tag, value)) <= _LONGEST:
            out.extend(entry)
    return bytes(out)


def _value(t: "Transaction", tag: int) -> "bytes | bytearray | None":
    objects: "Objects" = t.objects
    if tag == _SCRIPT_RESULTS:
        return t.script_results
    if tag == _DF_NAME:  # which the terminal's AID is, once an application is selected (EMV 4.3 Book 1, 12.4)
        return objects.get(_AID)
    return objects.get(tag)
