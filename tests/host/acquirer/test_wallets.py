"""Codes that pay: once, for the terminal that says who it is, and never after they were taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from host_tools.acquirer.host import Acquirer
from tests.host.acquirer.conftest import World

if TYPE_CHECKING:
    from host_tools.acquirer.spec import Message
    from tests.host.acquirer.till import Changes

CODE, OTHER = "130000000000000001", "281234567890123456"


def tagged(**parts: str) -> str:
    return "".join(f"{tag[1:]}{len(value):03d}{value}" for tag, value in parts.items())


def said(world: World, code: str, **other: str) -> str:
    """F59."""
    serial, factor = world.bank.terminals["10000001"].serial, code[-6:]
    proof = world.till.suite.mac(world.till.mak, (serial + factor).encode()).hex().upper()
    own = {"_01": "04", "_02": serial, "_03": factor, "_04": proof, "_05": "0.1.0"} | other
    return tagged(_A3=code, _A5=tagged(**own)).encode().hex().upper()


def frame(world: World, code: str, amount: int = 500, changes: Changes | None = None, mti: str = "0200") -> bytes:
    till = world.till
    fields = {
        2: code,
        3: "000000",
        4: f"{amount:012d}",
        11: till.next_stan(),
        14: "9912",
        22: "032",
        25: "00",
        49: "156",
        59: said(world, code),
        60: f"22{till.batch}000",
    }
    return till.frame(mti, fields, changes)


def asked(world: World, code: str, amount: int = 500, changes: Changes | None = None) -> str:
    return world.till.exchange(frame(world, code, amount, changes)).fields[39]


def query(world: World, code: str, stan: str, amount: int = 500) -> Message:
    named = world.till.batch + stan
    return world.till.exchange(frame(world, code, amount, {3: "330000", 61: named}))


def outcome(world: World, code: str, stan: str) -> str:
    return bytes.fromhex(query(world, code, stan).fields[62]).decode()


def wallet(world: World, code: str = CODE, *, asks: bool = False) -> int:
    account = world.acquirer.wallets.open(code, 1_000)
    world.acquirer.wallets.show(account, code, asks=asks)
    return account


def test_a_code_pays_once_whatever_comes_again(world: World) -> None:
    account = wallet(world)
    first = frame(world, CODE)
    assert world.till.exchange(first).fields[39] == "00"
    assert world.till.exchange(first).fields[39] == "94"
    assert asked(world, CODE) == "05"
    assert asked(world, OTHER) == "14"
    assert asked(world, world.card("plain").pan) == "14"  # a card's number is no code
    wallet(world, OTHER)
    assert asked(world, OTHER, 1_001) == "51"
    assert world.acquirer.ledger.balance(account) == 500
    assert world.till.reverse(first).fields[39] == "00"
    assert world.acquirer.ledger.balance(account) == 1_000
    assert world.acquirer.ledger.check() == []


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"_02": "SP-VB-000002"}, "58"),
        ({"_04": "0" * 16}, "58"),
        ({"_03": "000002"}, "30"),
    ],
)
def test_a_terminal_says_who_it_is(world: World, other: dict[str, str], code: str) -> None:
    account = wallet(world)
    assert asked(world, CODE, changes={59: said(world, CODE, **other)}) == code
    assert asked(world, CODE, changes={59: None}) == "30"
    assert asked(world, CODE, changes={59: said(world, CODE)[:-2]}) == "30"
    assert world.acquirer.ledger.balance(account) == 1_000


def test_what_waits_for_its_customer(world: World) -> None:
    account = wallet(world, asks=True)
    wallets = world.acquirer.wallets
    first = frame(world, CODE)
    reply = world.till.exchange(first)
    stan = reply.fields[11]
    assert reply.fields[39] == "09" and 38 not in reply.fields
    assert outcome(world, CODE, stan) == "09"
    assert query(world, CODE, "999999").fields[39] == "25"
    assert query(world, CODE, stan, 501).fields[39] == "25"
    assert wallets.confirm(CODE, world.now)
    assert not wallets.confirm(CODE, world.now)
    answer = query(world, CODE, stan).fields
    assert (answer[39], bytes.fromhex(answer[62])) == ("00", b"00")
    assert answer[37] == reply.fields[37] and len(answer[38]) == 6
    assert world.acquirer.ledger.balance(account) == 500
    assert world.acquirer.ledger.check() == []


def test_what_was_taken_back_or_refused_is_not_paid_afterwards(world: World) -> None:
    account = wallet(world, asks=True)
    first = frame(world, CODE)
    assert world.till.exchange(first).fields[39] == "09"
    assert world.till.reverse(first).fields[39] == "00"
    assert not world.acquirer.wallets.confirm(CODE, world.now)
    wallet(world, OTHER, asks=True)
    refused = frame(world, OTHER)
    stan = world.till.exchange(refused).fields[11]
    world.acquirer.wallets.refuse(OTHER)
    assert not world.acquirer.wallets.confirm(OTHER, world.now)
    assert outcome(world, OTHER, stan) == "05"
    assert world.acquirer.ledger.balance(account) == 1_000
    assert world.acquirer.ledger.check() == []


def test_a_refund_says_who_asks_and_what_was_taken_back_is_not_known(world: World) -> None:
    account = wallet(world)
    sold = frame(world, CODE)
    paid = world.till.exchange(sold).fields
    named = {3: "200000", 37: paid[37], 60: f"25{world.till.batch}000", 63: b"CUP".hex()}
    named[61] = world.till.batch + paid[11] + paid[13]

    def refund(**other: str) -> str:
        changes: Changes = {**named, 11: world.till.next_stan(), 59: said(world, CODE, **other)}
        return world.till.exchange(frame(world, CODE, 200, changes, "0220")).fields[39]

    assert refund(_02="SP-VB-000002") == "58"
    assert refund() == "00"
    assert world.acquirer.ledger.balance(account) == 700
    assert outcome(world, CODE, paid[11]) == "00"
    wallet(world, OTHER)
    other = frame(world, OTHER)
    stan = world.till.exchange(other).fields[11]
    assert world.till.reverse(other).fields[39] == "00"
    assert query(world, OTHER, stan).fields[39] == "25"


def test_a_restart_of_the_host_loses_nobody_who_pays(world: World) -> None:
    account = wallet(world, asks=True)
    assert asked(world, CODE) == "09"
    again = Acquirer(world.acquirer._store, now=lambda: world.now, random=world.acquirer.wallets._random)
    assert again.wallets.confirm(CODE, world.now)
    assert again.ledger.balance(account) == 500
    assert again.ledger.check() == []
