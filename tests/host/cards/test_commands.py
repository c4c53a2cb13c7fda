"""Commands in order and out of it, their status words, PINs, and what a card remembers without power."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.cards.application import Interface
from host_tools.cards.card import PPSE, PSE, Card
from host_tools.cards.entries import load
from host_tools.cards.minting import Mint
from host_tools.cards.tlv import find, objects
from host_tools.keys.authority import CaKey
from tests.host.cards.till import AAC, ARQC, TC, Till

POPULATION = load()
USABLE = [
    name
    for name, card in POPULATION.cards.items()
    if not card.card_blocked and not any(each.blocked or each.refuses_here for each in card.applications)
]
PIN_BLOCK = bytes.fromhex("26123456FFFFFFFF")
WRONG_PIN = bytes.fromhex("26654321FFFFFFFF")
VERIFY = (0x00, 0x20, 0x00, 0x80)
GENERATE = (0x80, 0xAE, ARQC, 0x00)
NOT_NOW = 0x6985


@pytest.fixture
def till(mint: Mint) -> Till:
    return Till(mint.card("up-debit"))


class TestOrder:
    @pytest.mark.parametrize("name", USABLE)
    def test_every_card(self, mint: Mint, name: str) -> None:
        """Nothing before its time, and nothing twice."""
        till = Till(mint.card(name))
        early: list[tuple[int | bytes, ...]] = [
            (*GENERATE, bytes(4)),
            (*VERIFY, PIN_BLOCK),
            (0x00, 0x88, 0x00, 0x00, bytes(4)),
            (0x00, 0x82, 0x00, 0x00, bytes(10)),
            (0x84, 0x1E, 0x00, 0x00, bytes(8)),
            (0x00, 0xB2, 0x01, 0x0C),
        ]
        for command in early:
            till.expect(*command, sw=NOT_NOW)
        till.select()
        for command in early:
            till.expect(*command, sw=NOT_NOW)
        till.initiate()
        for command in (early[3], early[4], (0x80, 0xA8, 0x00, 0x00, b"\x83\x00")):
            till.expect(*command, sw=NOT_NOW)
        till.read()
        given = till.generate(ARQC)
        for command in (early[1], early[2], (0x80, 0xA8, 0x00, 0x00, b"\x83\x00")):
            till.expect(*command, sw=NOT_NOW)
        if given == ARQC:
            till.said[0x8A] = b"Z3"
            assert till.generate(AAC, 0x8D) == AAC
        till.expect(*GENERATE, bytes(4), sw=NOT_NOW)
        till.expect(0x00, 0x82, 0x00, 0x00, bytes(10), sw=NOT_NOW)
        assert till.card.state.applications[till.said[0x84].hex()].atc == 1

    def test_after_a_decline_there_are_no_scripts(self, till: Till) -> None:
        till.initiate()
        till.read()
        assert till.generate(AAC) == AAC
        till.expect(0x84, 0x1E, 0x00, 0x00, bytes(4), sw=0x6988)  # a cryptogram has been, its MAC has not

    def test_reset(self, till: Till) -> None:
        till.initiate()
        till.card.reset()
        till.expect(*GENERATE, bytes(4), sw=NOT_NOW)


class TestRefusals:
    CASES = (
        ("00A4", 0x6700),
        ("00A40000023F00", 0x6A86),
        ("00A4040008A000000333", 0x6700),
        ("00A4040005A0000009990000", 0x6700),
        ("00A4040005A00000099900", 0x6A82),
        ("00A4040003A0000000", 0x6A82),
        ("F0A4040005A00000033300", 0x6E00),
    )

    @pytest.mark.parametrize(("command", "sw"), CASES)
    def test_before_selection(self, till: Till, command: str, sw: int) -> None:
        assert till.card.exchange(bytes.fromhex(command)).hex().upper() == f"{sw:04X}"

    def test_in_an_application(self, till: Till) -> None:
        till.initiate()
        for command, sw in (
            ((0x00, 0xB2, 0x01, 0x0D), 0x6A86),
            ((0x00, 0xB2, 0x09, 0x0C), 0x6A83),
            ((0x00, 0xB2, 0x01, 0xA4), 0x6A82),
            ((0x80, 0xCA, 0x9F, 0x99), 0x6A88),
            ((0x80, 0x50, 0x00, 0x00), 0x6D00),
            ((0x80, 0xAE, 0xC0, 0x00, bytes(4)), 0x6A86),
            ((0x80, 0xAE, 0x82, 0x00, bytes(4)), 0x6A86),
            ((*GENERATE, bytes(4)), 0x6700),
            ((0x00, 0x88, 0x00, 0x00, bytes(3)), 0x6700),
            ((0x00, 0x20, 0x00, 0x81, PIN_BLOCK), 0x6A86),
            ((*VERIFY, PIN_BLOCK[:7]), 0x6700),
        ):
            till.expect(*command, sw=sw)

    def test_processing_options(self, mint: Mint) -> None:
        till = Till(mint.card("up-debit"), Interface.CONTACTLESS)
        till.select()
        for data, sw in ((b"\x83\x05", 0x6A80), (b"\x83\x01\x00", 0x6700), (b"\x84\x00", 0x6A80)):
            till.expect(0x80, 0xA8, 0x00, 0x00, data, sw=sw)
        till.expect(0x80, 0xA8, 0x01, 0x00, b"\x83\x00", sw=0x6A86)


class TestSelection:
    def directory(self, card: Card) -> list[bytes]:
        till = Till(card)
        fci = till.expect(0x00, 0xA4, 0x04, 0x00, PSE)
        assert find(fci, 0x6F, 0x84) == PSE and find(fci, 0x6F, 0xA5, 0x88) == b"\1"
        found: list[bytes] = []
        while True:
            data, sw = till.send(0x00, 0xB2, len(found) + 1, 0x0C)
            if sw == 0x6A83:
                return found
            found.append(find(data, 0x70, 0x61, 0x4F))

    def test_directory(self, mint: Mint) -> None:
        card = mint.card("three")
        assert self.directory(card) == [each.aid for each in card.applications]
        Till(mint.card("twins")).expect(0x00, 0xA4, 0x04, 0x00, PSE, sw=0x6A82)

    def test_proximity_directory(self, mint: Mint) -> None:
        till = Till(mint.card("three"), Interface.CONTACTLESS)
        fci = till.expect(0x00, 0xA4, 0x04, 0x00, PPSE)
        entries = [dict(objects(value)) for _, value in objects(find(fci, 0x6F, 0xA5, 0xBF0C))]
        assert [(entry[0x4F].hex().upper(), entry[0x9F2A]) for entry in entries] == [
            ("A0000000031010", b"\3"),
            ("A0000000041010", b"\2"),
            ("A000000333010101", b"\7"),
        ]
        Till(mint.card("three")).expect(0x00, 0xA4, 0x04, 0x00, PPSE, sw=0x6A82)
        till = Till(mint.card("up-bare"), Interface.CONTACTLESS)
        till.expect(0x00, 0xA4, 0x04, 0x00, till.card.applications[0].aid, sw=0x6A82)

    def test_partial_names(self, mint: Mint) -> None:
        """Next after next, until there is none; a fresh start begins with the first."""
        till = Till(mint.card("twins"))
        partial = bytes.fromhex("A000000333010101")

        def name(which: int) -> int:
            return find(till.expect(0x00, 0xA4, 0x04, which, partial), 0x6F, 0x84)[-1]

        assert [name(0x00), name(0x02)] == [1, 2]
        till.expect(0x00, 0xA4, 0x04, 0x02, partial, sw=0x6A82)
        assert name(0x00) == 1

    def test_blocked(self, mint: Mint) -> None:
        Till(mint.card("up-card-blocked")).expect(0x00, 0xA4, 0x04, 0x00, PSE, sw=0x6A81)
        till = Till(mint.card("up-blocked"))
        till.select(sw=0x6283)
        till.expect(0x80, 0xA8, 0x00, 0x00, b"\x83\x00", sw=NOT_NOW)

    def test_refused_here(self, mint: Mint) -> None:
        till = Till(mint.card("second-choice"))
        till.select(0)
        till.expect(0x80, 0xA8, 0x00, 0x00, b"\x83\x00", sw=NOT_NOW)
        till.initiate(1)


class TestPin:
    def test_tries(self, mint: Mint) -> None:
        till = Till(mint.card("up-plain-pin"))
        till.initiate()
        till.expect(*VERIFY, WRONG_PIN, sw=0x63C2)
        till.expect(*VERIFY, PIN_BLOCK)
        for left in (2, 1, 0):
            till.expect(*VERIFY, WRONG_PIN, sw=0x63C0 | left)
            assert find(till.expect(0x80, 0xCA, 0x9F, 0x17), 0x9F17) == bytes([left])
        till.expect(*VERIFY, PIN_BLOCK, sw=0x6983)
        till.initiate()
        till.expect(*VERIFY, PIN_BLOCK, sw=0x6983)
        till.read()
        till.generate(ARQC)
        assert till.said[0x9F10][5] & 0x40 and till.said[0x9F10][4] & 0x06 == 0x06

    def test_a_block_that_is_none_costs_a_try(self, mint: Mint) -> None:
        till = Till(mint.card("up-plain-pin"))
        till.initiate()
        till.expect(*VERIFY, bytes(8), sw=0x63C2)

    def test_enciphered_needs_a_challenge_just_before(self, mint: Mint) -> None:
        till = Till(mint.card("up-enciphered-pin"))
        till.initiate()
        enciphered = (0x00, 0x20, 0x00, 0x88, bytes(128))
        till.expect(*enciphered, sw=NOT_NOW)
        till.expect(0x00, 0x84, 0x00, 0x00)
        till.expect(0x80, 0xCA, 0x9F, 0x36)
        till.expect(*enciphered, sw=NOT_NOW)
        till.expect(0x00, 0x84, 0x00, 0x00)
        till.expect(*enciphered, sw=0x6A80)
        assert find(till.expect(0x80, 0xCA, 0x9F, 0x17), 0x9F17) == b"\3"

    def test_a_card_without_a_key(self, mint: Mint) -> None:
        till = Till(mint.card("up-bare"))
        till.initiate()
        till.expect(0x00, 0x84, 0x00, 0x00)
        till.expect(0x00, 0x20, 0x00, 0x88, bytes(128), sw=NOT_NOW)


class TestMemory:
    def test_over_power_cycles(self, ca_keys: list[CaKey], tmp_path: Path) -> None:
        def card() -> Till:
            return Till(Mint(ca_keys, directory=tmp_path).card("up-velocity"))

        till = card()
        for number in (1, 2):
            till.initiate()
            till.read()
            assert till.generate(TC) == TC
            assert till.said[0x9F36] == bytes([0, number])
        till = card()
        till.initiate()
        till.expect(*VERIFY, WRONG_PIN, sw=0x63C2)
        till.read()
        assert till.generate(TC) == ARQC  # two were offline
        till = card()
        till.select()
        assert find(till.expect(0x80, 0xCA, 0x9F, 0x36), 0x9F36) == b"\0\3"
        assert find(till.expect(0x80, 0xCA, 0x9F, 0x13), 0x9F13) == b"\0\0"
        assert find(till.expect(0x80, 0xCA, 0x9F, 0x17), 0x9F17) == b"\2"
        assert [path.name for path in tmp_path.iterdir()] == ["up-velocity.json"]

    def test_log(self, mint: Mint) -> None:
        """Read without processing options, as the format says that it is laid out."""
        till = Till(mint.card("up-offline"))
        for _ in range(12):
            till.initiate()
            till.read()
            assert till.generate(TC) == TC
        till.select()
        layout = find(till.expect(0x80, 0xCA, 0x9F, 0x4F), 0x9F4F)
        assert layout.startswith(bytes.fromhex("9A03"))
        assert till.expect(0x00, 0xB2, 0x01, 0x5C)[:3] == till.said[0x9A]
        assert till.expect(0x00, 0xB2, 0x0A, 0x5C)[-2:] == b"\0\3"
        till.expect(0x00, 0xB2, 0x0B, 0x5C, sw=0x6A83)

    def test_counter_at_its_end(self, mint: Mint) -> None:
        till = Till(mint.card("up-debit"))
        till.card.state.applications[till.card.applications[0].aid.hex()].atc = 0xFFFF
        till.select()
        till.expect(0x80, 0xA8, 0x00, 0x00, b"\x83\x00", sw=NOT_NOW)
