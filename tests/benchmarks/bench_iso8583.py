"""ISO 8583: encode and decode of a 0200, the firmware's codec beside pyiso8583 in one CPython process."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys

from host_tools.acquirer import spec
from host_tools.micropython.port import ROOT, find_micropython, firmware_root
from tests.benchmarks.figure import Figure

_TESTS = ROOT / "tests" / "firmware"
_SCRIPT = _TESTS / "time_iso8583.py"


def run() -> list[Figure]:
    path = os.pathsep.join(map(str, (firmware_root(), _TESTS, ROOT / "tests" / "shims")))
    pairs = json.loads(_output([sys.executable], {"PYTHONPATH": path}, json.dumps(_field_table())))
    ours, theirs = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(theirs / ours for ours, theirs in pairs)
    port = json.loads(_output(find_micropython(), {"MICROPYPATH": f"{firmware_root()}:{_TESTS}:.frozen"}))
    return [
        Figure("firmware's codec under CPython", ours, "µs", "encode and decode"),
        Figure("pyiso8583 under CPython", theirs, "µs", "the same message"),
        Figure("firmware's codec, times as fast", ratio, "x", "aim: at least 1"),
        Figure("firmware's codec on the unix port", statistics.median(port), "µs"),
    ]


def _output(interpreter: list[str], path: dict[str, str], text: str = "") -> str:
    return subprocess.run(
        [*interpreter, str(_SCRIPT)],
        env=os.environ | path,
        input=text,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


def _field_table() -> dict[str, dict[str, str | int]]:
    """What pyiso8583 wants to know of the acquirer's fields."""
    fixed: dict[str, str | int] = {"data_enc": "b", "len_enc": "bcd", "len_type": 0, "desc": ""}
    table = {"h": fixed | {"max_len": 0}, "t": fixed | {"max_len": 2}, "p": fixed | {"max_len": 8}}
    for number, field in spec.FIELDS.items():
        row = fixed | {"len_type": field.length_bytes, "max_len": field.length}
        if field.content == "an":
            row["data_enc"] = "ascii"
        elif field.content != "b":
            row |= {"len_count": "nibbles", f"{field.pad}_pad": "0"}
        table[str(number)] = row
    return table
