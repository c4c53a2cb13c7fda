"""The firmware's ISO 8583, on the unix port, against the acquirer's: pyiso8583 with its own field table."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from host_tools.acquirer import spec
from tests.effort import examples
from tests.host.differential.peer import Peer, Refused

Fields = dict[int, str]  # as the acquirer has them: text, and binary fields in hexadecimal

_PREFIX = bytes.fromhex("6000030000603100311003")  # TPDU and header, no business of the firmware's codec
_BYTES = {52, 55, 59, 62, 63, 64}  # that the firmware has as bytes


def _values(field: spec.Field) -> st.SearchStrategy[str]:
    shortest = 1 if field.length_bytes else field.length
    if field.content == "b":
        return st.binary(min_size=shortest, max_size=field.length).map(lambda data: data.hex().upper())
    alphabet = {"n": "0123456789", "z": "0123456789D", "an": "".join(map(chr, range(0x20, 0x7F)))}
    return st.text(alphabet[field.content], min_size=shortest, max_size=field.length)


MESSAGES = st.tuples(
    st.text("0123456789", min_size=4, max_size=4),
    st.fixed_dictionaries({}, optional={number: _values(field) for number, field in spec.FIELDS.items()}),
)


def _judge_encodes(mti: str, fields: Fields) -> bytes:
    message = spec.Message(mti, fields, _PREFIX[: spec.TPDU_LENGTH], _PREFIX[spec.TPDU_LENGTH :])
    return spec.encode(message)[len(_PREFIX) :]


def _judge_decodes(message: bytes) -> tuple[str, Fields] | None:
    try:
        decoded = spec.decode(_PREFIX + message)
    except spec.MessageError:
        return None
    return decoded.mti, decoded.fields


def _encodes(firmware: Peer, mti: str, fields: Fields) -> bytes:
    values: dict[int, str | list[str]] = {}
    for number, value in fields.items():
        if number in _BYTES:
            values[number] = [value if spec.FIELDS[number].content == "b" else value.encode("latin-1").hex()]
        else:
            values[number] = value.replace("D", "=") if spec.FIELDS[number].content == "z" else value
    return firmware.call("iso8583_encode", mti.encode(), json.dumps(values).encode())


def _decodes(firmware: Peer, message: bytes) -> tuple[str, Fields] | None:
    try:
        mti, values = json.loads(firmware.call("iso8583_decode", message))
    except Refused:
        return None
    fields = {}
    for key, value in values.items():
        number = int(key)
        if isinstance(value, list):
            data = bytes.fromhex(value[0])
            text = spec.FIELDS[number].content != "b"
            fields[number] = data.decode("latin-1") if text else data.hex().upper()
        else:
            fields[number] = value.replace("=", "D") if spec.FIELDS[number].content == "z" else value
    return mti, fields


@examples(100)
@given(message=MESSAGES)
def test_whole_messages_both_ways(firmware: Peer, message: tuple[str, Fields]) -> None:
    mti, fields = message
    encoded = _encodes(firmware, mti, fields)
    assert encoded == _judge_encodes(mti, fields)
    assert _decodes(firmware, encoded) == (mti, fields) == _judge_decodes(encoded)


@examples(400)
@given(message=MESSAGES, data=st.data())
def test_damaged_messages_mean_the_same_to_both_or_nothing(
    firmware: Peer, message: tuple[str, Fields], data: st.DataObject
) -> None:
    damaged = bytearray(_judge_encodes(*message))
    at = data.draw(st.integers(0, len(damaged) - 1))
    damaged[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))

    decoded = _decodes(firmware, bytes(damaged))
    judged = _judge_decodes(bytes(damaged))
    if decoded is not None:
        assert _encodes(firmware, *decoded) == damaged
    if decoded != judged:
        assert _are_known_to_differ(decoded, judged)


def _are_known_to_differ(decoded: tuple[str, Fields] | None, judged: tuple[str, Fields] | None) -> bool:
    """The judge lets a message type be hexadecimal, the firmware a field be empty and F63 hold any bytes."""
    if decoded is None:
        return judged is not None and not judged[0].isdigit()
    text = decoded[1].get(63, "")
    return judged is None and ("" in decoded[1].values() or not (text.isascii() and text.isprintable()))
