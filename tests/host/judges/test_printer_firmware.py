"""The firmware's printer driver on the virtual board, against the printer that the bench emulates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from host_tools.bench.lockstep import LockstepBench
from host_tools.bench.parts.paper import Picture
from host_tools.bench.parts.printer import Printer
from tests.host.judges.part_stage import Stage

SETUP = """
from suanpan.drivers.printer import Printer, CENTER
from suanpan.errors import PrinterError
printer = Printer(UART(2, 115200))

async def until_done(call, *arguments):
    while True:
        try:
            return await call(*arguments)
        except PrinterError as error:
            print(error.code)
            await asyncio.sleep(2)
"""
PICTURE = """
rows = bytearray(48 * 100)
for y in range(100):
    for x in range(384):
        if (x * x // 37 + y * 3) % 11 < 4:
            rows[y * 48 + (x >> 3)] |= 0x80 >> (x & 7)

async def picture():
    view = memoryview(rows)
    for y in range(0, 100, 20):
        await until_done(printer.image, view[48 * y : 48 * (y + 20)])
"""


class Desk:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.printer: Printer

    def run(self, program: str, *events: tuple[float, Callable[[Printer], None]]) -> list[str]:
        def prepare(bench: LockstepBench) -> None:
            self.printer = bench.parts.printer
            for seconds, event in events:
                bench.clock.call_later(round(seconds * 1e6), lambda event=event: event(self.printer))  # type: ignore[misc]

        return self._stage.run(SETUP + program, lambda bench: None, prepare)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(Stage(tmp_path, monkeypatch))


def dots(printer: Printer) -> bytes:
    pictures = [item.image for item in printer.paper.prints if isinstance(item, Picture)]
    whole = Image.new("1", (384, sum(image.height for image in pictures)))
    y = 0
    for image in pictures:
        whole.paste(image, (0, y))
        y += image.height
    return whole.tobytes()


EXPECTED = bytes(
    sum((x * x // 37 + y * 3) % 11 < 4 and 0x80 >> (x & 7) for x in range(8 * column, 8 * column + 8))
    for y in range(100)
    for column in range(48)
)


def test_a_picture_in_pieces(desk: Desk) -> None:
    assert desk.run(PICTURE + "async def program():\n    await picture()\n") == []
    assert dots(desk.printer) == EXPECTED
    assert desk.printer.faults == []


@pytest.mark.parametrize(
    ("stop", "go_on", "code"),
    [
        (Printer.paper_out, Printer.load_paper, "D04"),
        (Printer.open_cover, Printer.close_cover, "D05"),
        (Printer.jam_cutter, Printer.free_cutter, "D03"),
        (lambda printer: printer.overheat(15), lambda printer: None, "D30"),
    ],
    ids=["paper", "cover", "cutter", "heat"],
)
def test_a_picture_that_is_interrupted(
    desk: Desk, stop: Callable[[Printer], None], go_on: Callable[[Printer], None], code: str
) -> None:
    """Every row once, wherever it stopped."""
    printed = desk.run(PICTURE + "async def program():\n    await picture()\n", (0.1, stop), (14, go_on))
    assert printed
    assert set(printed) == {code}
    assert dots(desk.printer) == EXPECTED


def test_a_short_heat_is_not_worth_a_word(desk: Desk) -> None:
    printed = desk.run(
        PICTURE + "async def program():\n    await picture()\n", (0.1, lambda printer: printer.overheat(6))
    )
    assert printed == []
    assert dots(desk.printer) == EXPECTED


def test_what_it_says_of_itself(desk: Desk) -> None:
    printed = desk.run(
        """
async def program():
    for _ in range(7):
        await asyncio.sleep(1)
        print(await printer.status())
""",
        (1.5, lambda printer: printer.load_paper(2_000)),
        (2.5, Printer.open_cover),
        (3.5, Printer.close_cover),
        (3.6, lambda printer: printer.overheat(1)),
        (5.5, Printer.paper_out),
        (6.5, Printer.jam_cutter),
    )
    assert printed == ["0", "1", "5", "17", "1", "3", "11"]


def test_density_and_a_code_by_its_own_command(desk: Desk) -> None:
    seen: list[int] = []
    desk.run(
        """
async def program():
    printer.density = -2
    await printer.reset()
    await printer.qr(b"https://qr.95516.com/00010000/0123456789", 5)
    await asyncio.sleep(2)
""",
        (1, lambda printer: seen.append(printer.density)),
    )
    assert seen == [-2]
    (code,) = zxingcpp.read_barcodes(desk.printer.paper.to_image().convert("L"))
    assert code.text == "https://qr.95516.com/00010000/0123456789"
