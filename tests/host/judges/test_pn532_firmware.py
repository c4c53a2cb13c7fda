"""The firmware's contactless driver on the virtual board, against the PN532 that the bench emulates, on all its buses.

Other people's drivers have taken that emulator for the part (test_pn532_libnfc.py and its neighbours).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from host_tools.bench.lockstep import LockstepBench
from host_tools.bench.parts.field import Card, Reply, State
from host_tools.bench.parts.field_blocks import FRAME_SIZES
from host_tools.bench.parts.field_cards import FeliCa, IsoA, IsoB, MifareClassic, TypeA
from host_tools.bench.parts.pn532 import Pn532
from host_tools.bench.parts.pn532_ciu import Status
from host_tools.bench.parts.pn532_frames import ACK, ERROR
from tests.host.judges.pn532_stage import BUSES, FCI, SELECT_PPSE, Stage, application, content, get, put


@pytest.fixture(params=BUSES)
def stage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(request.param, tmp_path, monkeypatch)


@pytest.fixture
def hsu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage("hsu", tmp_path, monkeypatch)


CARDS: dict[str, Callable[[], IsoA | IsoB]] = {
    "A": lambda: IsoA(application),
    "A, 7 bytes of UID, FSC 64": lambda: IsoA(
        application, bytes.fromhex("04112233445566"), ats=bytes.fromhex("0675778102 80".replace(" ", ""))
    ),
    "B": lambda: IsoB(application),
    "B without CID": lambda: IsoB(application, protocol=bytes.fromhex("005140")),
}


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS.keys())
def test_a_payment_card(stage: Stage, card: Callable[[], IsoA | IsoB]) -> None:
    stage.field.put(target := card())
    assert stage.ask(SELECT_PPSE, get(3), get(255), get(256), "8099000000") == [
        FCI,
        content(3).hex() + " 9000",
        content(255).hex() + " 9000",
        content(256).hex() + " 9000",
        "6d00",
    ]
    assert target.blocks.faults == []


# -- lengths, sizes, times ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [IsoA, IsoB])
def test_chaining_both_ways_up_to_64_kb(stage: Stage, kind: type[IsoA | IsoB]) -> None:
    stage.field.put(target := kind(application))
    printed = stage.run(
        r"""
        def right(data, size):
            return len(data) == size and all(data[i] == i + (i >> 8) & 0xFF for i in range(0, size, 7))

        async def program():
            card = await reader.tap()
            for size in (257, 262, 263, 600, 65535):
                data, status = await card.exchange(b"\x80\x2a" + bytes((size >> 8, size & 0xFF)) + bytes(3))
                print(right(data, size), hex(status))
            for size in (254, 255, 256, 1000, 65535):
                command = bytearray(b"\x80\x2c\x00\x00\x00" + bytes((size >> 8, size & 0xFF)))
                for i in range(size):
                    command.append(i * 3 + (i >> 8) & 0xFF)
                data, status = await card.exchange(command)
                print(int.from_bytes(data, "big"), hex(status))
        """,
        heap="1m",
        seconds=300,
    )
    assert printed == ["True 0x9000"] * 5 + [f"{size} 0x9000" for size in (254, 255, 256, 1000, 65535)]
    assert target.blocks.faults == []


@pytest.mark.parametrize("fsci", range(9))
def test_a_card_is_sent_no_longer_frames_than_it_takes(hsu: Stage, fsci: int) -> None:
    for target in (
        IsoA(application, ats=bytes([0x05, 0x70 | fsci, 0x80, 0xA0, 0x02])),
        IsoB(application, protocol=bytes([0x00, fsci << 4 | 0x01, 0xA1])),
        IsoB(application, protocol=bytes([0x00, fsci << 4 | 0x01, 0xA0])),  # without CID
    ):
        hsu.field.put(target)
        sizes = (1, FRAME_SIZES[fsci] - 10, 200, 255, 256, 700)
        expected = [size.to_bytes(3, "big").hex() + " 9000" for size in sizes]
        assert hsu.ask(*(put(size) for size in sizes), get(500)) == [*expected, content(500).hex() + " 9000"]
        assert target.blocks.faults == []
        hsu.field.take()


@pytest.mark.parametrize("kind", [IsoA, IsoB])
@pytest.mark.parametrize("wtxm", [1, 59])
def test_a_slow_card_is_granted_its_time(stage: Stage, kind: type[IsoA | IsoB], wtxm: int) -> None:
    stage.field.put(target := kind(application))
    target.blocks.think_us = 2_000_000
    target.blocks.wtxm = wtxm
    assert stage.ask(get(3), put(300), get(5)) == [
        content(3).hex() + " 9000",
        "00012c 9000",
        content(5).hex() + " 9000",
    ]
    assert target.blocks.extensions >= (3 if wtxm == 59 else 15)
    assert target.blocks.faults == []


def test_a_card_that_asks_for_time_without_end_is_given_up(stage: Stage) -> None:
    stage.field.put(target := IsoA(application))
    target.blocks.think_us = 1 << 40
    printed = stage.run("""
        async def program():
            card = await reader.tap()
            start = now()
            await ask(card, ["00a4040000"])
            print(now() - start)
            await look()
    """)
    assert printed[0] == "D16"
    assert 5_900 < int(printed[1]) < 6_200
    assert printed[2] == "card"


# -- what goes wrong at the antenna -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [IsoA, IsoB])
@pytest.mark.parametrize("byte", [0, 1, 5])
@pytest.mark.parametrize("exchange", [1, 3])
def test_drawn_away_in_the_middle_and_tapped_again(
    hsu: Stage, kind: type[IsoA | IsoB], exchange: int, byte: int
) -> None:
    def back() -> None:
        hsu.field.take()
        hsu.field.put(kind(application))

    hsu.field.put(card := kind(application))
    card.leave(exchange, byte)
    printed = hsu.run(
        """
        async def program():
            await ask(await reader.tap(), ["802a000300"] * 3)
            await ask(await reader.tap(), ["802a000300"])
        """,
        prepare=lambda bench: bench.clock.call_later(3_000_000, back),
    )
    assert printed == [content(3).hex() + " 9000"] * (exchange - 1) + ["D16"] * (4 - exchange) + [
        content(3).hex() + " 9000"
    ]


@pytest.mark.parametrize("command", [get(3), get(700), put(700)])
@pytest.mark.parametrize("after_ms", [0, 7, 20, 60, 130])
def test_taken_away_at_any_moment(hsu: Stage, command: str, after_ms: int) -> None:
    hsu.field.put(card := IsoA(application))
    card.blocks.think_us = 100_000
    answers = 0

    def counted(command: bytes) -> bytes | None:
        nonlocal answers
        answers += 1
        if answers == 1:
            hsu.chip.clock.call_later(after_ms * 1000, hsu.field.take)
        return application(command)

    card.blocks.apdu = counted
    printed = hsu.ask(SELECT_PPSE, command, SELECT_PPSE)
    assert printed[-1] == "D16"
    assert printed.count("D16") >= 2


COMBINATIONS: dict[str, tuple[Callable[[], IsoA | IsoB | TypeA], ...]] = {
    "two of type A": (lambda: IsoA(application), lambda: IsoA(application, bytes.fromhex("08112234"))),
    "of different length": (lambda: IsoA(application), lambda: IsoA(application, bytes.fromhex("04112233445566"))),
    "two of type B": (lambda: IsoB(application), lambda: IsoB(application, bytes.fromhex("11223345"))),
    "one of each": (lambda: IsoA(application), lambda: IsoB(application)),
    "with a ticket": (lambda: IsoA(application), MifareClassic),
    "with another ticket": (lambda: IsoB(application), TypeA),
}


@pytest.mark.parametrize("combination", COMBINATIONS.values(), ids=COMBINATIONS.keys())
def test_one_card_only(hsu: Stage, combination: tuple[Callable[[], IsoA | IsoB | TypeA], ...]) -> None:
    asked: list[bytes] = []
    cards = [card() for card in combination]
    for card in cards:
        if isinstance(card, IsoA | IsoB):
            card.blocks.apdu = lambda command: asked.append(command) or application(command)  # type: ignore[func-returns-value]
    hsu.field.put(*cards)
    printed = hsu.run(
        """
        async def program():
            await look()
            await look()
            await asyncio.sleep_ms(1000)
            card = await look()
            await ask(card, ["00a4040000"])
        """,
        prepare=lambda bench: bench.clock.call_later(1_000_000, lambda: hsu.field.take(cards[1])),
    )
    assert printed == ["D17", "D17", "card", FCI]
    assert len(asked) == 1  # the second card was never spoken to, nor the first before it was alone


def test_two_cards_that_cannot_be_told_apart_are_not_taken_for_one(hsu: Stage) -> None:
    hsu.field.put(IsoA(application), IsoA(application))
    assert hsu.run("async def program():\n    await look()\n") == ["none"]


@pytest.mark.parametrize(
    ("card", "code"),
    [(MifareClassic, "D18"), (TypeA, "D18"), (FeliCa, "D19")],
    ids=["MIFARE Classic", "MIFARE Ultralight", "FeliCa"],
)
def test_cards_that_cannot_pay_are_named(stage: Stage, card: type[MifareClassic | TypeA | FeliCa], code: str) -> None:
    wrong: Card = card()
    stage.field.put(wrong)

    def exchanged() -> None:
        stage.field.take(wrong)
        stage.field.put(IsoA(application))

    printed = stage.run(
        """
        async def program():
            await look()
            await asyncio.sleep_ms(1000)
            await ask(await look(), ["00a4040000"])
        """,
        prepare=lambda bench: bench.clock.call_later(1_000_000, exchanged),
    )
    assert printed == [code, "card", FCI]


def test_no_carrier_between_customers(stage: Stage) -> None:
    stage.field.put(IsoA(application))
    carrier: list[bool] = []
    stage.run(
        """
        async def program():
            await reader.tap()
            await asyncio.sleep_ms(1000)
            await reader.off()
            await asyncio.sleep_ms(1000)
            await reader.tap()
            await asyncio.sleep_ms(1000)
        """,
        prepare=lambda bench: [
            bench.clock.call_later(ms * 1000, lambda: carrier.append(stage.field.on)) for ms in (800, 1800, 2800)
        ],
    )
    assert carrier == [True, False, True]


def test_a_terminal_that_waits_for_hours_saves_its_battery(stage: Stage) -> None:
    printed = stage.run(
        """
        async def program():
            start = now()
            card = await reader.tap(250)
            print(now() - start)
            await ask(card, ["00a4040000"])
        """,
        prepare=lambda bench: bench.clock.call_later(60_000_000, lambda: stage.field.put(IsoA(application))),
    )
    assert 60_000 <= int(printed[0]) < 60_500
    assert printed[1] == FCI
    assert stage.chip.asleep_us > 0.8 * 60_000_000


class Liar:
    """What such a card says once it is activated, and when it is."""

    random: Random

    def spoiled(self, reply: Reply | None) -> Reply | None:
        random = self.random
        if reply is None:
            return None
        frame = reply.frame
        match random.randrange(12):
            case 0:
                frame = random.randbytes(random.randrange(300))
            case 1:
                frame = frame[: random.randrange(len(frame) + 1)]
            case 2:
                frame += random.randbytes(random.randrange(300))
            case 3:
                at = random.randrange(len(frame))
                frame = frame[:at] + random.randbytes(1) + frame[at + 1 :]
            case 4:
                return None
        return replace(reply, frame=frame)


class LiarA(Liar, IsoA):
    def receive(self, frame: bytes) -> Reply | None:
        reply = super().receive(frame)
        return self.spoiled(reply) if self.state == State.PROTOCOL else reply


class LiarB(Liar, IsoB):
    def receive(self, frame: bytes) -> Reply | None:
        reply = super().receive(frame)
        return self.spoiled(reply) if self.state == State.PROTOCOL else reply


LIARS = int(os.environ.get("FUZZ", "400")) // 20  # of each kind


@pytest.mark.parametrize("kind", [LiarA, LiarB])
def test_cards_that_lie(hsu: Stage, kind: type[LiarA | LiarB]) -> None:
    """Each ends in one of our errors or in an answer, no more memory is taken, and the next card works."""
    random = Random(f"{kind.__name__} {os.environ.get('FUZZ_SEED', '')}")

    def prepare(bench: LockstepBench) -> None:
        def visit(number: int) -> None:
            hsu.field.take()
            card: Card = IsoA(application)
            if number % 2 == 0:
                card = kind(application)
                card.random = random
            if number < 2 * LIARS:
                hsu.field.put(card)
                bench.clock.call_later(20_000_000, lambda: visit(number + 1))

        visit(0)

    printed = hsu.run(
        f"""
        import gc
        async def program():
            for number in range({2 * LIARS}):
                print("card", number)
                start = now()
                try:
                    card = await look()
                    if card:
                        await ask(card, [{get(3)!r}, {put(300)!r}, {get(600)!r}])
                    await reader.off()
                except DriverError as error:
                    print(error.code)
                card = None
                gc.collect()
                print("heap", gc.mem_alloc())
                assert now() - start < 19_000
                await asyncio.sleep_ms(20_000 - (now() - start))
        """,
        prepare=prepare,
        seconds=20 * 2 * LIARS + 60,
    )
    heaps = [int(line.split()[1]) for line in printed if line.startswith("heap")]
    assert len(heaps) == 2 * LIARS
    assert max(heaps[10:]) <= heaps[9] + 512
    for number, part in enumerate("\n".join(printed).split("card ")[1:]):
        lines = [line for line in part.splitlines()[1:] if not line.startswith("heap")]
        if number % 2:
            assert lines == ["card", content(3).hex() + " 9000", "00012c 9000", content(600).hex() + " 9000"], number
        else:
            assert all(re.fullmatch(r"card|none|([0-9a-f]* )?[0-9a-f]{4}|D1[36]", line) for line in lines), lines


# -- what goes wrong between the chip and us ----------------------------------------------------------------

BLAMED_ON_THE_CARD = {
    Status.TIMEOUT, Status.CRC, Status.PARITY, Status.BIT_COUNT, Status.MIFARE_FRAMING, Status.BIT_COLLISION,
    Status.BUFFER_SIZE, Status.RF_BUFFER_OVERFLOW, Status.RF_FIELD, Status.RF_PROTOCOL, Status.BUFFER_OVERFLOW,
    Status.FORMAT, Status.MIFARE_AUTHENTICATION, Status.UID_CHECK, Status.CARD_EXCHANGED, Status.CARD_DISAPPEARED,
}  # fmt: skip


def test_every_documented_error(hsu: Stage) -> None:
    """Statuses of UM0701-02, 7.1, one a card; each time the card can be found again and spoken to."""
    statuses = [status for status in Status if status]
    left = list(statuses)

    def fail(command: bytes) -> bytes:
        if command[0] == 0x80:
            hsu.chip.commands.radio.fail_with = left.pop(0)
        return application(command)

    hsu.field.put(IsoA(fail))
    printed = hsu.run(f"""
        async def program():
            for _ in range({len(statuses)}):
                await ask(await reader.tap(), ["8000000000", "00a4040000"])
                await ask(await reader.tap(), ["00a4040000"])
    """)
    assert left == []
    assert printed == [
        line for status in statuses for line in ("6d00", "D16" if status in BLAMED_ON_THE_CARD else "D13", FCI)
    ]


class Disturbance:
    """Spoils frames on their way to the host: the ones that `spoil` changes, `times` of them."""

    def __init__(self, chip: Pn532, spoil: Callable[[bytes], bytes], times: int) -> None:
        self._spoil = spoil
        self._left = times
        self._chip = chip

    def arm(self) -> None:
        self._chip.outgoing = self.outgoing

    def outgoing(self, frame: bytes) -> bytes:
        spoiled = self._spoil(frame)
        if spoiled == frame or not self._left:
            return frame
        self._left -= 1
        return spoiled


def flip(at: int) -> Callable[[bytes], bytes]:
    def spoil(frame: bytes) -> bytes:
        return frame if frame == ACK or len(frame) <= at else frame[:at] + bytes([frame[at] ^ 0x20]) + frame[at + 1 :]

    return spoil


def lost(frame: bytes) -> bytes:
    return frame if frame == ACK else b""


DISTURBANCES: dict[str, tuple[Callable[[bytes], bytes], int, str]] = {
    "a byte of the answer": (flip(9), 1, FCI),
    "two times": (flip(9), 2, FCI),
    "three times": (flip(9), 3, "D15"),
    "the answer's length": (flip(3), 1, FCI),
    "half the answer": (lambda frame: frame if frame == ACK else frame[:12], 2, FCI),
    "no answer": (lost, 1, "D16"),
    "no ACK": (lambda frame: b"" if frame == ACK else frame, 1, "D14"),
    "a damaged ACK": (lambda frame: b"\x00\x00\xff\x10\xff\x00" if frame == ACK else frame, 1, "D14"),
    "the error frame": (lambda frame: frame if frame == ACK else ERROR, 1, "D13"),
    "another command's answer": (
        lambda frame: frame if frame == ACK else bytes.fromhex("0000ff03fdd54b00e000") + frame,
        1,
        FCI,
    ),
    "a second answer": (lambda frame: frame if frame == ACK else frame + frame, 1, FCI),
}


@pytest.mark.parametrize(("spoil", "times", "result"), DISTURBANCES.values(), ids=DISTURBANCES.keys())
def test_frames_that_are_spoiled(hsu: Stage, spoil: Callable[[bytes], bytes], times: int, result: str) -> None:
    """A good exchange, one that is disturbed, and one with the card found again."""
    disturbance = Disturbance(hsu.chip, spoil, times)
    hsu.field.put(IsoA(application))
    printed = hsu.run(
        """
        async def program():
            card = await reader.tap()
            await ask(card, ["00a4040000"])
            await asyncio.sleep_ms(500)
            await ask(card, ["00a4040000"])
            await asyncio.sleep_ms(9000)
            await ask(await reader.tap(), ["00a4040000"])
        """,
        prepare=lambda bench: bench.clock.call_later(400_000, disturbance.arm),
    )
    assert printed == [FCI, result, FCI]


def test_a_chip_that_loses_its_power_is_started_again(stage: Stage) -> None:
    stage.field.put(IsoA(application))

    def blink() -> None:
        chip, clock = stage.chip, stage.chip.clock
        ready = chip._ready
        chip.power_off()
        chip.attach(clock, ready)

    printed = stage.run(
        """
        async def program():
            card = await reader.tap()
            await ask(card, ["00a4040000"])
            await asyncio.sleep_ms(500)
            await ask(card, ["00a4040000"])
            for _ in range(3):
                card = await look()
                if card:
                    break
            await ask(card, ["00a4040000"])
        """,
        prepare=lambda bench: bench.clock.call_later(400_000, blink),
    )
    assert printed[0] == FCI
    assert printed[1] in ("D13", "D14")
    assert printed[-2:] == ["card", FCI]


def test_cancelled_at_any_moment_it_works_again(hsu: Stage) -> None:
    hsu.field.put(IsoA(application))
    printed = hsu.run(r"""
        async def program():
            for ms in range(0, 60, 3):
                task = asyncio.create_task(visit())
                await asyncio.sleep_ms(ms)
                task.cancel()
                try:
                    await task
                except asyncio.CancelledError:
                    pass
                await asyncio.sleep_ms(5)
            await ask(await reader.tap(), ["00a4040000"])

        async def visit():
            while True:
                card = await reader.tap()
                await card.exchange(b"\x80\x2a\x01\x00\x00")
    """)
    assert printed == [FCI]
