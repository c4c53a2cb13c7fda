"""Card and issuer: cryptograms believed or not, answers by both ARPC methods, scripts of every kind."""

from __future__ import annotations

import pytest

from host_tools.cards import issuer as orders
from host_tools.cards.entries import load
from host_tools.cards.issuer import Issuer, Order, Verdict
from host_tools.cards.minting import Mint
from host_tools.cards.tlv import find, objects
from tests.host.cards.till import AAC, ARQC, TC, Till

ONE_OF_EACH = ["up-debit", "up-long", "visa-10", "visa-18", "mc-16", "mc-20"]
BY_COMMAND = ["up-debit", "visa-10", "visa-18"]
POPULATION = load()


def asked(mint: Mint, issuer: Issuer, name: str) -> tuple[Till, Verdict]:
    till = Till(mint.card(name))
    till.go_online()
    return till, judge(till, issuer)


def judge(till: Till, issuer: Issuer) -> Verdict:
    entry = till.card.applications[0].entry
    return issuer.verify(till.said, entry.pan, entry.psn, 10_000)


def deliver(till: Till, answer: bytes, response: str = "00") -> bool:
    """Hand the issuer's authentication data to the card; whether it takes them by a command."""
    data = dict(objects(answer))[0x91]
    till.said[0x8A] = response.encode()
    if till.said[0x82][0] & 0x04:
        _, sw = till.send(0x00, 0x82, 0x00, 0x00, data)
        assert sw in (0x9000, 0x6300)
        return sw == 0x9000
    till.said[0x91] = data
    return True


def commands(script: bytes) -> list[bytes]:
    ((_, body),) = objects(script)
    return [value for tag, value in objects(body) if tag == 0x86]


class TestCryptograms:
    @pytest.mark.parametrize("name", ONE_OF_EACH)
    def test_genuine(self, mint: Mint, issuer: Issuer, name: str) -> None:
        till, verdict = asked(mint, issuer, name)
        assert verdict.genuine and verdict.kind == ARQC and verdict.atc == 1
        deliver(till, verdict.answer("00"))
        assert till.generate(TC, 0x8D) == TC
        last = judge(till, issuer)
        assert last.genuine and last.kind == TC

    @pytest.mark.parametrize("name", ONE_OF_EACH)
    @pytest.mark.parametrize("tag", [0x9F02, 0x9F1A, 0x95, 0x9A, 0x9F37, 0x82, 0x9F36, 0x9F10, 0x9F26])
    def test_anything_changed(self, mint: Mint, issuer: Issuer, name: str, tag: int) -> None:
        till, _ = asked(mint, issuer, name)
        entry = till.card.applications[0].entry
        at = 5 if tag == 0x9F10 else -1  # of 9F10 some versions sign the card's results alone
        changed = bytearray(till.said[tag])
        changed[at] ^= 1
        verdict = issuer.verify(till.said | {tag: bytes(changed)}, entry.pan, entry.psn)
        assert (verdict.genuine, verdict.reason) == (False, "the cryptogram is wrong")
        with pytest.raises(ValueError, match="not genuine"):
            verdict.answer("00")

    def test_another_account_or_sequence(self, mint: Mint, issuer: Issuer) -> None:
        till, _ = asked(mint, issuer, "up-debit")
        entry = till.card.applications[0].entry
        assert not issuer.verify(till.said, POPULATION.cards["up-credit"].applications[0].pan, "00").genuine
        assert not issuer.verify(till.said, entry.pan, "01").genuine
        assert issuer.verify(till.said, entry.pan, "000").genuine  # F23 has three digits
        assert issuer.verify(till.said, entry.pan).genuine

    def test_refused_unseen(self, mint: Mint, issuer: Issuer) -> None:
        till, _ = asked(mint, issuer, "up-debit")
        pan = till.card.applications[0].entry.pan
        assert issuer.verify(till.said, pan, "00", 10_001).reason == "the amount is another"
        left_out = {tag: value for tag, value in till.said.items() if tag != 0x9F37}
        assert issuer.verify(left_out, pan, "00").reason == "data are missing"
        other = till.said | {0x9F10: bytes.fromhex("0700110300000001")}
        assert issuer.verify(other, pan, "00").reason == "nobody knows this cryptogram version"
        assert issuer.verify(till.said | {0x84: b"\xa0\0\0\1\x52"}, "30000000000004", "00").reason

    def test_scheme_by_the_number_where_there_is_no_name(self, mint: Mint, issuer: Issuer) -> None:
        for name in ONE_OF_EACH:
            till, _ = asked(mint, issuer, name)
            del till.said[0x84]
            assert judge(till, issuer).genuine


