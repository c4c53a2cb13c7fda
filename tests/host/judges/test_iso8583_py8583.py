"""py8583 reads what terminal and acquirer have sent each other: every message, field by field.

It goes by its own table, of ISO 8583:1987 in BCD. It is told only what the standard leaves to whoever uses it: that
fields 48, 60 and 61 are digits here. Its numbers are integers, which it reads with an odd digit's filler as one digit
more, and its text of field 63 is bytes: ours are said so before they are compared.
"""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from py8583 import py8583, py8583spec  # type: ignore[import-untyped]

from host_tools.acquirer import spec

DAY = Path(__file__).parents[2] / "vectors" / "iso8583_day.json"
OURS = (48, 60, 61)


@pytest.fixture(scope="module")
def table() -> Any:
    """The judge's own, and what is UnionPay's."""
    table = py8583spec.IsoSpec1987BCD()
    table.ContentTypes = deepcopy(table.ContentTypes)  # which all its tables share
    for number in OURS:
        table.ContentType(number, "n")
        table.DataType(number, py8583.DT.BCD)
    return table


def _as_the_judge_says_it(number: int, value: str) -> str | int:
    field = spec.FIELDS[number]
    filler = "0" if len(value) % 2 and field.pad == "right" else ""
    if field.content == "n":
        return int(value + filler)
    if field.content == "z":
        return value.replace("D", "=") + filler
    return value.encode().hex().upper() if number == 63 else value


def test_every_message_of_a_day(table: Any) -> None:
    had: set[int] = set()
    for captured in json.loads(DAY.read_text("utf-8"))["messages"]:
        frame = bytes.fromhex(captured["frame"])
        ours = spec.decode(frame)
        judge = py8583.Iso8583(frame[spec.PREFIX_LENGTH :], table)
        assert judge.MTI() == ours.mti, captured["what"]
        read = {number: judge.FieldData(number) for number in range(2, 129) if judge.Field(number)}
        assert read == {number: _as_the_judge_says_it(number, value) for number, value in ours.fields.items()}
        had |= ours.fields.keys()
    assert had == spec.FIELDS.keys() - {36}  # no stripe has a third track
