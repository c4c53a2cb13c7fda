"""The firmware's chip-card drivers on the virtual board, against the card that the bench emulates bit by bit."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from host_tools.bench.lockstep import LockstepBench
from host_tools.bench.parts.chip_slot import ChipSlot
from host_tools.bench.parts.chip_slot_card import T0_ATR, T1_ATR, ChipCard, Habits
from host_tools.bench.parts.chip_slot_characters import Noise
from host_tools.bench.parts.chip_slot_t0 import Habits0
from host_tools.bench.parts.chip_slot_t1 import Habits1, lrc
from host_tools.bench.shop import OPENING
from host_tools.flash.factory import blank, partitions
from host_tools.micropython import firmware_root

_PROGRAM = """\
import link, timing
link.connect()
timing.install()
import asyncio, sys
from binascii import hexlify, unhexlify
from machine import UART, Pin
from pins import PINS
from suanpan.cards.contact import ContactCard
from suanpan.drivers.chip_slot import ChipSlot
from suanpan.errors.chip import CardError

wiring = PINS["chip_slot"]
slot = ChipSlot(
    UART(wiring["uart"], tx=Pin(wiring["tx"]), rx=Pin(wiring["rx"])),
    Pin(wiring["command_vcc"], Pin.OUT, value=1), Pin(wiring["reset"], Pin.OUT, value=0), Pin(wiring["off"], Pin.IN),
    wiring["clock"],
)

async def ask(card, commands):
    for command in commands:
        try:
            data, status = await card.exchange(unhexlify(command))
            print("%s %04x" % (hexlify(data).decode(), status))
        except CardError as error:
            print(error.code, card.active)
            if not card.active:
                break

async def visit(commands, fastest=0):
    card = ContactCard(slot, fastest)
    await slot.inserted()
    try:
        await card.activate()
    except CardError as error:
        print(error.code, card.active)
        return
    await ask(card, commands)
    card.deactivate()

async def main():
    try:
        await program()
    except BaseException as error:
        sys.print_exception(error, sys.stdout)
    print("done")
    await asyncio.sleep(3600)
"""

GET = "00B2010C00"
COMMANDS = [GET, "00A4040007A000000333010100", "80E20000FF" + bytes(range(255)).hex(), "0084000008", "801E0000"]
FCI = bytes.fromhex("6F098407A0000003330101")
RECORD = bytes(range(256))
ANSWERS = [RECORD.hex() + " 9000", FCI.hex() + " 9000", " 9000", "3031323334353637 9000", " 6d00"]


def application(command: bytes) -> bytes:
    match command[1]:
        case 0xA4:
            return FCI + b"\x90\x00"
        case 0xB2:
            return RECORD + b"\x90\x00"
        case 0xE2:
            return b"\x90\x00" if command[5:260] == bytes(range(255)) else b"\x6a\x80"
        case 0x84:
            return b"01234567\x90\x00"
    return b"\x6d\x00"


Run = Callable[..., list[str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Put the card in and let `program` run on the board; what it printed, line by line."""

    def run(
        card: ChipCard | None,
        program: str | None = None,
        commands: list[str] = COMMANDS,
        fastest: int = 0,
        prepare: Callable[[LockstepBench, ChipSlot], object] = lambda bench, slot: None,
        seconds: float = 120,
    ) -> list[str]:
        source = tmp_path / "program"
        source.mkdir(exist_ok=True)
        if not (source / "suanpan").exists():
            (source / "suanpan").symlink_to(firmware_root() / "suanpan")
        body = textwrap.dedent(program or f"async def program():\n    await visit({commands!r}, {fastest})\n")
        (source / "main.py").write_text(f"{_PROGRAM}\n{body}\nasyncio.run(main())\n", "utf-8")
        image = tmp_path / "flash.bin"
        if not image.exists():
            image.write_bytes(blank(partitions()))
        monkeypatch.setenv("SUANPAN_FIRMWARE", str(source))
        with LockstepBench(image, seed=1, start=OPENING, nvs={}, hosts={}) as bench:
            if card:
                bench.parts.chip_slot.insert(card)
            prepare(bench, bench.parts.chip_slot)
            bench.power_on()
            bench.until(lambda: "done" in bench.console(), "end of the program", seconds)
            return [line.strip() for line in bench.console().splitlines()[:-1]]

    return run


