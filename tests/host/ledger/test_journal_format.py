"""The journal's bytes, read from their description alone with `cryptography` and `zlib`: the firmware wrote them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from host_tools.micropython.port import ROOT, find_micropython, firmware_root, heap_ceiling
from tests.journal import frames

KEY = bytes(range(32))
EVENTS = ["STATE", "SIGNED_IN", "OPENED", "APPROVED", "DECLINED", "UNANSWERED", "REVERSED", "PRINTED"]
TEXTS = [
    "kind", "batch", "stan", "pan", "expiry", "entry_mode", "operator", "date", "time", "response", "reason",
    "auth_code", "reference", "host_date", "host_time", "parties",
]  # fmt: skip
NUMBERS = ["amount", "printed", "status", "opened", "count", "total", "floor"]

# 36 sales and a power cut. Every third is declined, the last is neither.
DAY = """
import sys
from nor_flash import PREFIX, NorFlash, PowerCut
from suanpan.crypto.aes_siv import Siv
from suanpan.ledger.flash_log import FlashLog
from suanpan.ledger.journal import Journal
from suanpan.ledger.ledger import Ledger

flash = NorFlash(6)
moment = {"operator": "01", "date": "261123", "time": "093105"}
card = {"pan": "6210000000000000007", "expiry": "3012", "entry_mode": "021"}
ledger = Ledger(Journal(FlashLog(flash), Siv(bytes(range(32)))))
ledger.signed_in("000123", ledger.stan(), **moment)
for amount in range(1, 36):
    with ledger.pending("sale", amount, **card, **moment) as entry:
        if amount % 3:
            entry.approve(auth_code="A%05d" % amount, reference="%012d" % amount, date="1123", time="093107",
                          parties="算盘银行")
        else:
            entry.decline("51")
flash.cut(2, PREFIX, 9)  # the power goes while the answer is being recorded
try:
    with ledger.pending("sale", 999999999999, **card, **moment) as entry:
        entry.decline("05")
except PowerCut:
    flash.power_on()
ledger = Ledger(Journal(FlashLog(flash), Siv(bytes(range(32)))))
ledger.reversal.reversed("25")
with open(sys.argv[1], "wb") as file:
    file.write(flash.cells)
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path: Path = tmp_path_factory.mktemp("journal") / "image"
    script = path.with_suffix(".py")
    script.write_text(DAY, "utf-8")
    subprocess.run(
        [*find_micropython(), "-X", f"heapsize={heap_ceiling('256k')}", str(script), str(path)],
        env=os.environ | {"MICROPYPATH": f"{firmware_root()}:{ROOT / 'tests' / 'firmware'}:.frozen"},
        check=True,
    )
    return path.read_bytes()


def fields(data: bytes) -> dict[str, str | int]:
    values: dict[str, str | int] = {}
    while data:
        tag, size, value = data[0], data[1], data[2 : 2 + data[1]]
        if tag & 0x80:
            values[NUMBERS[tag - 0x81]] = int.from_bytes(value, "big")
        else:
            values[TEXTS[tag - 1]] = value.decode()
        data = data[2 + size :]
    return values


def test_every_record_opens_with_another_library(image: bytes) -> None:
    siv = AESSIV(KEY)
    tag = bytes(16)
    events = []
    for expected, (number, link, sealed) in enumerate(frames(image), 1):
        assert number == expected
        assert link in (b"", tag)
        associated = number.to_bytes(8, "big") + tag
        data = siv.decrypt(sealed, [associated])
        with pytest.raises(InvalidTag):
            siv.decrypt(sealed, [(number + 1).to_bytes(8, "big") + tag])
        event = EVENTS[data[0]]
        assert (event == "STATE") == bool(link)
        events.append((event, fields(data[1:])))
        tag = sealed[:16]

    assert [event for event, _ in events[:3]] == ["STATE", "SIGNED_IN", "OPENED"]
    assert events[1][1] == {
        "batch": "000123", "stan": "000001", "operator": "01", "date": "261123", "time": "093105",
    }  # fmt: skip
    assert events[2][1] == {
        "kind": "sale", "batch": "000123", "stan": "000002", "amount": 1, "operator": "01", "date": "261123",
        "time": "093105", "pan": "6210000000000000007", "expiry": "3012", "entry_mode": "021",
    }  # fmt: skip
    assert events[3] == (
        "APPROVED",
        {
            "response": "00", "auth_code": "A00001", "reference": "000000000001", "host_date": "1123",
            "host_time": "093107", "parties": "算盘银行",
        },
    )  # fmt: skip
    assert [event for event, _ in events if event == "DECLINED"] == ["DECLINED"] * 11
    assert events[-2][0] == "OPENED"
    assert events[-2][1]["amount"] == 999999999999
    assert events[-1] == ("REVERSED", {"response": "25"})


def test_each_state_is_what_the_records_before_it_add_up_to(image: bytes) -> None:
    siv = AESSIV(KEY)
    tag, count, total, amount, states = bytes(16), 0, 0, 0, 0
    for number, _, sealed in frames(image):
        data = siv.decrypt(sealed, [number.to_bytes(8, "big") + tag])
        tag, event, said = sealed[:16], EVENTS[data[0]], fields(data[1:])
        if event == "STATE":
            states += 1
            assert (said["count"], said["total"]) == (count, total)
        amount = int(said.get("amount", amount))
        if event == "APPROVED":
            count, total = count + 1, total + amount
    assert states >= 2
    assert (count, total) == (24, sum(n for n in range(1, 36) if n % 3))
