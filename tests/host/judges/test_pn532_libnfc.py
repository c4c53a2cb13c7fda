"""libnfc, as Debian has it, takes the bench's PN532 for the part: its nfc-list, and a program that selects the PPSE."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from host_tools.bench.parts.field import Card, Field
from host_tools.bench.parts.field_cards import FeliCa, IsoA, IsoB, MifareClassic, TypeA
from host_tools.bench.parts.pn532_pty import Pn532Pty
from tests.plugins.debian import FileFinder, ToolFinder

FCI = bytes.fromhex("6F23840E325041592E5359532E4444463031A511BF0C0E610C4F07A0000003330101870101")
SELECT_PPSE = bytes.fromhex("00A404000E325041592E5359532E444446303100")


def application(command: bytes) -> bytes | None:
    """The PPSE; INS 2A is answered with so many bytes as P1 and P2 say, INS FF not at all."""
    if command == SELECT_PPSE:
        return FCI + b"\x90\x00"
    if command[1] == 0x2A:
        return bytes(i & 0xFF for i in range(int.from_bytes(command[2:4], "big"))) + b"\x90\x00"
    return None if command[1] == 0xFF else b"\x6d\x00"


def run(pty: Pn532Pty, program: list[str]) -> str:
    with pty as path:
        environment = os.environ | {"LIBNFC_DEVICE": f"pn532_uart:{path}", "LIBNFC_LOG_LEVEL": "0"}
        done = subprocess.run(program, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def words(text: str) -> str:
    return " ".join(text.split())


CARDS: dict[str, tuple[Callable[[], Card], str, list[str]]] = {
    "type A": (
        lambda: IsoA(application),
        "1 ISO14443A passive target(s) found",
        ["ATQA (SENS_RES): 00 04", "UID (NFCID3): 08 11 22 33", "SAK (SEL_RES): 20", "ATS: 78 80 a0 02"],
    ),
    "type A, 10 bytes of UID": (
        lambda: IsoA(application, bytes.fromhex("04112233445566778899"), b"\x00\x84"),
        "1 ISO14443A passive target(s) found",
        ["ATQA (SENS_RES): 00 84", "UID (NFCID1): 04 11 22 33 44 55 66 77 88 99"],
    ),
    "type B": (
        lambda: IsoB(application),
        "1 ISO14443B passive target(s) found",
        ["PUPI: 11 22 33 44", "Protocol Info: 00 81 a1", "Frame Waiting Time: 309.3 ms"],
    ),
    "MIFARE Classic": (
        MifareClassic,
        "1 ISO14443A passive target(s) found",
        ["UID (NFCID1): de ad be ef", "SAK (SEL_RES): 08", "MIFARE Classic 1K"],
    ),
    "MIFARE Ultralight": (
        TypeA,
        "1 ISO14443A passive target(s) found",
        ["UID (NFCID1): 04 a1 b2 c3 d4 e5 f6", "SAK (SEL_RES): 00", "MIFARE Ultralight"],
    ),
    "FeliCa": (
        FeliCa,
        "1 Felica (212 kbps) passive target(s) found",
        ["ID (NFCID2): 01 01 06 01 12 34 56 78", "System Code (SC): 80 08"],
    ),
}


@pytest.mark.parametrize(("card", "headline", "lines"), CARDS.values(), ids=CARDS.keys())
def test_nfc_list(debian_tool: ToolFinder, card: Callable[[], Card], headline: str, lines: list[str]) -> None:
    field = Field()
    field.put(card())
    listed = words(run(Pn532Pty(field), [debian_tool("nfc-list", package="libnfc-bin"), "-v"]))
    for line in (headline, *lines):
        assert line in listed
    felica = 2 if headline.startswith("1 Felica") else 1  # found at both its rates
    assert listed.count("target(s) found") - listed.count(" 0 ") == felica


def test_nfc_list_finds_both_of_two_cards(debian_tool: ToolFinder) -> None:
    field = Field()
    field.put(IsoA(application), MifareClassic())
    listed = words(run(Pn532Pty(field), [debian_tool("nfc-list", package="libnfc-bin")]))
    assert "2 ISO14443A passive target(s) found" in listed
    assert "08 11 22 33" in listed
    assert "de ad be ef" in listed


def test_nfc_list_finds_nobody(debian_tool: ToolFinder) -> None:
    pty = Pn532Pty(Field())
    listed = run(pty, [debian_tool("nfc-list", package="libnfc-bin")])
    assert "NFC device: user defined device opened" in listed
    assert "target(s) found" not in listed


@pytest.fixture(scope="session")
def ppse(debian_tool: ToolFinder, debian_file: FileFinder, tmp_path_factory: pytest.TempPathFactory) -> str:
    debian_file("/usr/include/nfc/nfc.h", package="libnfc-dev")
    debian_file("/usr/include/stdio.h", package="libc6-dev")
    program = tmp_path_factory.mktemp("ppse") / "ppse"
    source = Path(__file__).with_name("pn532_ppse.c")
    subprocess.run([debian_tool("gcc"), "-Wall", "-Werror", "-o", program, source, "-lnfc"], check=True)
    return str(program)


@pytest.mark.parametrize(("kind", "how"), [(IsoA, "a"), (IsoB, "b"), (IsoA, "poll"), (IsoB, "poll")])
def test_a_program_that_selects_the_ppse(ppse: str, kind: type[IsoA | IsoB], how: str) -> None:
    field = Field()
    card = kind(application)
    field.put(card)
    long_command = "80D60000FF" + bytes(range(255)).hex()
    printed = run(Pn532Pty(field), [ppse, how, "802A000500", long_command, "802A010000", "802A010400", "802A010500"])
    assert printed.splitlines() == [
        "cards 1",
        FCI.hex() + "9000",
        "00010203049000",
        "6d00",
        bytes(range(256)).hex() + "9000",
        (bytes(range(256)) + bytes(range(4))).hex() + "9000",
        (bytes(range(256)) + bytes(range(5))).hex() + "9000",  # one byte is asked for on; libnfc has room for no more
        "present 0",  # libnfc's word for yes
    ]
    assert card.blocks.faults == []


def test_a_slow_card_and_one_that_is_drawn_away(ppse: str) -> None:
    field = Field()
    card = IsoA(application, ats=bytes.fromhex("0578806002"))  # FWT 19 ms
    card.blocks.think_us = 100_000
    card.leave(3)
    field.put(card)
    printed = run(Pn532Pty(field), [ppse, "a", "802A000500", "802A000500", "802A000500"]).splitlines()
    assert printed[1:3] == [FCI.hex() + "9000", "00010203049000"]
    assert card.blocks.extensions >= 2
    assert printed[3:5] == ["error -20"] * 2  # NFC_ERFTRANS
    assert printed[5] != "present 0"


def test_a_card_that_falls_silent(ppse: str) -> None:
    field = Field()
    field.put(IsoA(application, ats=bytes.fromhex("0578804002")))
    printed = run(Pn532Pty(field), [ppse, "a", "80FF0000"]).splitlines()
    assert printed[2] == "error -20"