def expected(answers: list[str] = ANSWERS) -> list[str]:
    return [answer.strip() for answer in answers]


def with_check(atr: str) -> bytes:
    head = bytes.fromhex(atr)
    return head + lrc(head[1:])


CARDS = {
    "T=0": T0_ATR,
    "T=0, inverse convention": b"\x3f" + T0_ATR[1:],
    "T=0, guard time of American Express": bytes.fromhex("3B6F00018031E06B0406050211555555555555"),
    "T=0, guard time of 254": bytes.fromhex("3B6000FE"),
    "T=0, specific, four times as fast": bytes.fromhex("3BB2130010800001"),
    "T=1": T1_ATR,
    "T=1, inverse convention": b"\x3f" + T1_ATR[1:],
    "T=1, short blocks": with_check("3BE0000081311045"),
    "T=1, CRC": with_check("3BE0000081717F4501"),
    "T=1, guard time": with_check("3BE000028131FE45"),
}


@pytest.mark.parametrize("atr", CARDS.values(), ids=CARDS.keys())
def test_cards_in_order(run: Run, atr: bytes) -> None:
    card = ChipCard(application, atr)
    assert run(card) == expected()
    assert card.complaints == []
    assert card.resets == ["cold"]
    assert all(40_000 <= clocks <= 45_000 for clocks in card.reset_clocks), card.reset_clocks


HABITS = {
    "T=0, wants time": (T0_ATR, Habits(t0=Habits0(nulls=3))),
    "T=0, byte by byte": (T0_ATR, Habits(t0=Habits0(one_by_one=True))),
    "T=0, 61 for everything": (T0_ATR, Habits(t0=Habits0(says_61=True))),
    "T=0, as slow as may be": (T0_ATR, Habits(t0=Habits0(think_us=890_000))),
    "T=1, wants time": (T1_ATR, Habits(t1=Habits1(wtx=[1, 5], think_us=7_000_000))),
    "T=1, changes its length": (T1_ATR, Habits(t1=Habits1(ifs_request=16))),
    "T=1, as slow as may be": (T1_ATR, Habits(t1=Habits1(think_us=1_420_000))),
    "answers late": (T0_ATR, Habits(answer_clocks=40_000)),
    "answers early": (T0_ATR, Habits(answer_clocks=400)),
}


@pytest.mark.parametrize(("atr", "habits"), HABITS.values(), ids=HABITS.keys())
def test_habits(run: Run, atr: bytes, habits: Habits) -> None:
    card = ChipCard(application, atr, habits)
    assert run(card) == expected()
    assert card.complaints == []


@pytest.mark.parametrize(("ta1", "f", "d"), [(0x13, 372, 4), (0x18, 372, 12), (0x95, 512, 16), (0x96, 512, 32)])
@pytest.mark.parametrize("protocol", [0, 1])
def test_a_faster_rate_is_negotiated(run: Run, protocol: int, ta1: int, f: int, d: int) -> None:
    atr = bytes([0x3B, 0x70, ta1, 0, 0]) if protocol == 0 else with_check(f"3BF0{ta1:02X}00008131FE45")
    card = ChipCard(application, atr)
    assert run(card, fastest=250_000) == expected()
    assert card.rates == [(372, 1), (f, d)]
    assert card.complaints == []


