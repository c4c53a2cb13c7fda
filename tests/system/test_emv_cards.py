"""Cards of the population in the slot and at the antenna of the virtual board: drivers, protocols and kernels together.

Nobody answers for the issuer while the program runs; what it would have been asked is judged afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from host_tools.bench.shop import Shop
from host_tools.cards.card import Card
from host_tools.cards.issuer import Issuer, Verdict
from host_tools.cards.minting import Mint
from host_tools.cards.plastic import Antenna, Chip
from host_tools.cards.tlv import objects
from host_tools.keys.authority import Authority, CaKey
from host_tools.micropython import firmware_root

_PROGRAM = """\
import asyncio
import json
import sys
from binascii import unhexlify

import board
from suanpan.emv import f55
from suanpan.emv.tables import Application, CaKey
from suanpan.errors import SuanpanError

ASKED = json.loads('''%s''')
TERMINAL = {
    0x9F02: unhexlify("000000010000"), 0x9F03: bytes(6), 0x9F1A: b"\\x01\\x56", 0x5F2A: b"\\x01\\x56",
    0x9A: unhexlify("261123"), 0x9C: b"\\0", 0x9F33: b"\\xe0\\xf8\\xc8", 0x9F35: b"\\x22",
    0x9F40: unhexlify("6000f0a001"),
}
VERSIONS = {"a000000333": b"\\0\\x20", "a000000003": b"\\0\\x96", "a000000004": b"\\0\\x02"}
KERNELS = {"a000000333": 7, "a000000003": 3, "a000000004": 2}

def random(count):
    return bytes(range(0x21, 0x21 + count))

class Tables:
    def __init__(self):
        self.applications = [
            Application(unhexlify(aid), version=VERSIONS[aid[:10]], tac_online=bytes(5), tac_default=bytes(5))
            for aid in ASKED["aids"]
        ]

    def key(self, rid, index):
        row = ASKED["keys"].get("%%s%%02x" %% (rid.hex(), index))
        return row and CaKey(unhexlify(row[0]), row[1], row[2])

    def revoked(self, rid, index, serial):
        return False

    def excepted(self, pan, sequence):
        return False

class Cardholder:
    async def choose(self, labels):
        return 0

    async def offline_pin(self, pin, tries):
        for digit in "123456":
            pin.append(digit)
        return True

    async def online_pin(self):
        return True

class Issuer:
    async def authorise(self, t):
        print("asked", f55.request(t).hex())

async def dip():
    from suanpan.cards.contact import ContactCard
    from suanpan.emv.contact import transact

    slot = board.chip_slot()
    await slot.inserted()
    card = ContactCard(slot)
    await card.activate()
    outcome = await transact(card, TERMINAL, Tables(), Cardholder(), Issuer(), random)
    card.deactivate()
    t = outcome.transaction
    print("approved" if outcome.approved else "declined", bytes(t.tvr).hex(), bytes(t.objects.get(0x9F34)).hex())

async def tap():
    from suanpan.cards.contactless import ContactlessReader
    from suanpan.emv.entry_point import EntryPoint
    from suanpan.emv.preprocessing import Combination
    from suanpan.emv.torn import TornLog

    tables = Tables()
    combinations = []
    for aid, application in zip(ASKED["aids"], tables.applications):
        ttq = b"" if KERNELS[aid[:10]] == 2 else b"\\x36\\0\\x40\\0"
        combinations.append(Combination(application, KERNELS[aid[:10]], ttq=ttq, cvm_limit=1000_00, limit=9000_00))
    point = EntryPoint(combinations, TERMINAL, tables, random, lambda request: None, TornLog(lambda: 0))
    point.prepare()
    reader = ContactlessReader(board.contactless_reader())
    taps = 0
    while True:
        outcome = await point.present(await reader.tap())
        taps += 1
        if not outcome.again:
            break
    await reader.off()
    print("result", outcome.result, outcome.cvm, taps)
    if outcome.transaction:
        print("asked", f55.request(outcome.transaction).hex())

async def main():
    try:
        await (tap() if ASKED["tap"] else dip())
    except SuanpanError as error:
        print("error", type(error).__name__)
    except BaseException as error:
        sys.print_exception(error, sys.stdout)
    print("done")
    await asyncio.sleep(3600)

