"""The firmware's clock-and-data stripe reader on the virtual board, against the reader that the bench emulates."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.bench.lockstep import LockstepBench
from host_tools.bench.parts.stripe_reader import StripeReader
from tests.host.judges.part_stage import Stage

TRACK1 = "B6217000000000001234^ZHANG SAN^30122010000000000000"
TRACK2 = "6217000000000001234=30122010000000000"
TRACK3 = "996217000000000001234=1561560000000000000000000000000000000"

SETUP = """
from binascii import hexlify
from suanpan.cards.magstripe import read
from suanpan.drivers.stripe_reader import StripeReader
from suanpan.errors import SuanpanError
reader = StripeReader(Pin(20, Pin.IN), *((n, Pin(19 + 2 * n, Pin.IN), Pin(20 + 2 * n, Pin.IN)) for n in (1, 2, 3)))

async def swipe():
    try:
        swipe = await reader.swipe()
    except SuanpanError as error:
        print(error.code)
        return
    print(*(track and bytes(track).decode()[:-1] for track in (swipe.track1, swipe.track2, swipe.track3)))
    try:
        print(read(swipe).pan)
    except SuanpanError as error:
        print(error.code)
"""


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(tmp_path, monkeypatch)


@pytest.mark.parametrize(("speed", "backwards"), [(3, False), (8, False), (40, False), (8, True)])
def test_all_tracks_at_any_speed_either_way(stage: Stage, speed: float, backwards: bool) -> None:
    reader = StripeReader(20, {1: (21, 22), 2: (23, 24), 3: (25, 26)})

    def pull(bench: LockstepBench) -> None:
        bench.clock.call_later(
            2_000_000, lambda: reader.swipe(TRACK1, TRACK2, TRACK3, inches_per_second=speed, backwards=backwards)
        )

    printed = stage.run(
        SETUP + "async def program():\n    await swipe()\n", lambda bench: bench.parts.on_pins.append(reader), pull
    )
    assert printed == [f"%{TRACK1}? ;{TRACK2}? +{TRACK3}?", "6217000000000001234"]


def test_a_card_with_a_damaged_track_and_a_blank_one(stage: Stage) -> None:
    reader = StripeReader(20, {1: (21, 22), 2: (23, 24), 3: (25, 26)})

    def pull(bench: LockstepBench) -> None:
        bench.clock.call_later(2_000_000, lambda: reader.swipe(TRACK1, TRACK2, damaged={2: 60}))
        bench.clock.call_later(6_000_000, lambda: reader.swipe(None, TRACK2, damaged={2: 60}))
        bench.clock.call_later(9_000_000, lambda: reader.swipe(None, TRACK2))

    printed = stage.run(
        SETUP + "async def program():\n    for _ in range(3):\n        await swipe()\n",
        lambda bench: bench.parts.on_pins.append(reader),
        pull,
    )
    assert printed == [f"%{TRACK1}? None None", "C03", "D02", f"None ;{TRACK2}? None", "6217000000000001234"]
