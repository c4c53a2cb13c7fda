"""The firmware's scanner driver on the virtual board, against the scanner that the bench emulates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from host_tools.bench.lockstep import LockstepBench
from host_tools.bench.parts.scanner import BAUD, CONTINUOUS, MODE, SETTING_CODES, TAIL, Scanner
from host_tools.bench.process import BOARD
from tests.host.judges.part_stage import Stage

SETUP = """
from suanpan.drivers.scanner import Scanner
from suanpan.errors import SuanpanError
scanner = Scanner(UART(4, 9600))

async def scan():
    try:
        print(bytes(await scanner.scan()).decode())
    except SuanpanError as error:
        print(error.code)
"""


class Counter:
    """A scanner on the counter, and what people show it."""

    def __init__(self, stage: Stage) -> None:
        self.scanner = Scanner()
        self._stage = stage

    def run(
        self, program: str, *shown: tuple[float, bytes | None], then: Callable[[], None] | None = None
    ) -> list[str]:
        def fit(bench: LockstepBench) -> None:
            bench.parts.on_uarts[4] = self.scanner

        def prepare(bench: LockstepBench) -> None:
            for seconds, code in shown:
                bench.clock.call_later(round(seconds * 1e6), lambda code=code: self.scanner.show(code))  # type: ignore[misc]
            if then:
                bench.clock.call_later(3_000_000, then)

        return self._stage.run(SETUP + program, fit, prepare)


@pytest.fixture
def counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    return Counter(Stage(tmp_path, monkeypatch))


def test_one_code_for_each_scan(counter: Counter) -> None:
    printed = counter.run(
        """
async def program():
    await scan()
    await asyncio.sleep(2)
    await scan()
    await scan()
    print(now() // 1000)
""",
        (0.5, b"6221234567890123456"),
        (1, None),
        (4, b"134567890123456789"),
        (4.2, None),
        (20, b"https://qr.95516.com/00010000/0123456789"),
    )
    assert printed[:3] == ["6221234567890123456", "134567890123456789", "https://qr.95516.com/00010000/0123456789"]
    assert 20 <= int(printed[3]) <= 22
    assert counter.scanner.faults == []
    assert not counter.scanner.reading


def test_in_chinese_as_the_code_has_it(counter: Counter) -> None:
    """Whatever is in the code comes through byte by byte, up to the longest."""
    code = "桌号7".encode() + b"x" * 500
    printed = counter.run("async def program():\n    print(len(await scanner.scan()))\n    await scan()\n", (0, code))
    assert printed == ["507", code.decode()]


def test_too_long_is_an_error_and_the_next_is_read(counter: Counter) -> None:
    printed = counter.run(
        "async def program():\n    await scan()\n    await asyncio.sleep(4)\n    await scan()\n",
        (0, b"7" * 513),
        (3, b"6212"),
    )
    assert printed == ["D28", "6212"]


def test_cancelled_it_goes_dark(counter: Counter) -> None:
    counter.run("""
async def program():
    task = asyncio.create_task(scanner.scan())
    await asyncio.sleep(2)
    task.cancel()
    await asyncio.sleep_ms(100)
""")
    assert not counter.scanner.reading


def test_watching(counter: Counter) -> None:
    printed = counter.run(
        """
async def program():
    await scanner.watch(500, 3000)
    for _ in range(4):
        print(bytes(await scanner.code()).decode(), now() // 1000)
    await scanner.rest()
    await asyncio.sleep(5)
    await scan()
""",
        (1, b"one"),
        (5.5, b"two"),
        (6.5, None),
        (18, b"three"),
    )
    assert [line.split()[0] for line in printed] == ["one", "one", "two", "three", "three"]
    assert counter.scanner.mode != CONTINUOUS


@pytest.mark.parametrize("rate", [115200, 14400])
def test_at_whatever_speed_it_was_left(counter: Counter, rate: int) -> None:
    zones = counter.scanner._saved
    zones[BAUD : BAUD + 2] = (3_000_000 // rate).to_bytes(2, "little")
    zones[TAIL] = 0x00
    zones[MODE] = 0xD6
    assert counter.run("async def program():\n    await scan()\n", (0, b"6212")) == ["6212"]
    assert 9500 < counter.scanner.baudrate < 9700


def test_a_faster_line(counter: Counter) -> None:
    printed = counter.run(
        """
async def program():
    await scanner.start()
    await scanner.set_baudrate(115200)
    start = now()
    await scan()
    print(now() - start < 200)
""",
        (0, b"z" * 400),
    )
    assert printed[1] == "True"


def test_nobody_sets_it_up_by_a_code(counter: Counter) -> None:
    scanner = counter.scanner
    printed = counter.run(
        "async def program():\n    await scan()\n",
        (5, b"6212"),
        then=lambda: scanner.show_setting_code(TAIL, 0),
    )
    assert printed == ["6212"]
    assert scanner.zones[SETTING_CODES] == 0


def test_unplugged_and_plugged_in_again(counter: Counter) -> None:
    scanner = counter.scanner

    def blink() -> None:
        line, clock = scanner._line, scanner._clock
        assert line and clock
        scanner.power_off()
        clock.call_later(12_000_000, lambda: scanner.attach(line, clock))

    printed = counter.run(
        "async def program():\n    await scan()\n    await asyncio.sleep(12)\n    await scan()\n",
        (0, None),
        (40, b"6212"),
        then=blink,
    )
    assert printed == ["D29", "6212"]


def test_where_the_board_of_other_parts_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wired by the board's table, behind an expander that the printer is on, too."""

    def show(bench: LockstepBench) -> None:
        assert bench.parts.other.scanner
        bench.parts.other.scanner.show(b"6221234567890123456")

    printed = Stage(tmp_path, monkeypatch).run(
        """
        import parts
        async def program():
            print(bytes(await parts.scanner().scan()).decode())
            await parts.printer().text(b"scanned")
        """,
        lambda bench: None,
        show,
        pins=BOARD / "pins_other_parts.py",
    )
    assert printed == ["6221234567890123456"]
