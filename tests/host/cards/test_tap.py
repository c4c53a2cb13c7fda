"""Taps: what the cards answer to a reader's wishes, and the firmware's Entry Point and kernels with every card."""

from __future__ import annotations

import pytest

from host_tools.cards.application import Interface
from host_tools.cards.entries import load
from host_tools.cards.minting import Mint
from host_tools.cards.tlv import find, objects
from tests.host.cards.kernel import Ask, Kernel
from tests.host.cards.till import AAC, ARQC, TC, Till

POPULATION = load()
# Messages of EMV Contactless Book A
PRESENT_CARD, CARD_READ = 0x15, 0x17
OVER_CVM_LIMIT = {"cvm_limit": 50_00}
SPECIAL = {  # of the others each goes online with a PIN for the issuer
    "up-bare": ("end application", "not applicable"),
    "up-card-blocked": ("end application", "not applicable"),
    "up-blocked": ("end application", "not applicable"),
    "up-refuses": ("end application", "not applicable"),
    "up-offline": ("declined", "not applicable"),  # it knows no CVM, and one is wanted
    "up-offline-old": ("declined", "not applicable"),
    "up-declines": ("declined", "not applicable"),
    "up-insert": ("try another interface", "not applicable"),
    "up-phone": ("online", "device"),
    "mc-phone": ("online", "device"),
    "mc-stripe": ("end application", "not applicable"),
    "visa-offline": ("online", "online PIN"),
}


@pytest.mark.parametrize("name", POPULATION.cards)
def test_every_card(mint: Mint, kernel: Kernel, verify: Ask, name: str) -> None:
    """Above the limit from which on the cardholder is verified, and above the floor limit."""
    card = mint.card(name)
    said = kernel.tap(card, limits=OVER_CVM_LIMIT)
    assert (said.result, said.cvm) == SPECIAL.get(name, ("online", "online PIN"))
    assert said.shown == [PRESENT_CARD] + [CARD_READ] * (said.result in ("online", "declined"))
    if said.f55:
        verdict = verify(dict(objects(bytes.fromhex(said.f55))), card)
        assert (verdict.genuine, verdict.kind) == (True, ARQC if said.result == "online" else AAC)
        assert verdict.atc == 1
    quick = said.aid[:10] in ("a000000333", "a000000003")
    assert not quick or said.commands == (5 if name == "second-choice" else 3)


BELOW = {"cvm_limit": 500_00, "floor_limit": 200_00}


@pytest.mark.parametrize("name", ["up-offline", "up-offline-old", "visa-offline", "mc-offline"])
def test_offline(mint: Mint, kernel: Kernel, verify: Ask, name: str) -> None:
    """Below all limits: a signature that the kernel has checked, by either version of fDDA or by CDA."""
    card = mint.card(name)
    said = kernel.tap(card, limits=BELOW)
    assert (said.result, said.cvm) == ("approved", "none")
    verdict = verify(dict(objects(bytes.fromhex(said.f55))), card)
    assert (verdict.genuine, verdict.kind) == (True, TC)
    state = card.state.applications[said.aid]
    assert (state.offline, state.spent, len(state.log)) == (1, 100_00, 1)


@pytest.mark.parametrize("name", ["up-offline", "visa-offline", "mc-offline"])
def test_expired(mint: Mint, kernel: Kernel, name: str) -> None:
    """The same cards on the day after their last. Mastercard's say by their action codes that the issuer be asked."""
    said = kernel.tap(mint.card(name), limits=BELOW, t9A="360101")
    assert said.result == ("online" if name == "mc-offline" else "declined")
    assert name != "mc-offline" or said.tvr[2:4] == "40"