@pytest.mark.parametrize("pps", ["default", "ignore", "garble"])
def test_a_card_that_does_not_agree_to_its_own_rate(run: Run, pps: str) -> None:
    card = ChipCard(application, with_check("3BF01800008131FE45"), Habits(pps=pps))
    assert run(card, fastest=250_000) == expected()
    assert (372, 12) not in card.rates
    assert card.resets == (["cold"] if pps == "default" else ["cold", "warm"])
    assert card.complaints == []


def test_emv_asks_for_no_rate(run: Run) -> None:
    card = ChipCard(application, with_check("3BF01800008131FE45"))
    assert run(card) == expected()
    assert card.rates == [(372, 1)]


# -- what goes wrong --


def test_a_mute_card_and_one_the_wrong_way_round(run: Run) -> None:
    assert run(ChipCard(application, habits=Habits(mute=True))) == ["D21 False"]
    card = ChipCard(application)
    assert run(None, prepare=lambda _, slot: slot.insert(card, wrong_way=True)) == ["D21 False"]
    assert card.resets == []


def test_a_warm_reset_helps(run: Run) -> None:
    card = ChipCard(application, T0_ATR[:2] + b"\x25" + T0_ATR[3:], warm_atr=T0_ATR)
    assert run(card) == expected()
    assert card.resets == ["cold", "warm"]
    assert card.complaints == []


@pytest.mark.parametrize("atr", [T0_ATR, T1_ATR], ids=["T=0", "T=1"])
def test_pulled_at_any_character(run: Run, atr: bytes) -> None:
    """Whichever character it is, the contacts go down in order, the error is D22, and the next card works."""
    said = run(ChipCard(application, atr), commands=COMMANDS[1:2])
    assert said == expected(ANSWERS[1:2])
    whole = 60
    cards = [ChipCard(application, atr) for _ in range(whole)]
    slots: list[ChipSlot] = []

    def prepare(bench: LockstepBench, slot: ChipSlot) -> None:
        slots.append(slot)

        def visit(number: int) -> None:
            if number < whole:
                slot.insert(cards[number])
                slot.pull_at(number + 1)
                bench.clock.call_later(3_000_000, lambda: leave(number))

        def leave(number: int) -> None:
            slot.pull()
            bench.clock.call_later(500_000, lambda: visit(number + 1))

        visit(0)

    program = f"""
        async def program():
            for _ in range({whole}):
                await visit({COMMANDS[1:2]!r})
                await slot.removed()
    """
    said = run(None, program, prepare=prepare, seconds=300)
    needed = max(card.characters for card in cards)
    assert needed > len(atr) + 20
    assert said == ["D22 False"] * needed + expected(ANSWERS[1:2]) * (whole - needed)
    assert [card.complaints for card in cards] == [[]] * whole
    (slot,) = slots
    downs = [contact for _, contact, level in slot.log if not level]
    assert downs.count("VCC") == whole
    assert "RST CLK I/O VCC " * downs.count("RST") in " ".join(downs) + " "


def test_a_short_circuit(run: Run) -> None:
    card = ChipCard(application, habits=Habits(t0=Habits0(think_us=500_000)))
    said = run(card, prepare=lambda bench, slot: bench.clock.call_later(300_000, slot.short) and None)
    assert said == ["D26 False"]
    assert card.complaints == []


def test_power_cut_of_the_board_with_a_card_in(run: Run) -> None:
    """The front end takes the card down by itself, and the next start finds it cold."""
    card = ChipCard(application)

    def prepare(bench: LockstepBench, slot: ChipSlot) -> None:
        bench.power_on()
        bench.run(0.1)
        assert card.resets == ["cold"]
        bench.power_off()

    assert run(card, prepare=prepare) == expected()
    assert card.resets == ["cold", "cold"]
    assert card.complaints == []


def test_a_refused_character_is_seen(run: Run) -> None:
    """T=0's error signal: what was sent cannot be taken back, so the exchange ends; there is no harm in the next."""
    for character in range(12):
        card = ChipCard(application, habits=Habits(noise=Noise(refused={character})))
        said = run(card, commands=COMMANDS[1:2])
        assert said in (["D24 False"], ["D23 False"]), character
        again = ChipCard(application)
        assert run(again, commands=COMMANDS[1:2]) == expected(ANSWERS[1:2])


