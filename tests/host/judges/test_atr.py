"""Every card that pcsc-tools knows by its answer to reset: the firmware's reading of it against pyscard's."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from functools import reduce
from operator import xor
from pathlib import Path

from host_tools.micropython import find_micropython, firmware_root
from tests.host.judges.pcsc import pyscard
from tests.plugins.debian import FileFinder

_HERE = Path(__file__).parent
_PEER = _HERE.parents[1] / "firmware" / "atr_peer.py"


@dataclass
class Read:
    """An answer in pyscard's reading, and what EMV 4.3 Book 1, 8.3, makes of it."""

    answer: bytes
    rows: list[list[int | None]]
    historical: int

    def byte(self, letter: str, index: int) -> int | None:
        return self.rows[index - 1]["ABCD".index(letter)] if index <= len(self.rows) else None

    @property
    def protocols(self) -> list[int]:
        return [row[3] & 15 for row in self.rows if row[3] is not None]

    @property
    def first(self) -> int:
        return (self.protocols or [0])[0]

    @property
    def whole(self) -> bool:
        """Neither cut, nor too long, nor damaged."""
        checked = any(self.protocols)
        size = 2 + sum(byte is not None for row in self.rows for byte in row) + self.historical + checked
        sound = len(self.answer) == size <= 33 and self.answer[0] in (0x3B, 0x3F)
        return sound and (not checked or reduce(xor, self.answer[1:]) == 0)

    @property
    def own(self) -> int:
        """The index of T=1's own bytes."""
        later = [index for index, protocol in enumerate(self.protocols[1:], 3) if protocol == 1]
        return later[0] if later else 99

    @property
    def accepted(self) -> bool:
        """After a warm reset, by a terminal that also does CRCs and any rate."""
        ta2, tc2 = self.byte("A", 2), self.byte("C", 2)
        if self.first > 1 or self.byte("B", 2) is not None or tc2 == 0:
            return False
        if ta2 is not None and (ta2 & 0x10 or ta2 & 15 != self.first or self.rate_reserved):
            return False
        ifsc, waiting, check = (self.byte(letter, self.own) for letter in "ABC")
        bad_values = (
            (ifsc is not None and not 0x10 <= ifsc <= 0xFE)
            or (waiting is not None and (waiting >> 4 > 4 or waiting & 15 > 5))
            or (check is not None and check > 1)
        )
        if bad_values:
            return False
        guard = self.byte("C", 1) or 0
        least = 0 if guard == 255 else guard + 1
        return self.first == 0 or (waiting is not None and 1 << (waiting & 15) > least)

    @property
    def rate_reserved(self) -> bool:
        ta1 = self.byte("A", 1)
        return ta1 is not None and (ta1 >> 4 in (7, 8, 14, 15) or ta1 & 15 in (0, 10, 11, 12, 13, 14, 15))

    @property
    def fields(self) -> str:
        """As the firmware's peer prints them."""
        ta1 = self.byte("A", 1)
        waiting = self.byte("B", self.own)
        tc2, ifsc = self.byte("C", 2), self.byte("A", self.own)
        values = (
            self.first,
            self.byte("A", 2) is not None,
            0x11 if ta1 is None or self.rate_reserved else ta1,
            (self.byte("C", 1) or 0) % 255,
            10 if tc2 is None else tc2,
            32 if ifsc is None else ifsc,
            -1 if waiting is None else waiting >> 4,
            0 if waiting is None else waiting & 15,
            self.byte("C", self.own) == 1,
        )
        return " ".join(str(int(value)) for value in values)


def test_every_known_card(debian_file: FileFinder) -> None:
    known = debian_file("/usr/share/pcsc/smartcard_list.txt", package="pcsc-tools").read_text("utf-8")
    answers = [line.replace(" ", "") for line in re.findall(r"^3[BF](?: [0-9A-F]{2})+$", known, re.MULTILINE)]
    assert len(answers) > 3000
    lines = "\n".join(answers) + "\n"

    def run(*command: str, **environment: str) -> list[str]:
        process = subprocess.run(
            command, input=lines, env=os.environ | environment, capture_output=True, text=True, check=True
        )
        return process.stdout.splitlines()

    firmware = run(*find_micropython(), str(_PEER), MICROPYPATH=f"{firmware_root()}:.frozen")
    theirs = run(*pyscard(debian_file), str(_HERE / "pyscard_atr.py"))
    outcomes = Counter[str]()
    for answer, ours, line in zip(answers, firmware, theirs, strict=True):
        rows, historical = json.loads(line)
        read = Read(bytes.fromhex(answer), rows, historical)
        expected = "CardGarbled" if not read.whole else read.fields if read.accepted else "CardUnsupported"
        assert ours == expected, answer
        outcomes[expected if expected.startswith("Card") else "accepted"] += 1
    assert min(outcomes.values()) > 20, outcomes
