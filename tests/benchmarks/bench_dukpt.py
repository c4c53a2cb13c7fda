"""DUKPT: loading an initial key, going from one transaction to the next; and opening a key block."""

from __future__ import annotations

import json
import os
import statistics
import subprocess

from host_tools.micropython.port import ROOT, find_micropython, firmware_root
from tests.benchmarks.figure import Figure

_TESTS = ROOT / "tests" / "firmware"
_KINDS = {"tdes": "triple DES DUKPT", "aes_16": "AES-128 DUKPT", "aes_24": "AES-192 DUKPT", "aes_32": "AES-256 DUKPT"}


def run() -> list[Figure]:
    output = subprocess.run(
        [*find_micropython(), str(_TESTS / "time_dukpt.py")],
        env=os.environ | {"MICROPYPATH": f"{firmware_root()}:{_TESTS}:.frozen"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    times = {name: statistics.median(rounds) for name, rounds in json.loads(output).items()}
    figures = []
    for kind, name in _KINDS.items():
        derived = 21 if kind == "tdes" else 32
        figures += [
            Figure(f"{name}, initial key loaded", times[f"{kind}_load"], "µs", f"{derived} keys; on the unix port"),
            Figure(f"{name}, a transaction", times[f"{kind}_next"], "µs", "mean of the first 64"),
            Figure(f"{name}, the longest, and its PIN block", times[f"{kind}_worst"], "µs", f"{derived - 1} keys"),
        ]
    return [
        *figures,
        Figure("key block of version B opened", times["block_B"], "µs"),
        Figure("key block of version D opened", times["block_D"], "µs"),
    ]