def test_wrong_parity_alone_goes_unseen(run: Run) -> None:
    """Said openly: an ESP32's UART hands such a character over as it is, and its bits are right."""
    card = ChipCard(application, habits=Habits(noise=Noise(wrong_parity=set(range(500)))))
    assert run(card) == expected()


@pytest.mark.parametrize("number", range(2, 8))
@pytest.mark.parametrize("what", ["altered", "cut short", "lost", "longer"])
def test_a_damaged_block_is_mended(run: Run, what: str, number: int) -> None:
    def spoilt(data: bytes) -> bytes:
        match what:
            case "altered":
                return data[:-1] + bytes([data[-1] ^ 0x40])
            case "cut short":
                return data[: len(data) // 2]
            case "longer":
                return data[:2] + b"\xff" + data[3:] + bytes(200)
        return b""

    noise = Noise(tamper=lambda n, data: spoilt(data) if n == number else data)
    card = ChipCard(application, with_check("3BE0000081312045"), Habits(noise=noise))
    assert run(card) == expected()
    assert card.complaints == []


def test_resynchronised(run: Run) -> None:
    noise = Noise(tamper=lambda n, data: data[:-1] + bytes([data[-1] ^ 1]) if 2 <= n <= 5 else data)
    card = ChipCard(application, T1_ATR, Habits(noise=noise))
    assert run(card, commands=[COMMANDS[1], *COMMANDS]) == ["D24 True", *expected()]
    assert card.complaints == []


@pytest.mark.parametrize("seed", range(3))
def test_cards_that_lie(run: Run, seed: int) -> None:
    """Random, truncated, oversized, untrue: each ends in one of our errors or an answer, and the next card works."""
    random = Random(f"chip card {seed}")
    count = 40
    cards: list[ChipCard] = []

    def spoil(_: int, data: bytes) -> bytes:
        match random.randrange(12):
            case 0:
                return random.randbytes(random.randrange(300))
            case 1:
                return data[: random.randrange(len(data) + 1)]
            case 2:
                return data + random.randbytes(random.randrange(300))
            case 3:
                at = random.randrange(len(data))
                return data[:at] + random.randbytes(1) + data[at + 1 :]
        return data

    def prepare(bench: LockstepBench, slot: ChipSlot) -> None:
        def visit() -> None:
            if len(cards) == 2 * count:
                return
            lying = len(cards) % 2 == 0
            atr = random.choice([*CARDS.values()]) if lying else T1_ATR
            cards.append(ChipCard(application, atr, Habits(noise=Noise(tamper=spoil)) if lying else None))
            slot.insert(cards[-1])
            bench.clock.call_later(75_000_000, leave)

        def leave() -> None:
            slot.pull()
            bench.clock.call_later(100_000, visit)

        visit()

    program = f"""
        import gc
        from suanpan.cards import t0, t1
        async def program():
            for number in range({2 * count}):
                print("card", number)
                await visit({COMMANDS[:2]!r}, 250_000)
                await slot.removed()
                gc.collect()
                print("heap", gc.mem_alloc())
    """
    said = run(None, program, prepare=prepare, seconds=76 * 2 * count)
    heaps = [int(line.split()[1]) for line in said if line.startswith("heap")]
    assert set(heaps[2:]) == {heaps[2]}
    for number, part in enumerate("\n".join(said).split("card ")[1:]):
        lines = [line for line in part.splitlines()[1:] if not line.startswith("heap")]
        if number % 2:
            assert lines == expected(ANSWERS[:2]), number
        else:
            assert all(re.fullmatch(r"([0-9a-f]* )?[0-9a-f]{4}|D2[1-6] (True|False)", line) for line in lines), lines