class TestWishes:
    """GET PROCESSING OPTIONS alone."""

    def tapped(self, mint: Mint, name: str, ttq: str) -> dict[int, bytes]:
        till = Till(mint.card(name), Interface.CONTACTLESS, x9F66=ttq)
        till.initiate()
        return till.said

    @pytest.mark.parametrize(
        ("name", "ttq", "kind", "ctq"),
        [
            ("up-debit", "36004000", ARQC, "0000"),
            ("up-debit", "36404000", ARQC, "8000"),
            ("up-debit", "32404000", ARQC, "4000"),
            ("up-debit", "30404000", AAC, "0000"),  # no CVM in common
            ("up-debit", "3E004000", AAC, "0000"),  # it wants its issuer, and the reader has no line
            ("up-phone", "36404000", ARQC, "0080"),
            ("up-phone", "36400000", ARQC, "8000"),
            ("visa-offline", "36004000", TC, "0000"),
            ("visa-offline", "36804000", ARQC, "0000"),
            ("visa-offline", "3E404000", TC, "8000"),
            ("up-declines", "36004000", AAC, "0000"),
        ],
    )
    def test_answers(self, mint: Mint, name: str, ttq: str, kind: int, ctq: str) -> None:
        said = self.tapped(mint, name, ttq)
        assert (said[0x9F27][0], said[0x9F6C].hex()) == (kind, ctq)
        assert (0x94 in said) == (kind == TC)

    def test_a_reader_without_the_quick_way(self, mint: Mint) -> None:
        till = Till(mint.card("up-debit"), Interface.CONTACTLESS, x9F66="10004000")
        till.select()
        values = bytes.fromhex("10004000") + bytes(33 - 4)
        till.expect(0x80, 0xA8, 0x00, 0x00, b"\x83\x21" + values, sw=0x6985)

    def test_only_once(self, mint: Mint) -> None:
        till = Till(mint.card("up-debit"), Interface.CONTACTLESS)
        till.initiate()
        till.expect(0x80, 0xAE, 0x80, 0x00, bytes(4), sw=0x6985)
        till.expect(0x80, 0xA8, 0x00, 0x00, b"\x83\x00", sw=0x6985)


class TestTorn:
    @pytest.mark.parametrize("at", range(1, 11))
    @pytest.mark.parametrize("name", ["mc-16", "up-offline"])
    def test_at_every_answer(self, mint: Mint, kernel: Kernel, verify: Ask, name: str, at: int) -> None:
        """The second tap does it. With Mastercard a cryptogram that was lost is said again, and its counter with it."""
        card = mint.card(name)
        said = kernel.tap(card, limits=BELOW, leaves=at)
        assert (said.result, said.taps) == ("online" if name == "mc-16" else "approved", 2)
        verdict = verify(dict(objects(bytes.fromhex(said.f55))), card)
        assert verdict.genuine
        recovered = [command for command, _ in said.exchanges if command[:2] == b"\x80\xd0"]
        lost_cryptogram = name == "mc-16" and at == 10
        assert len(recovered) == lost_cryptogram
        if name == "mc-16":
            atc = card.state.applications[said.aid].atc
            assert verdict.atc == (1 if lost_cryptogram else atc)

    def test_recovery_is_for_who_was_told(self, mint: Mint) -> None:
        """Another unpredictable number, or no loss at all: 6985."""
        till = Till(mint.card("mc-16"), Interface.CONTACTLESS)
        till.initiate()
        till.expect(0x80, 0xD0, 0x00, 0x00, bytes(10), sw=0x6985)
        till.read()
        till.generate(ARQC)
        lost = till.answer
        asked = till.said[0x9F37] + till.said[0x9F02]
        till.card.reset(Interface.CONTACTLESS)
        till.initiate()
        till.expect(0x80, 0xD0, 0x00, 0x00, bytes(10), sw=0x6985)
        assert till.expect(0x80, 0xD0, 0x00, 0x00, asked) == lost
        till.expect(0x80, 0xD0, 0x00, 0x00, asked, sw=0x6985)


def test_mastercard_says_where_it_stands(mint: Mint) -> None:
    """AIP byte 2: EMV mode; a card of the other mode is for the kernel to refuse."""
    for name, mode in (("mc-16", 0x80), ("mc-stripe", 0x00)):
        till = Till(mint.card(name), Interface.CONTACTLESS)
        till.initiate()
        assert till.said[0x82][1] == mode
    assert find(till.select(), 0x6F, 0x84) == till.said[0x84]