class TestAnswers:
    @pytest.mark.parametrize("name", BY_COMMAND)
    def test_wrong(self, mint: Mint, issuer: Issuer, name: str) -> None:
        till, verdict = asked(mint, issuer, name)
        answer = bytearray(verdict.answer("00"))
        answer[2] ^= 1
        assert not deliver(till, bytes(answer))
        till.expect(0x00, 0x82, 0x00, 0x00, verdict.answer("00")[2:], sw=0x6985)  # once only
        assert till.generate(TC, 0x8D) == AAC
        assert till.said[0x9F10][4] & 0x08

    @pytest.mark.parametrize("name", ["mc-16", "mc-20"])
    def test_wrong_within_the_second_cryptogram(self, mint: Mint, issuer: Issuer, name: str) -> None:
        till, verdict = asked(mint, issuer, name)
        answer = bytearray(verdict.answer("00"))
        answer[-1] ^= 1
        deliver(till, bytes(answer))
        assert till.generate(TC, 0x8D) == AAC

    @pytest.mark.parametrize("name", ONE_OF_EACH)
    def test_decline(self, mint: Mint, issuer: Issuer, name: str) -> None:
        till, verdict = asked(mint, issuer, name)
        assert deliver(till, verdict.answer("51"), "51")
        assert till.generate(AAC, 0x8D) == AAC
        assert judge(till, issuer).kind == AAC

    def test_none_for_a_card_that_insists(self, mint: Mint, issuer: Issuer) -> None:
        till, _ = asked(mint, issuer, "up-strict")
        till.said[0x8A] = b"00"
        assert till.generate(TC, 0x8D) == AAC
        till.initiate()
        assert till.generate(TC) == ARQC  # it asks again
        deliver(till, judge(till, issuer).answer("00"))
        assert till.generate(TC, 0x8D) == TC

    def test_unable_to_go_online(self, mint: Mint, issuer: Issuer) -> None:
        """As far as the upper limit goes."""
        till = Till(mint.card("up-velocity"))
        given = []
        for _ in range(6):
            till.initiate()
            till.read()
            if till.generate(TC) == ARQC:
                till.said[0x8A] = b"Y3"
                till.generate(TC, 0x8D)
            given.append(till.said[0x9F27][0])
        assert given == [TC, TC, TC, TC, AAC, AAC]
        assert till.said[0x9F10][4] & 0x01
        till.go_online()
        deliver(till, judge(till, issuer).answer("00"))
        assert till.generate(TC, 0x8D) == TC
        assert find(till.expect(0x80, 0xCA, 0x9F, 0x13), 0x9F13) == b"\0\7"
        till.initiate()
        assert till.generate(TC) == TC  # and the counters begin again


SCRIPTS = {
    "application block": orders.block_application(),
    "card block": orders.block_card(),
    "PIN unblock": orders.unblock_pin(),
    "PIN change": orders.change_pin("2468"),
    "put data": orders.put_data(0x9F14, b"\7"),
}


