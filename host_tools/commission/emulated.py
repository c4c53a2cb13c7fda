"""A whole workshop without hardware: a bare chip, two custodians, an acquirer, and hands at the terminal's keys.

The chip is written by esptool as it is. What it then boots is what was written; it is examined by mpremote's transport,
in real time, and then sells on the bench, in virtual time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

import psec
from anyio.from_thread import start_blocking_portal

from host_tools.acquirer.fixture import load as load_bank
from host_tools.bench.cable import Cable
from host_tools.bench.counter import ask_to_void, identify_administrator, sell
from host_tools.bench.network import LiveWorld
from host_tools.bench.parts.esp32_chips import ESP32
from host_tools.bench.repl import repl
from host_tools.bench.rom_loader import rom_loader
from host_tools.bench.shop import HOST, PORT, TERMINAL, Shop
from host_tools.boards.data import load as load_board
from host_tools.build.flash_image import flash_image
from host_tools.build.release import make
from host_tools.commission.flashing import facts
from host_tools.commission.order import Order
from host_tools.commission.steps import SALE, Workshop
from host_tools.flash.factory import build_image
from host_tools.flash.plan import plan
from host_tools.flash.register import Register
from host_tools.flash.run import Job, flash
from host_tools.flash.stand_in import stand_in
from host_tools.flash.stock import parse
from host_tools.keys.ceremony import Ceremony
from host_tools.keys.components import Algorithm, check_value, combine, new_component
from host_tools.keys.master_keys import Master

if TYPE_CHECKING:
    from host_tools.acquirer.store import Store
    from host_tools.build.release import Release
    from host_tools.commission.work import Facts
    from host_tools.flash.run import Report
    from host_tools.keys.custodians import Pair
    from host_tools.keys.signer import Signer

BOARD: Final = "virtual"
CHIP: Final = "esp32"  # what the virtual board's flash hangs on here
PEOPLE: Final = (("Li Lei", "seven abacus beads"), ("Han Meimei", "tea without sugar!"))
SIGNS: Final = "thirteen rods and a frame"
_HOUR: Final = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
_MAC: Final = 0x3FF5A004  # where an ESP32 has the lower half of its address
_SMALL: Final = 40_000  # bytes
_CHEAP: Final = 2  # of scrypt: these passphrases protect nothing

Progress = Callable[[str, int, int], None]


class EmulatedWorkshop:
    """`directory` keeps everything; the unit's flash is `unit`, bare at first."""

    def __init__(self, directory: Path, progress: Progress = lambda *_: None, *, quick: bool = False) -> None:
        """A `quick` one has a small stand-in for MicroPython, and nobody examines its units in real time."""
        self.directory = directory
        self.progress = progress
        self._examined = not quick
        self._stock = stand_in(CHIP, program=_SMALL) if quick else stand_in(CHIP)
        self._release: Release | None = None
        self.ceremony = Ceremony(directory / "ceremony", now=lambda: _HOUR, random=Random(1).randbytes, cost=_CHEAP)
        self.pair = self._key_ceremony()
        self.signer: Signer = self.ceremony.make_signer(PEOPLE[0][0], SIGNS)
        self.shop = Shop(directory, software=_nothing())
        self.unit = self.shop.flash_image
        self.report: Report | None = None
        self._on = False
        self._chip = ESP32
        self.bare()

    def close(self) -> None:
        self.shop.close()

    @property
    def store(self) -> Store:
        """The acquirer's."""
        return self.shop._store

    def order(self, **other: object) -> Order:
        """For the first terminal that the test bank has enrolled."""
        enrolled = self.shop.terminal
        chinese, _, english = enrolled.merchant.partition(" ")
        order = Order(
            board=BOARD,
            terminal=enrolled.tid,
            serial=enrolled.serial,
            merchant=enrolled.mid,
            name_zh=chinese,
            name_en=english,
            account=f"merchant {enrolled.mid}",
            place="Counter 1",
            host=HOST,
            port=PORT,
        )
        return replace(order, **other)  # type: ignore[arg-type]

    def build(self) -> Release:
        """The application, compiled and signed."""
        if self._release is None:
            self._release = make(load_board(BOARD), self.signer.sign)
        return self._release

    def workshop(self, order: Order) -> Workshop:
        return Workshop(
            ceremony=self.ceremony,
            pair=lambda: self.pair,
            flash=lambda key: self._flash(order, key),
            line=self._line,
            host=self._host,
            at_the_keys=self.at_the_keys,
        )

    def at_the_keys(self, words: str) -> None:
        """The hands: a sale of 0.01 and its void if asked for them, then the administrator's 装机报告."""
        bench = self.shop.bench
        if words == SALE:
            self.shop.log_in()
            bench.expect("请输入金额")
            sell(self.shop, 1)
            ask_to_void(self.shop)
            self.shop.take_slips()
            bench.press("menu", "7", "9")
        else:
            self.switch_on()
        identify_administrator(self.shop)
        bench.expect("管理员", "1 终端参数")
        bench.press("8", "9", "1")
        bench.expect("请连接维护电脑")

    def bare(self) -> None:
        """Another chip comes onto the bench, with nothing on it."""
        self.switch_off()
        self.unit.write_bytes(b"\xff" * self.unit.stat().st_size)
        self.shop.bench.nvs.clear()
        number = self._chip.registers[_MAC] + 1
        self._chip = replace(self._chip, registers=self._chip.registers | {_MAC: number})

    def switch_off(self) -> None:
        """If it is on."""
        if self._on:
            self.shop.bench.power_off()
        self._on = False

    def switch_on(self) -> None:
        """Anew, if it was on."""
        self.switch_off()
        self.shop.bench.power_on()
        self._on = True

    def _flash(self, order: Order, injection_key: bytes) -> Facts:
        self.switch_off()
        board = load_board(BOARD)
        release = self.build()
        software = flash_image(board, release.bundle, self.signer.public)
        image, _ = build_image(
            order.profile(), Random("workshop").randbytes, injection_key=injection_key, software=software
        )
        stock = parse(self._stock, "stand-in")
        ours = plan(stock, image, CHIP)
        register = Register(self.directory / "serials.csv")
        with start_blocking_portal() as portal:
            with portal.wrap_async_context_manager(rom_loader(self.unit, self._chip)) as loader:
                job = Job(
                    lambda *_: ours,
                    register,
                    board=BOARD,
                    version=release.version,
                    stock=stock.sha256,
                    reset_by=("no-reset", "no-reset"),
                    serial=order.serial,
                    self_test=False,
                )
                report = flash(loader.path, job, self.progress)
            if self._examined and not report.trouble:
                nvs: dict[str, bytes] = {}
                starting = repl(self.unit, nvs, LiveWorld({}), from_flash=True)
                with portal.wrap_async_context_manager(starting) as running:
                    from host_tools.flash.doctor import examine

                    report.findings = examine(running.path)
        self.report = report
        told = facts(report, BOARD, release.version, stock.sha256)
        self.switch_on()
        return told

    @contextmanager
    def _line(self) -> Iterator[Cable]:
        self.shop.bench.parts.service.heard.clear()
        yield Cable(self.shop.bench)

    @contextmanager
    def _host(self) -> Iterator[Store]:
        yield self.store

    def _key_ceremony(self) -> Pair:
        """Two people; the master key that they bring in halves is the one that the test bank has for its terminal."""
        pair = self.ceremony.pair(*(self.ceremony.enrol(name, says) for name, says in PEOPLE))
        random = Random(2).randbytes
        for master in Master:
            halves = new_component(Algorithm.AES, 32, random), new_component(Algorithm.AES, 32, random)
            whole = combine(Algorithm.AES, *halves)
            self.ceremony.make_master(master, pair, Algorithm.AES, halves, check_value(Algorithm.AES, whole))
        tmk = load_bank().terminals[TERMINAL].tmk
        first = new_component(Algorithm.TDES, 16, random)
        second = psec.des.adjust_key_parity(psec.tools.xor(first, tmk))
        value = check_value(Algorithm.TDES, combine(Algorithm.TDES, first, second))
        self.ceremony.make_terminal_key(TERMINAL, pair, Algorithm.TDES, (first, second), value)
        return pair


def _nothing() -> bytes:
    """A flash with a partition table and no application: what a chip is before it has been flashed does not matter."""
    from host_tools.build.partition_table import of_board
    from host_tools.flash.factory import blank

    return blank(of_board(load_board(BOARD)))
