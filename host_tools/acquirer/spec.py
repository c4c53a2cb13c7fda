"""The UnionPay-style message: which fields there are, how they are packed, and what they are called.

A frame here is TPDU (5 bytes), header (6 bytes), MTI (2 bytes BCD), bitmap (8 bytes) and fields; the 2-byte
length that precedes it on a stream belongs to connection.py. Lengths of variable fields are BCD (LLVAR one
byte, LLLVAR two) and count digits for numeric and track fields, bytes for all others. Source: docs/messages.md;
the governing Q/CUP 009.1-2014 is not at hand.

Field values are strings throughout: digits for `n`, digits and D for `z` (D is the track's separator), text
for `an`, upper-case hexadecimal for `b`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import iso8583

TPDU_LENGTH = 5
HEADER_LENGTH = 6
PREFIX_LENGTH = TPDU_LENGTH + HEADER_LENGTH
MAC = 64  # the field
MAC_LENGTH = 8

_TPDU_IDENTIFIER = 0x60
_FIXED, _LLVAR, _LLLVAR = 0, 1, 2  # bytes of BCD length


class Field(NamedTuple):
    """One row; `length` (a maximum if variable) is in digits for n and z, in bytes for an and b."""

    number: int
    content: Literal["n", "z", "an", "b"]
    length_bytes: int
    length: int
    chinese: str
    english: str
    pad: Literal["left", "right"] = "right"  # where an odd digit's filler nibble goes


FIELDS = {
    field.number: field
    for field in (
        Field(2, "n", _LLVAR, 19, "主账号", "primary account number"),
        Field(3, "n", _FIXED, 6, "交易处理码", "processing code"),
        Field(4, "n", _FIXED, 12, "交易金额", "amount"),
        Field(11, "n", _FIXED, 6, "受卡方系统跟踪号", "system trace audit number"),
        Field(12, "n", _FIXED, 6, "受卡方所在地时间", "local time"),
        Field(13, "n", _FIXED, 4, "受卡方所在地日期", "local date"),
        Field(14, "n", _FIXED, 4, "卡有效期", "card expiry"),
        Field(15, "n", _FIXED, 4, "清算日期", "settlement date"),
        Field(22, "n", _FIXED, 3, "服务点输入方式码", "entry mode"),
        Field(23, "n", _FIXED, 3, "卡序列号", "card sequence number", "left"),
        Field(25, "n", _FIXED, 2, "服务点条件码", "condition code"),
        Field(26, "n", _FIXED, 2, "服务点PIN获取码", "PIN capture code"),
        Field(32, "n", _LLVAR, 11, "受理方标识码", "acquiring institution"),
        Field(35, "z", _LLVAR, 37, "二磁道数据", "track 2"),
        Field(36, "z", _LLLVAR, 104, "三磁道数据", "track 3"),
        Field(37, "an", _FIXED, 12, "检索参考号", "retrieval reference number"),
        Field(38, "an", _FIXED, 6, "授权标识应答码", "authorisation code"),
        Field(39, "an", _FIXED, 2, "应答码", "response code"),
        Field(41, "an", _FIXED, 8, "受卡机终端标识码", "terminal"),
        Field(42, "an", _FIXED, 15, "受卡方标识码", "merchant"),
        Field(44, "an", _LLVAR, 25, "附加响应数据", "issuer and acquirer"),
        Field(48, "n", _LLLVAR, 322, "附加数据", "additional data"),
        Field(49, "an", _FIXED, 3, "交易货币代码", "currency"),
        Field(52, "b", _FIXED, 8, "个人标识码数据", "PIN block"),
        Field(53, "n", _FIXED, 16, "安全控制信息", "security control"),
        Field(54, "an", _LLLVAR, 20, "附加金额", "balance"),
        Field(55, "b", _LLLVAR, 255, "IC卡数据域", "chip data"),
        Field(59, "b", _LLLVAR, 255, "自定义域", "tagged data"),
        Field(60, "n", _LLLVAR, 17, "类型批次网络码", "type, batch, network code"),
        Field(61, "n", _LLLVAR, 29, "原始信息域", "original transaction"),
        Field(62, "b", _LLLVAR, 512, "终端信息或密钥", "terminal data or keys"),
        Field(63, "an", _LLLVAR, 163, "操作员或卡组织", "operator or card organisation"),
        Field(MAC, "b", _FIXED, MAC_LENGTH, "报文鉴别码", "MAC"),
    )
}

_KNOWN_BITS = sum(1 << (64 - number) for number in FIELDS)
_CONTENT = {
    "n": re.compile(r"[0-9]+"),
    "z": re.compile(r"[0-9D]+"),
    "an": re.compile(r"[ -~]+"),
    "b": re.compile(r"(?:[0-9A-F]{2})+"),
}
_POSSIBLE = {number: _CONTENT[field.content].fullmatch for number, field in FIELDS.items()}


def _row(content: str, length_bytes: int, length: int, description: str, pad: str = "right") -> dict[str, Any]:
    row: dict[str, Any] = {
        "data_enc": "ascii" if content == "an" else "b",
        "len_enc": "bcd",
        "len_type": length_bytes,
        "max_len": length,
        "desc": description,
    }
    if content in ("n", "z"):
        row["len_count"] = "nibbles"
        row[f"{pad}_pad"] = "0"
    return row


_SPEC = {
    "h": _row("b", _FIXED, 0, "none: TPDU and header are outside the message"),
    "t": _row("b", _FIXED, 2, "message type"),
    "p": _row("b", _FIXED, 8, "bitmap"),
} | {str(f.number): _row(f.content, f.length_bytes, f.length, f.english, f.pad) for f in FIELDS.values()}


@dataclass(slots=True)
class Message:
    """`fields` maps field number to value; the bitmap follows from it."""

    mti: str
    fields: dict[int, str]
    tpdu: bytes
    header: bytes


class MessageError(ValueError):
    """Bytes that are no message of this dialect, or a message that cannot be put into bytes.

    `partial` holds the fields before the broken one, None where not even the MTI and bitmap can be believed.
    The text names fields and positions and never carries a value.
    """

    def __init__(self, reason: str, partial: Message | None = None) -> None:
        super().__init__(reason)
        self.partial = partial


def decode(frame: bytes) -> Message:
    """Parse TPDU, header and message; raises MessageError for all but exactly one well-formed message."""
    bitmap_at = PREFIX_LENGTH + 2
    if len(frame) < bitmap_at + 8:
        raise MessageError("too short for TPDU, header, MTI and bitmap")
    if frame[0] != _TPDU_IDENTIFIER:
        raise MessageError("not a TPDU")
    unknown = int.from_bytes(frame[bitmap_at : bitmap_at + 8], "big") & ~_KNOWN_BITS
    if unknown:
        raise MessageError(f"field {65 - unknown.bit_length()} is not of this dialect")
    reason = ""
    try:
        document, _ = iso8583.decode(frame[PREFIX_LENGTH:], _SPEC)
    except iso8583.DecodeError as error:
        document, reason = error.doc_dec, str(error)
        document.pop(error.field, None)
    message = Message(document.pop("t"), {}, frame[:TPDU_LENGTH], frame[TPDU_LENGTH:PREFIX_LENGTH])
    document.pop("p", None)
    for key, value in document.items():
        number = int(key)
        if not _POSSIBLE[number](value):
            raise MessageError(f"impossible characters: field {key}", message)
        message.fields[number] = value
    if reason:
        raise MessageError(reason, message)
    return message


def encode(message: Message) -> bytes:
    """The frame of a message; raises MessageError for a field unknown, too long or of wrong content."""
    document = {"t": message.mti}
    for number, value in message.fields.items():
        if number not in _POSSIBLE:
            raise MessageError(f"field {number} is not of this dialect")
        if not _POSSIBLE[number](value):
            raise MessageError(f"impossible characters: field {number}")
        document[str(number)] = value
    try:
        body, _ = iso8583.encode(document, _SPEC)
    except iso8583.EncodeError as error:
        raise MessageError(str(error)) from None
    return message.tpdu + message.header + bytes(body)
