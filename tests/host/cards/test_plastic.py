"""The cards' bodies: in the bench's slot character by character, in its field block by block, behind PC/SC."""

from __future__ import annotations

import pytest

from host_tools.bench.clock import VirtualClock
from host_tools.bench.parts.chip_slot import ChipSlot
from host_tools.bench.parts.chip_slot_reader import Reader
from host_tools.bench.parts.field import Field, Modulation, State
from host_tools.cards.application import Interface
from host_tools.cards.card import PPSE, PSE, Card
from host_tools.cards.entries import load
from host_tools.cards.minting import Mint
from host_tools.cards.plastic import Antenna, Chip
from host_tools.cards.tlv import find
from tests.host.cards.till import AAC, ARQC, Till
from tests.host.judges.pcsc import pyscard
from tests.host.judges.test_chip_card_vpcd import ask, cards_behind_vpcd
from tests.plugins.debian import FileFinder

POPULATION = load()
SELECT_PSE = b"\x00\xa4\x04\x00\x0e" + PSE + b"\x00"


def put_in(card: Card) -> tuple[Reader, Chip, VirtualClock]:
    clock = VirtualClock()
    slot = ChipSlot(1, 2, 3)
    reader = Reader(slot, clock)
    chip = Chip(card)
    slot.insert(chip)
    reader.run(10_000)
    return reader, chip, clock


class Contacts:
    """A card behind its contacts as tests/host/cards/till.py wants it: whole commands, T=0's extra ones within."""

    def __init__(self, card: Card) -> None:
        self.applications = card.applications
        self.state = card.state
        self._t1 = card.entry.protocol == "T=1"
        self._reader, self.chip, self.clock = put_in(card)
        self._powered = False

    def reset(self, interface: object) -> None:
        if self._powered:
            self._reader.power_off()
        self._reader.power_on()
        self._powered = True

    def exchange(self, command: bytes) -> bytes:
        if self._t1:
            return self._reader.command(command)
        with_data = len(command) > 5
        answer = self._reader.tpdu(command[: 5 + command[4]] if with_data else command)
        if answer[-2] == 0x6C:
            answer = self._reader.tpdu(command[:4] + answer[-1:])
        if answer[-2] == 0x61:
            answer = self._reader.tpdu(b"\x00\xc0\x00\x00" + answer[-1:])
        return answer


@pytest.mark.parametrize("name", ["up-debit", "up-heavy", "three", "visa-18", "mc-20", "up-slow", "up-slow-t1"])
def test_at_its_contacts(mint: Mint, name: str) -> None:
    """A whole transaction through the wire; the card has nothing to complain of."""
    contacts = Contacts(mint.card(name))
    till = Till(contacts)  # type: ignore[arg-type]
    till.go_online()
    till.said[0x8A] = b"Z3"
    assert till.generate(AAC, 0x8D) == AAC
    assert contacts.chip.complaints == []


def test_it_forgets_what_was_selected_when_it_is_reset(mint: Mint) -> None:
    contacts = Contacts(mint.card("up-debit"))
    till = Till(contacts)  # type: ignore[arg-type]
    till.go_online()
    contacts.reset(None)
    till.expect(0x80, 0xAE, 0x80, 0x00, bytes(4), sw=0x6985)


@pytest.mark.parametrize(("slow", "quick"), [("up-slow", "up-debit"), ("up-slow-t1", "up-credit")])
def test_a_slow_one_asks_for_time(mint: Mint, slow: str, quick: str) -> None:
    times = []
    for name in (slow, quick):
        contacts = Contacts(mint.card(name))
        Till(contacts).go_online()  # type: ignore[arg-type]
        times.append(contacts.clock.now_us)
    assert times[0] > times[1] + 4_000_000


