"""The firmware's contact kernel with every card of the population: what comes of it, TVR, TSI, CVM results.

The terminal: attended, offline with online capability, every CVM, SDA, DDA and CDA; floor limit 0; its own action codes
are zeros, so that the card's decide. The issuer believes what is genuine and approves it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from host_tools.cards import issuer as orders
from host_tools.cards.entries import load
from host_tools.cards.issuer import Verdict
from host_tools.cards.minting import Mint
from host_tools.cards.tlv import objects
from host_tools.keys.authority import CaKey
from tests.host.cards.kernel import Ask, Kernel, approves, reply

POPULATION = load()
DEBIT, CREDIT = "a000000333010101", "a000000333010102"
ONLINE_PIN, PLAIN, ENCIPHERED, SIGNED, NO_CVM = "420300", "410302", "440302", "1e0300", "1f0002"
DONE = "f800"  # TSI: authentication, CVM, card's and terminal's risk management, issuer authentication
WITHIN = "e800"  # the issuer's word was in the second cryptogram

# Card: outcome, TVR, TSI, CVM results. TVR byte 3 has 04 where a PIN went online, byte 4 has 80: over the floor limit.
TABLE = {
    "up-debit": ("online", "0000048000", DONE, ONLINE_PIN),
    "up-credit": ("online", "0000008000", DONE, "1e0000"),
    "up-quasi": ("online", "0200048000", DONE, ONLINE_PIN),
    "up-bare": ("online", "8000048000", "7800", ONLINE_PIN),
    "up-heavy": ("online", "0000048000", DONE, ONLINE_PIN),
    "up-heavy-dda": ("online", "0000048000", DONE, ONLINE_PIN),
    "up-long": ("online", "0000048000", DONE, ONLINE_PIN),
    "up-forged-issuer": ("online", "0400048000", DONE, ONLINE_PIN),
    "up-forged-card": ("online", "0400048000", DONE, ONLINE_PIN),
    "up-forged-static": ("online", "4200048000", DONE, ONLINE_PIN),
    "up-altered": ("online", "0800048000", DONE, ONLINE_PIN),
    "up-copy": ("online", "0800048000", DONE, ONLINE_PIN),
    "up-copy-cda": ("declined", "0400048000", "e800", ONLINE_PIN),  # whatever the cryptogram: it is not asked about
    "up-unknown-ca": ("online", "0400048000", DONE, ONLINE_PIN),
    "up-revoked": ("online", "0400048000", DONE, ONLINE_PIN),
    "up-online-pin": ("online", "0000048000", DONE, "020000"),
    "up-plain-pin": ("online", "0000008000", DONE, PLAIN),
    "up-enciphered-pin": ("online", "0000008000", DONE, ENCIPHERED),
    "up-pin-key": ("online", "0000008000", DONE, ENCIPHERED),
    "up-pin-signature": ("online", "0000008000", DONE, "430300"),
    "up-enciphered-signature": ("online", "0000008000", DONE, "450300"),
    "up-signature": ("online", "0000008000", DONE, "1e0000"),
    "up-no-cvm": ("online", "0000008000", DONE, NO_CVM),
    "up-small": ("online", "0000008000", DONE, "5f0602"),
    "up-large": ("online", "0000008000", DONE, NO_CVM),
    "up-by-kind": ("online", "0000008000", DONE, "1e0200"),
    "up-fail": ("online", "0000808000", DONE, "000001"),
    "up-unheard": ("online", "0000408000", DONE, NO_CVM),
    "up-empty": ("online", "0000008000", "b800", "3f0000"),
    "up-pin-blocked": ("online", "0000208000", DONE, SIGNED),
    "up-last-try": ("online", "0000008000", DONE, PLAIN),
    "up-expired": ("online", "0040048000", DONE, ONLINE_PIN),
    "up-not-yet": ("online", "0020048000", DONE, ONLINE_PIN),
    "up-cash-only": ("online", "0010048000", DONE, ONLINE_PIN),
    "up-other-version": ("online", "0080048000", DONE, ONLINE_PIN),
    "up-card-blocked": ("CardBlocked", "", "", ""),
    "up-blocked": ("CardBlocked", "", "", ""),
    "up-refuses": ("Terminated", "", "", ""),
    "up-offline": ("online", "0000008000", DONE, NO_CVM),
    "up-offline-old": ("online", "0000008000", DONE, NO_CVM),
    "up-velocity": ("online", "0008048000", DONE, ONLINE_PIN),
    "up-declines": ("declined", "8000048000", "6800", ONLINE_PIN),
    "up-strict": ("online", "0000048000", DONE, ONLINE_PIN),
    "up-no-scripts": ("online", "0000008000", DONE, NO_CVM),
    "up-slow": ("online", "0000048000", DONE, ONLINE_PIN),
    "up-slow-t1": ("online", "0000048000", DONE, ONLINE_PIN),
    "up-torn": ("online", "0000048000", DONE, ONLINE_PIN),  # here nobody draws it
    "up-no-directory": ("online", "0000048000", DONE, ONLINE_PIN),
    "up-suffix": ("online", "0000048000", DONE, ONLINE_PIN),
    "up-insert": ("online", "0000048000", DONE, ONLINE_PIN),
    "up-phone": ("online", "0000048000", DONE, ONLINE_PIN),
    "two": ("online", "0000048000", DONE, ONLINE_PIN),
    "three": ("online", "0000048000", WITHIN, ONLINE_PIN),
    "confirm": ("online", "0000048000", DONE, ONLINE_PIN),
    "half-blocked": ("online", "0000048000", DONE, ONLINE_PIN),
    "second-choice": ("online", "0000048000", DONE, ONLINE_PIN),
    "twins": ("online", "0000048000", DONE, ONLINE_PIN),
    "visa-10": ("online", "0000048000", DONE, ONLINE_PIN),
    "visa-18": ("online", "0000048000", DONE, ONLINE_PIN),
    "visa-offline": ("online", "0000008000", DONE, "1e0000"),
    "mc-16": ("online", "0000048000", WITHIN, ONLINE_PIN),
    "mc-20": ("online", "0000008000", WITHIN, ENCIPHERED),
    "mc-offline": ("online", "0000008000", WITHIN, NO_CVM),
    "mc-stripe": ("online", "0000048000", WITHIN, ONLINE_PIN),
    "mc-torn": ("online", "0000048000", WITHIN, ONLINE_PIN),
    "mc-phone": ("online", "0000048000", WITHIN, ONLINE_PIN),
}


def believes(verdict: Verdict) -> dict[str, Any] | None:
    assert verdict.genuine, verdict.reason
    return approves(verdict)


def nobody(verdict: Verdict) -> None:
    assert verdict.genuine, verdict.reason


def test_the_table_has_every_card() -> None:
    assert TABLE.keys() == POPULATION.cards.keys()


@pytest.mark.parametrize("name", TABLE)
def test_every_card(mint: Mint, kernel: Kernel, verify: Ask, name: str) -> None:
    said = kernel.run(mint.card(name), verify, believes)
    outcome = "online" if said.online and said.result == "approved" else said.result
    assert (outcome, said.tvr, said.tsi, said.cvm) == TABLE[name]
    assert len(said.verdicts) == (outcome == "online")
    if outcome in ("online", "declined"):
        last = dict(objects(bytes.fromhex(said.f55)))
        if (
            name == "up-declines"
        ):  # that nothing was authenticated is known after the cryptogram, which has not signed it
            last[0x95] = bytes([last[0x95][0] & 0x7F]) + last[0x95][1:]
        verdict = verify(last, mint.card(name))
        assert (verdict.genuine, verdict.kind) == (True, 0x40 if outcome == "online" else 0x00)


class TestOffline:
    """Below the floor limit."""

    LIMITS = ({"floor_limit": 200_00},)

    @pytest.mark.parametrize("limits", LIMITS)
    @pytest.mark.parametrize(
        "name", ["up-offline", "up-no-cvm", "up-heavy", "mc-offline", "visa-offline", "up-plain-pin"]
    )
    def test_approved(self, mint: Mint, kernel: Kernel, verify: Ask, name: str, limits: dict[str, Any]) -> None:
        said = kernel.run(mint.card(name), verify, nobody, limits=limits, t9F33="E0B8C8")
        assert (said.result, said.online, said.verdicts) == ("approved", False, [])
        assert said.tvr == "0000000000"
        last = verify(dict(objects(bytes.fromhex(said.f55))), mint.card(name))
        assert (last.genuine, last.kind, last.atc) == (True, 0x40, 1)

    @pytest.mark.parametrize("limits", LIMITS)
    def test_until_the_card_has_had_enough(
        self, ca_keys: list[CaKey], kernel: Kernel, verify: Ask, tmp_path: Path, limits: dict[str, Any]
    ) -> None:
        """Two by itself, two more while its issuer cannot be reached, then none; each time a card out of its file."""
        results = []
        for _ in range(6):
            card = Mint(ca_keys, directory=tmp_path).card("up-velocity")
            said = kernel.run(card, verify, nobody, limits=limits | {"tac_default": "0000000000"}, t9F33="E0B8C8")
            results.append((said.result, len(said.verdicts), said.tvr[6:8]))
        # The card has never been online, so its counters are over as soon as they can be.
        assert [result for result, _, _ in results] == ["approved"] * 4 + ["declined"] * 2
        assert [asked for _, asked, _ in results] == [0, 0, 1, 1, 1, 1]
        assert [bits for _, _, bits in results] == ["00", "00", "40", "40", "60", "60"]

    def test_unable_to_go_online(self, mint: Mint, kernel: Kernel, verify: Ask) -> None:
        said = kernel.run(mint.card("up-debit"), verify, lambda verdict: None)
        assert (said.result, said.online) == ("declined", False)  # over the floor limit, which the card minds
        said = kernel.run(mint.card("up-no-scripts"), verify, lambda verdict: None, limits={"floor_limit": 200_00})
        assert (said.result, said.online) == ("approved", False)


class TestPins:
    def test_passed_over(self, mint: Mint, kernel: Kernel, verify: Ask) -> None:
        said = kernel.run(mint.card("up-plain-pin"), verify, believes, pins=[])
        assert (said.tvr, said.cvm, said.heard) == ("0000088000", SIGNED, [-1])
        said = kernel.run(mint.card("up-debit"), verify, believes, pins=[])
        assert (said.tvr, said.cvm, said.heard) == ("0000088000", "5e0300", ["online"])

    @pytest.mark.parametrize("name", ["up-plain-pin", "up-enciphered-pin", "up-pin-key"])
    def test_wrong_until_blocked(self, mint: Mint, kernel: Kernel, verify: Ask, name: str) -> None:
        card = mint.card(name)
        said = kernel.run(card, verify, believes, pins=["111111", "222222", "333333", "123456"])
        assert said.heard == [-1, 2, 1]
        assert said.tvr[4:6] == "20"
        assert card.state.tries == 0

    def test_right_at_last(self, mint: Mint, kernel: Kernel, verify: Ask) -> None:
        card = mint.card("up-pin-key")
        said = kernel.run(card, verify, believes, pins=["1111", "222222222222", "123456"])
        assert (said.cvm, said.tvr, card.state.tries) == (ENCIPHERED, "0000008000", 3)


class TestIssuer:
    def test_it_declines(self, mint: Mint, kernel: Kernel, verify: Ask) -> None:
        for name in ("up-debit", "visa-10", "visa-18", "mc-16", "mc-20"):
            said = kernel.run(mint.card(name), verify, lambda verdict: reply(verdict, "51"))
            assert (said.result, said.online, said.tvr[8:]) == ("declined", True, "00")

    def test_it_is_somebody_else(self, mint: Mint, kernel: Kernel, verify: Ask) -> None:
        """The card hears an approval that its issuer has not given."""

        def forged(verdict: Verdict) -> dict[str, Any]:
            said = reply(verdict, "00")
            data = bytearray.fromhex(said["authentication"])
            data[0] ^= 1
            return said | {"authentication": data.hex()}

        for name in ("up-debit", "visa-10", "visa-18", "mc-16", "mc-20"):
            said = kernel.run(mint.card(name), verify, forged)
            told = name.startswith("mc")  # where the card alone knows
            assert (said.result, said.online, said.tvr[8:]) == ("declined", True, "00" if told else "40"), name

    @pytest.mark.parametrize("kind", [orders.BEFORE, orders.AFTER])
    def test_scripts(self, mint: Mint, kernel: Kernel, verify: Ask, kind: int) -> None:
        def scripted(verdict: Verdict) -> dict[str, Any]:
            one = verdict.script(orders.unblock_pin(), orders.change_pin("4321"), kind=kind, identifier=b"\0\0\0\7")
            return reply(verdict, "00", one + verdict.script(orders.put_data(0x9F14, b"\5"), kind=kind))

        for name in ("up-pin-blocked", "visa-18", "mc-16"):
            card = mint.card(name)
            said = kernel.run(card, verify, scripted)
            assert (said.result, said.scripts) == ("approved", "20000000072000000001")
            assert (card.state.tries, card.state.pin) == (3, "4321")
            assert said.tvr[8:] == "00" and said.tsi[1] in "ce"

    @pytest.mark.parametrize(("kind", "bit"), [(orders.BEFORE, "20"), (orders.AFTER, "10")])
    def test_scripts_refused(self, mint: Mint, kernel: Kernel, verify: Ask, kind: int, bit: str) -> None:
        def scripted(verdict: Verdict) -> dict[str, Any]:
            return reply(verdict, "00", verdict.script(orders.unblock_pin(), orders.block_card(), kind=kind))

        card = mint.card("up-no-scripts")
        said = kernel.run(card, verify, scripted)
        assert (said.result, said.scripts, said.tvr[8:]) == ("approved", "1100000001", bit)
        assert not card.state.blocked

    def test_a_blocked_card_stays_blocked(
        self, ca_keys: list[CaKey], kernel: Kernel, verify: Ask, tmp_path: Path
    ) -> None:
        def blocking(verdict: Verdict) -> dict[str, Any]:
            return reply(verdict, "05", verdict.script(orders.block_card()))

        def again() -> str:
            card = Mint(ca_keys, directory=tmp_path).card("up-debit")
            return kernel.run(card, verify, blocking).result

        assert [again(), again()] == ["declined", "CardBlocked"]


class TestChoice:
    def test_the_cardholder_chooses(self, mint: Mint, kernel: Kernel, verify: Ask) -> None:
        said = kernel.run(mint.card("three"), verify, believes, choice=2)
        assert said.heard[0] == ["Mastercard", "VISA CREDIT", "UnionPay Debit"]
        assert said.aid == DEBIT

    def test_none_of_them(self, mint: Mint, kernel: Kernel, verify: Ask) -> None:
        for name in ("two", "confirm"):
            assert kernel.run(mint.card(name), verify, believes, choice=-1).result == "Terminated"

    def test_blocked_and_refused_ones_are_passed_over(self, mint: Mint, kernel: Kernel, verify: Ask) -> None:
        for name in ("half-blocked", "second-choice"):
            assert kernel.run(mint.card(name), verify, believes).aid == CREDIT

    def test_more_behind_the_aid(self, mint: Mint, kernel: Kernel, verify: Ask) -> None:
        assert kernel.run(mint.card("up-suffix"), verify, believes).aid == DEBIT + "0001"
        assert kernel.run(mint.card("twins"), verify, believes, choice=1).aid == DEBIT + "02"
        said = kernel.run(mint.card("up-suffix"), verify, believes, limits={"partial": False})
        assert said.result == "NoApplication"
