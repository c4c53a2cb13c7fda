"""The wire format against frames put together by hand from docs/messages.md, and against malformed ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.acquirer import spec
from host_tools.acquirer.spec import FIELDS, Message, MessageError

PREFIX = "6000030000 603100311003"

# A sale with a 19-digit PAN: F2, F35 and F60 all have an odd number of digits.
SALE = bytes.fromhex(
    PREFIX
    + "0200 702404C020C09811"
    + "19 62000000000000000180"
    + "000000"
    + "000000012345"
    + "000042"
    + "3406"
    + "0210"
    + "00"
    + "12"
    + "37 6200000000000000018D340612000000987650"
    + b"10000001".hex()
    + b"898110257340001".hex()
    + b"156".hex()
    + "0102030405060708"
    + "2600000000000000"
    + "0011 220000010000"
    + b"E267B6E2".hex()
)
SALE_FIELDS = {
    2: "6200000000000000018",
    3: "000000",
    4: "000000012345",
    11: "000042",
    14: "3406",
    22: "021",
    25: "00",
    26: "12",
    35: "6200000000000000018D34061200000098765",
    41: "10000001",
    42: "898110257340001",
    49: "156",
    52: "0102030405060708",
    53: "2600000000000000",
    60: "22000001000",
    64: b"E267B6E2".hex().upper(),
}


# F61 of a refund is even, with its day; F48 of a settlement has two halves of an odd length, which share a byte.
REFUND = bytes.fromhex(
    PREFIX
    + "0220 7024048008C0801B"
    + "16 6200000000000013"
    + "200000"
    + "000000000200"
    + "000044"
    + "3512"
    + "0220"
    + "00"
    + b"632710000002".hex()
    + b"10000001".hex()
    + b"898110257340001".hex()
    + b"156".hex()
    + "0011 250000020000"
    + "0016 0000010000421123"
    + "0003"
    + b"CUP".hex()
    + b"E267B6E2".hex()
)
REFUND_FIELDS = {
    2: "6200000000000013",
    3: "200000",
    4: "000000000200",
    11: "000044",
    14: "3512",
    22: "022",
    25: "00",
    37: "632710000002",
    41: "10000001",
    42: "898110257340001",
    49: "156",
    60: "25000002000",
    61: "0000010000421123",
    63: "CUP",
    64: b"E267B6E2".hex().upper(),
}
SETTLEMENT = bytes.fromhex(
    PREFIX
    + "0500 0020000000C18012"
    + "000045"
    + b"10000001".hex()
    + b"898110257340001".hex()
    + "0062 00000000123500200000000020000100000000007000010000000000000000"
    + b"156".hex()
    + "0011 000000022010"
    + "0003"
    + b"01 ".hex()
)
SETTLEMENT_FIELDS = {
    11: "000045",
    41: "10000001",
    42: "898110257340001",
    48: "000000001235" + "002" + "000000000200" + "001" + "0" + "000000000700" + "001" + "000000000000" + "000" + "0",
    49: "156",
    60: "00000002201",
    63: "01 ",
}


def frame(bitmap: int, body: str, mti: str = "0200") -> bytes:
    return bytes.fromhex(f"{PREFIX}{mti}{bitmap:016X}{body}")


def bit(number: int) -> int:
    return 1 << (64 - number)


def test_a_sale_is_read_field_by_field() -> None:
    message = spec.decode(SALE)
    assert message.mti == "0200"
    assert message.tpdu.hex() == "6000030000"
    assert message.header.hex() == "603100311003"
    assert message.fields == SALE_FIELDS


@pytest.mark.parametrize(
    ("mti", "raw", "fields"),
    [("0220", REFUND, REFUND_FIELDS), ("0500", SETTLEMENT, SETTLEMENT_FIELDS)],
    ids=["refund", "settlement"],
)
def test_originals_and_sums_to_the_byte(mti: str, raw: bytes, fields: dict[int, str]) -> None:
    assert spec.decode(raw).fields == fields
    assert spec.encode(Message(mti, dict(fields), raw[:5], raw[5:11])) == raw


def test_a_sale_is_written_to_the_byte() -> None:
    assert spec.encode(Message("0200", dict(SALE_FIELDS), SALE[:5], SALE[5:11])) == SALE


@pytest.mark.parametrize(
    ("number", "value", "wire"),
    [
        (2, "6200000000000013", "16 6200000000000013"),
        (22, "051", "0510"),  # left-aligned
        (23, "001", "0001"),  # right-aligned
        (32, "48980000", "08 48980000"),
        (36, "1" * 5, "0005 111110"),
        (37, "632710000001", b"632710000001".hex()),
        (44, "AB", "02 4142"),
        (48, "123", "0003 1230"),
        (55, "9F2600", "0003 9F2600"),  # counts bytes
        (59, "413230313600", "0006 413230313600"),
        (61, "000001000042", "0012 000001000042"),
        (62, "AABB", "0002 AABB"),
        (63, "01 ", "0003 303120"),
    ],
)
def test_each_way_of_packing(number: int, value: str, wire: str) -> None:
    raw = frame(bit(number), wire)
    assert spec.decode(raw).fields == {number: value}
    assert spec.encode(Message("0200", {number: value}, raw[:5], raw[5:11])) == raw


@pytest.mark.parametrize(
    ("raw", "why", "kept"),
    [
        (b"", "too short", None),
        (SALE[:20], "too short", None),
        (b"\x61" + SALE[1:], "not a TPDU", None),
        (frame(bit(1) | bit(3), "000000"), "field 1 is not", None),
        (frame(bit(3) | bit(43), "000000"), "field 43 is not", None),
        (SALE[:-1], "field 64", 60),
        (SALE + b"\0", "Extra data", 60),
        (frame(bit(3) | bit(4), "000000 00000000012A"), "impossible characters: field 4", 3),
        (frame(bit(3) | bit(35), "000000 03 12E0"), "impossible characters: field 35", 3),
        (frame(bit(3) | bit(35), "000000 03 1231"), "field 35", 3),  # filler nibble is not 0
        (frame(bit(3) | bit(35), "000000 38" + "11" * 19), "field 35", 3),  # too long
        (frame(bit(3) | bit(35), "000000 3A" + "11" * 19), "field 35", 3),  # length is no BCD
        (frame(bit(3) | bit(35), "000000 00"), "impossible characters: field 35", 3),
        (frame(bit(3) | bit(41), "000000" + "00" * 8), "impossible characters: field 41", 3),
        (frame(bit(3) | bit(41), "000000" + "FF" * 8), "field 41", 3),
        # A first broken field hides the later one, and is itself never handed on.
        (frame(bit(3) | bit(64), "00000A 00"), "impossible characters: field 3", None),
    ],
)
def test_malformed(raw: bytes, why: str, kept: int | None) -> None:
    with pytest.raises(MessageError, match=why) as caught:
        spec.decode(raw)
    partial = caught.value.partial
    last = max(partial.fields, default=None) if partial is not None else None
    assert last == kept


@pytest.mark.parametrize("fields", [{43: "A"}, {4: "12"}, {4: "00000000012A"}, {41: "1000000é"}, {2: "1" * 20}])
def test_what_cannot_be_written(fields: dict[int, str]) -> None:
    with pytest.raises(MessageError):
        spec.encode(Message("0200", fields, SALE[:5], SALE[5:11]))


_ALPHABET = {
    "n": "0123456789",
    "z": "0123456789D",
    "an": "".join(map(chr, range(0x20, 0x7F))),
    "b": "0123456789ABCDEF",
}


@st.composite
def _messages(draw: st.DrawFn) -> Message:
    fields = {}
    for number in draw(st.sets(st.sampled_from(sorted(FIELDS)))):
        field = FIELDS[number]
        length = draw(st.integers(1, field.length)) if field.length_bytes else field.length
        length *= 2 if field.content == "b" else 1
        fields[number] = draw(st.text(_ALPHABET[field.content], min_size=length, max_size=length))
    return Message("0200", dict(sorted(fields.items())), SALE[:5], SALE[5:11])


@given(_messages())
def test_what_is_written_is_read_again(message: Message) -> None:
    assert spec.decode(spec.encode(message)) == message


@given(st.binary(max_size=300))
def test_noise_is_an_error_and_what_is_kept_of_it_is_sound(noise: bytes) -> None:
    for raw in (noise, SALE[:11] + noise, SALE[:21] + noise):
        kept = read_as_far_as_possible(raw)
        assert kept is None or spec.encode(kept)


def read_as_far_as_possible(raw: bytes) -> Message | None:
    try:
        return spec.decode(raw)
    except MessageError as error:
        return error.partial