class Air:
    """The reader's end of ISO/IEC 14443 for one card of type A: selection, RATS, unchained I-blocks."""

    def __init__(self, card: Card) -> None:
        self.applications, self.state = card.applications, card.state
        self.antenna = Antenna(card)
        self.field = Field()
        self.field.put(self.antenna)

    def reset(self, interface: object) -> None:
        self.field.switch(False)
        self.field.switch(True)
        self.send(b"\x26")
        part = self.antenna.uid
        check = part[0] ^ part[1] ^ part[2] ^ part[3]
        self.send(b"\x93\x70" + part + bytes([check]))
        assert self.send(b"\xe0\x80") == self.antenna.ats
        self._number = 0

    def send(self, frame: bytes) -> bytes:
        ((_, reply),) = self.field.send(Modulation.A, frame)
        return reply.frame

    def exchange(self, command: bytes) -> bytes:
        answer = self.send(bytes([0x02 | self._number]) + command)
        while answer[0] & 0xF7 == 0xF2:  # it wants more time
            answer = self.send(answer)
        body = answer[1:]
        while answer[0] & 0x10:
            self._number ^= 1
            answer = self.send(bytes([0xA2 | self._number]))
            body += answer[1:]
        self._number ^= 1
        return body


@pytest.mark.parametrize("name", ["up-debit", "mc-16", "up-heavy", "up-slow"])
def test_in_the_field(mint: Mint, name: str) -> None:
    air = Air(mint.card(name))
    till = Till(air, Interface.CONTACTLESS)  # type: ignore[arg-type]
    fci = till.expect(0x00, 0xA4, 0x04, 0x00, PPSE)
    assert find(fci, 0x6F, 0xA5, 0xBF0C, 0x61, 0x4F) == air.applications[0].aid
    till.initiate()
    if name == "mc-16":
        till.read()
        assert till.generate(ARQC) == ARQC
    assert air.antenna.blocks.faults == []
    assert (air.antenna.blocks.extensions > 0) == (name == "up-slow")
    till.said.clear()
    air.field.switch(False)
    assert air.antenna.state is State.OFF


def test_drawn_away(mint: Mint) -> None:
    """At the third answer, which does not come."""
    card = mint.card("up-torn")
    air = Air(card)
    air.reset(None)
    for _ in range(2):
        assert air.exchange(b"\x00\xa4\x04\x00\x0e" + PPSE + b"\x00")[-2:] == b"\x90\x00"
    assert air.field.send(Modulation.A, b"\x02\x00\xa4\x04\x00\x0e" + PPSE + b"\x00") == []
    assert air.antenna.gone


class TestPcsc:
    def test_pyscard(self, mint: Mint, debian_file: FileFinder) -> None:
        """Other people's software takes directory, application, processing options and a record from the cards."""
        client = pyscard(debian_file)
        cards = [mint.card("up-debit"), mint.card("up-credit")]
        chips = [Chip(card) for card in cards]
        name = cards[1].applications[0].aid
        credit = [
            SELECT_PSE,
            b"\x00\xb2\x01\x0c\x00",
            b"\x00\xa4\x04\x00\x08" + name + b"\x00",
            b"\x80\xa8\x00\x00\x02\x83\x00\x00",
            b"\x00\xb2\x01\x14\x00",
        ]
        debit = [SELECT_PSE[:-1], b"\x00\xc0\x00\x00\x22"]  # T=0: TPDUs
        with cards_behind_vpcd(debian_file, list(chips)) as environment:
            first, second = ask(client, environment, [(0, debit), (1, credit)])
        assert first[1:] == ("T=0", ["6122", Card.exchange(mint.card("up-debit"), SELECT_PSE).hex()])
        assert second[1] == "T=1"
        directory, entry, fci, options, record = (bytes.fromhex(answer)[:-2] for answer in second[2])
        application = cards[1].applications[0]
        face = application.faces[Interface.CONTACT]
        assert find(directory, 0x6F, 0x84) == PSE
        assert find(entry, 0x70, 0x61, 0x4F) == find(fci, 0x6F, 0x84) == application.aid
        assert find(options, 0x80) == face.aip + face.afl
        assert find(record, 0x70, 0x5A).hex().rstrip("f") == application.entry.pan
        assert [chip.complaints for chip in chips] == [[], []]