class TestScripts:
    @pytest.mark.parametrize("name", ONE_OF_EACH)
    @pytest.mark.parametrize("order", SCRIPTS.values(), ids=SCRIPTS)
    @pytest.mark.parametrize("kind", [orders.BEFORE, orders.AFTER])
    def test_accepted(self, mint: Mint, issuer: Issuer, name: str, order: Order, kind: int) -> None:
        till, verdict = asked(mint, issuer, name)
        till.card.state.tries = 0
        answer = verdict.answer("00", verdict.script(order, kind=kind, identifier=b"\1\2\3\4"))
        deliver(till, answer)
        script = answer[2 + answer[1] :]
        assert find(script, kind, 0x9F18) == b"\1\2\3\4"
        if kind == orders.AFTER:
            assert till.generate(TC, 0x8D) == TC
        (command,) = commands(script)
        assert till.card.exchange(command) == b"\x90\x00"
        state = till.card.state
        application = state.applications[till.said[0x84].hex()]
        assert application.scripts == 1
        assert application.blocked == (order is SCRIPTS["application block"])
        assert state.blocked == (order is SCRIPTS["card block"])
        assert state.tries == (3 if order.ins == 0x24 else 0)
        assert state.pin == ("2468" if order.pin else "123456")
        assert application.data == ({"9F14": "07"} if order.body else {})

    @pytest.mark.parametrize("name", ONE_OF_EACH)
    @pytest.mark.parametrize("order", SCRIPTS.values(), ids=SCRIPTS)
    def test_a_wrong_mac_changes_nothing(self, mint: Mint, issuer: Issuer, name: str, order: Order) -> None:
        till, verdict = asked(mint, issuer, name)
        before = repr(till.card.state)
        (command,) = commands(verdict.script(order))
        for at in (2, 3, len(command) - 1):
            damaged = bytearray(command)
            damaged[at] ^= 1
            assert till.card.exchange(bytes(damaged)) == b"\x69\x88"
        assert repr(till.card.state) == before
        deliver(till, verdict.answer("00"))
        till.generate(TC, 0x8D)
        results = till.card.applications[0].cryptograms.results(till.said[0x9F10])
        assert results[3] & 0x08 if len(results) == 4 else results[4] & 0x01

    def test_not_again_in_the_next_transaction(self, mint: Mint, issuer: Issuer) -> None:
        till, verdict = asked(mint, issuer, "up-debit")
        (command,) = commands(verdict.script(orders.unblock_pin()))
        assert till.card.exchange(command) == b"\x90\x00"
        till.initiate()
        assert till.card.exchange(command) == b"\x69\x85"
        till.read()
        till.generate(ARQC)
        assert till.card.exchange(command) == b"\x69\x88"

    def test_refused(self, mint: Mint, issuer: Issuer) -> None:
        till, verdict = asked(mint, issuer, "up-no-scripts")
        (command,) = commands(verdict.script(orders.unblock_pin()))
        assert till.card.exchange(command) == b"\x69\x85"

    def test_several_in_one(self, mint: Mint, issuer: Issuer) -> None:
        till, verdict = asked(mint, issuer, "up-debit")
        script = verdict.script(orders.put_data(0x9F14, b"\1"), orders.put_data(0x9F23, b"\2"), orders.unblock_pin())
        assert [till.card.exchange(command) for command in commands(script)] == [b"\x90\x00"] * 3
        assert find(till.expect(0x80, 0xCA, 0x9F, 0x23), 0x9F23) == b"\2"

    def test_what_cannot_be_written(self, mint: Mint, issuer: Issuer) -> None:
        till, verdict = asked(mint, issuer, "up-debit")
        for order, sw in (
            (orders.put_data(0x9F36, b"\0\0"), "6a88"),
            (orders.put_data(0x9F14, b"\0\0"), "6700"),
            (Order(0x24, 0x0002, body=bytes(8)), "6a80"),
            (Order(0x24, 0x0002), "6a86"),
            (Order(0x1E, 0x0001), "6a86"),
        ):
            (command,) = commands(verdict.script(order))
            assert till.card.exchange(command).hex() == sw

    def test_unblocked_again(self, mint: Mint, issuer: Issuer) -> None:
        till, verdict = asked(mint, issuer, "up-debit")
        for order in (orders.block_application(), orders.unblock_application()):
            (command,) = commands(verdict.script(order))
            assert till.card.exchange(command) == b"\x90\x00"
        till.select()
