"""The boards with an ESP32, each with its own board.py, pins and parts, on the bench.

The virtual board's modules stand for what the chip has in C; what only such a chip has (the radio, its random numbers,
sleep) is given here.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from littlefs import LittleFS

from host_tools.bench.lockstep import LockstepBench
from host_tools.bench.process import ASSETS
from host_tools.bench.protocol import Op
from host_tools.bench.shop import OPENING, Shop
from host_tools.boards.data import Board, load
from host_tools.flash.factory import SECTOR, partitions
from host_tools.micropython.compiler import FIRMWARE, compiled
from tests.system.books import agree

BOARDS = ["esp32_devkitc", "esp32s3_devkitc"]
NETWORK = b'{"ssid": "tea house", "password": "oolong"}'

_CHIP = {
    "os.py": f"""
        import link
        from uos import *

        def urandom(count):
            return bytes(link.ask({Op.RANDOM}, bytes((count,))))
    """,
    "time.py": """
        import link
        from utime import *

        def sleep_ms(ms):
            end = link.now_us + ms * 1000
            while link.now_us < end:
                link.wait((end - link.now_us + 999) // 1000)
    """,
    "network.py": """
        class WLAN:
            IF_STA = 0

            def __init__(self, interface):
                print("WLAN", interface)

            def active(self, on):
                print("active", on)

            def connect(self, ssid, password):
                print("connect", ssid, password)
    """,
    "start.py": """
        import link, timing
        link.connect()
        timing.install()
        import machine

        class ADC(machine.ADC):
            ATTN_11DB = 3

            def __init__(self, pin, atten):
                print("atten", atten)
                super().__init__(pin)

        machine.ADC = ADC
        import main
    """,
}


def _application(board: Board, folder: Path) -> Path:
    """As a bundle has it, and beside it what the chip has."""
    firmware = compiled(FIRMWARE)
    for path in (*firmware.iterdir(), ASSETS):
        if path.suffix in (".mpy", ""):
            (folder / path.name).symlink_to(path)
    for name, source in board.modules().items():
        module = Path(name).with_suffix(".mpy")
        (folder / module).symlink_to(compiled(source.parent) / module)
    for name, text in _CHIP.items():
        (folder / name).write_text(textwrap.dedent(text), "utf-8")
    return folder


@pytest.fixture(params=BOARDS)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    board = load(request.param)
    app = tmp_path / "app"
    app.mkdir()
    start = f"import sys\nsys.path.insert(0, {str(_application(board, app))!r})\nimport start"
    bench = partial(LockstepBench, program=("-c", start))

    def on_the_board(*how: object, program: object, **named: object) -> LockstepBench:
        return bench(*how, **named)  # type: ignore[arg-type]

    with Shop(tmp_path, pins=board.file, heap="352k", bench=on_the_board) as shop:  # type: ignore[arg-type]
        assert shop.bench.parts.other.calendar
        shop.bench.parts.other.calendar.workshop_time = OPENING
        yield shop


def test_a_sale_on_each_board(shop: Shop) -> None:
    bench = shop.bench
    _join(shop)
    shop.open()
    bench.expect("请输入金额", "09:00")
    assert bench.console().split("\n")[:3] == ["WLAN 0", "active True", "connect tea house oolong"]
    shop.ask_for(66_00, shop.cards["plain"])
    bench.expect("交易成功", "66.00")
    shop.take_slips()
    bench.expect("请输入金额")
    assert [slip.text.count("620000******0013 /S") for slip in bench.parts.printer.slips] == [1, 1]
    agree(shop, 1, 66_00)
    _scan(shop)
    other = bench.parts.other
    assert other.uart_expander
    assert other.second_uart_expander
    assert other.calendar
    assert other.uart_expander.faults == other.second_uart_expander.faults == other.calendar.faults == []
    assert bench.parts.printer.faults == []


def _scan(shop: Shop) -> None:
    """A customer's code, behind the second expander: a wallet that nobody knows."""
    bench, scanner = shop.bench, shop.bench.parts.other.scanner
    assert scanner
    bench.press("menu", "8", "3")
    bench.expect("扫码消费")
    bench.type("300")
    bench.press("enter")
    bench.expect("请出示付款码", "3.00")
    scanner.show(b"http://example.org/")
    bench.expect("扫码失败")
    assert scanner.beeps == 1


def _join(shop: Shop) -> None:
    """The workshop has written down which network the shop has."""
    data = partitions()["data"]
    fs = LittleFS(block_size=SECTOR, block_count=data.size // SECTOR, mount=False)
    fs.context.buffer[:] = shop.bench.flash.image()[data.offset : data.end]
    fs.mount()
    with fs.open("wifi.json", "wb") as file:
        file.write(NETWORK)
    with shop.flash_image.open("r+b") as image:
        image.seek(data.offset)
        image.write(fs.context.buffer)