asyncio.run(main())
"""

AIDS = ["a000000333010101", "a000000333010102", "a000000333010103", "a0000000031010", "a0000000041010"]
Play = Callable[..., tuple[list[str], list[Verdict]]]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> list[CaKey]:
    return Authority(tmp_path_factory.mktemp("authority")).make(date(2026, 11, 23))


@pytest.fixture(scope="module")
def mint(keys: list[CaKey]) -> Mint:
    return Mint(keys)


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: list[CaKey], mint: Mint) -> Play:
    """What the board's program has to say of a card, and the issuer of what it was asked."""

    def play(card: Card, tap: bool = False, leaves: bool = False) -> tuple[list[str], list[Verdict]]:
        entry = card.applications[0].entry
        known = [key for key in keys if key.scheme == entry.product.scheme and key.index == entry.ca]
        asked = {
            "tap": tap,
            "aids": AIDS,
            "keys": {
                f"{key.rid}{key.index:02x}".lower(): [key.modulus.hex(), key.exponent, f"{key.expires:%Y%m%d}"]
                for key in known
            },
        }
        source = tmp_path / "program"
        source.mkdir()
        (source / "suanpan").symlink_to(firmware_root() / "suanpan")
        (source / "main.py").write_text(_PROGRAM % json.dumps(asked), "utf-8")
        monkeypatch.setenv("SUANPAN_FIRMWARE", str(source))
        with Shop(tmp_path) as shop:
            bench = shop.bench
            if tap:
                antenna = Antenna(card)
                bench.clock.call_later(2_000_000, lambda: bench.parts.field.put(antenna))
                if leaves:
                    bench.clock.call_later(6_000_000, bench.parts.field.take)
                    bench.clock.call_later(7_000_000, lambda: bench.parts.field.put(antenna))
            else:
                chip = Chip(card)
                bench.parts.chip_slot.insert(chip)
                if card.entry.leaves:
                    bench.parts.chip_slot.pull_at(500)
            bench.power_on()
            bench.until(lambda: "done" in bench.console(), "end of the transaction", 300)
            assert tap or chip.complaints == []
            said = [line.strip() for line in bench.console().splitlines()]
        verdicts = [
            Issuer(mint.population.issuers).verify(
                dict(objects(bytes.fromhex(line.partition(" ")[2]))), entry.pan, entry.psn, 10_000
            )
            for line in said
            if line.startswith("asked ")
        ]
        return [line for line in said if not line.startswith("asked ") and line != "done"], verdicts

    return play


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("up-debit", "declined 0000048000 420300"),  # unable to go online, over the floor limit
        ("up-credit", "declined 0000008000 1e0000"),
        ("up-heavy", "declined 0000048000 420300"),
        ("up-pin-key", "declined 0000008000 440302"),
        ("up-slow", "declined 0000048000 420300"),
        ("up-slow-t1", "declined 0000048000 420300"),
        ("up-forged-card", "declined 0400048000 420300"),
        ("visa-18", "declined 0000048000 420300"),
        ("mc-20", "declined 0000008000 440302"),
    ],
)
def test_dipped(mint: Mint, play: Play, name: str, said: str) -> None:
    lines, verdicts = play(mint.card(name))
    assert lines == [said]
    assert [(verdict.genuine, verdict.kind) for verdict in verdicts] == [(True, 0x80)]


def test_pulled(mint: Mint, play: Play) -> None:
    assert play(mint.card("up-torn")) == (["error CardGone"], [])


@pytest.mark.parametrize("name", ["up-debit", "up-heavy", "visa-10", "mc-16", "up-slow"])
def test_tapped(mint: Mint, play: Play, name: str) -> None:
    """Online (3), no CVM (1) below the limit, at the first tap."""
    lines, verdicts = play(mint.card(name), tap=True)
    assert lines == ["result 3 1 1"]
    assert [(verdict.genuine, verdict.kind) for verdict in verdicts] == [(True, 0x80)]


@pytest.mark.parametrize(("name", "atc"), [("up-torn", 2), ("mc-torn", 1)])
def test_tapped_and_drawn_away(mint: Mint, play: Play, name: str, atc: int) -> None:
    """Mastercard's cryptogram of the first tap is said again at the second."""
    card = mint.card(name)
    lines, verdicts = play(card, tap=True, leaves=True)
    assert lines == ["result 3 1 2"]
    assert [(verdict.genuine, verdict.atc) for verdict in verdicts] == [(True, atc)]
    assert next(iter(card.state.applications.values())).atc == 2
