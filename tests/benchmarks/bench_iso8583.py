"""ISO 8583: encode and decode of each type of message, the firmware's codec beside pyiso8583 in one CPython process."""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import datetime
from pathlib import Path

from host_tools.acquirer import spec
from host_tools.acquirer.chips import Chips
from host_tools.acquirer.fixture import load, open_bank
from host_tools.acquirer.host import Acquirer
from host_tools.load import bank as banks
from host_tools.load.terminal import Holder, Terminal
from host_tools.micropython.port import ROOT, find_micropython, firmware_root
from tests.benchmarks.figure import Figure

_TESTS = ROOT / "tests" / "firmware"
_SCRIPT = _TESTS / "time_iso8583.py"
_NOW = datetime(2026, 11, 23, 12, 0)

Sample = dict[str, str | dict[str, str]]


def run() -> list[Figure]:
    asked = json.dumps({"messages": _messages(), "spec": _field_table()})
    path = os.pathsep.join(map(str, (firmware_root(), _TESTS, ROOT / "tests" / "shims")))
    beside = json.loads(_output([sys.executable], {"PYTHONPATH": path}, asked))
    alone = json.loads(_output(find_micropython(), {"MICROPYPATH": f"{firmware_root()}:{_TESTS}:.frozen"}, asked))
    figures = []
    for name, pairs in beside.items():
        ours, theirs = (statistics.median(times) for times in zip(*pairs, strict=True))
        ratio = statistics.median(theirs / ours for ours, theirs in pairs)
        told = f"{ours:.0f} µs, pyiso8583 {theirs:.0f} µs; on the unix port {statistics.median(alone[name]):.0f} µs"
        figures.append(Figure(f"{name}, times as fast as pyiso8583", ratio, "x", told))
    return [*figures, Figure("the least of these", min(figure.value for figure in figures), "x", "aim: at least 3")]


def _messages() -> dict[str, Sample]:
    """Of a day of one terminal's, requests and answers, by their names."""
    with tempfile.TemporaryDirectory() as scratch:
        banks.write(Path(scratch) / "bank.yaml", 1)
        bank = load(Path(scratch) / "bank.yaml")
    (enrolment,) = bank.terminals.values()
    terminal = Terminal(enrolment, random.Random(1).randbytes)
    holder = Holder(bank.cards[banks.names(enrolment.tid)[0]], bank.issuers)
    found: dict[str, Sample] = {}
    with closing(open_bank(bank)) as store:
        chips = Chips(bank.issuers)
        acquirer = Acquirer(store, now=lambda: _NOW, random=random.Random(2).randbytes, chips=chips)

        def say(name: str, frame: bytes) -> bytes:
            answer = acquirer.answer(frame)
            assert answer is not None
            for one in (frame, answer):
                message = spec.decode(one)
                fields = {str(number): value for number, value in message.fields.items()}
                sample: Sample = {"mti": message.mti, "fields": fields, "message": one[spec.PREFIX_LENGTH :].hex()}
                found[f"{message.mti} {name}"] = sample
            return answer

        sign_in = terminal.sign_in()
        terminal.believe(sign_in, say("sign-in", sign_in.frame))
        swiped = terminal.sale(holder, 100, _NOW, by_chip=False)
        terminal.believe(swiped, say("sale by stripe", swiped.frame))
        dipped = terminal.sale(holder, 200, _NOW)
        terminal.believe(dipped, say("sale by chip", dipped.frame))
        say("reversal", terminal.reversal(terminal.sale(holder, 300, _NOW)).frame)
        say("refund", terminal.refund(terminal.sold.pop(), 50).frame)
        say("void", terminal.void(terminal.sold.pop()).frame)
        say("settlement", terminal.settlement().frame)
    return found


def _output(interpreter: list[str], path: dict[str, str], text: str) -> str:
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
