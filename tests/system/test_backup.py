"""A broken board is replaced (R23, R24): its journal goes on on another one, and the host's books agree with it."""

from __future__ import annotations

from datetime import UTC, datetime
from queue import Queue
from random import Random
from threading import Thread
from typing import TYPE_CHECKING

import psec
import pytest
from typer.testing import CliRunner

from host_tools.acquirer.fixture import load
from host_tools.audit.archive import ArchiveFile
from host_tools.audit.export import Format, write
from host_tools.audit.image import FlashImage
from host_tools.audit.verify import judge
from host_tools.backup import errors, line
from host_tools.bench.cable import Cable
from host_tools.bench.counter import identify_administrator
from host_tools.bench.shop import TERMINAL, Shop
from host_tools.cli import app
from host_tools.keys.ceremony import Ceremony
from host_tools.keys.components import Algorithm, check_value, combine, new_component
from host_tools.keys.injection import exchange
from host_tools.keys.master_keys import Master
from tests.system.books import messages, print_totals, sell
from tests.system.test_commissioning import PEOPLE, SERIAL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from host_tools.keys.custodians import Pair


class Workshop:
    """Two custodians with the workshop's keys, and the boards that they prepare for one terminal number."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        hour = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
        self.ceremony = Ceremony(directory / "ceremony", now=lambda: hour, random=Random(1).randbytes, cost=2)
        self.pair: Pair = self.ceremony.pair(*(self.ceremony.enrol(name, says) for name, says in PEOPLE))
        random = Random(2).randbytes
        for master in Master:
            halves = new_component(Algorithm.AES, 32, random), new_component(Algorithm.AES, 32, random)
            value = check_value(Algorithm.AES, combine(Algorithm.AES, *halves))
            self.ceremony.make_master(master, self.pair, Algorithm.AES, halves, value)
        first = new_component(Algorithm.TDES, 16, random)
        second = psec.des.adjust_key_parity(psec.tools.xor(first, load().terminals[TERMINAL].tmk))
        value = check_value(Algorithm.TDES, combine(Algorithm.TDES, first, second))
        self.ceremony.make_terminal_key(TERMINAL, self.pair, Algorithm.TDES, (first, second), value)

    def board(self, seed: int, acquirer: Shop | None = None) -> Shop:
        """A new one with its keys, switched on; at the host of an earlier one."""
        directory = self._directory / f"board {seed}"
        directory.mkdir()
        shop = Shop(directory, seed=seed, injection_key=self.ceremony.injection_key(self.pair, SERIAL))
        if acquirer:
            shop.acquirer, shop.trace = acquirer.acquirer, acquirer.trace
        shop.bench.power_on()
        with self.ceremony.injecting(self.pair, TERMINAL, SERIAL) as injection:
            exchange(injection, Cable(shop.bench))
        return shop

    @property
    def backup_key(self) -> bytes:
        return self.ceremony.backup_key(self.pair, TERMINAL)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture
def old(workshop: Workshop) -> Iterator[Shop]:
    """A board that has sold twice, and once without an answer while the host went down."""
    with workshop.board(1) as shop:
        switch_on_again(shop)
        shop.log_in()
        shop.bench.expect("请输入金额")
        sell(shop, 10_00)
        sell(shop, 25_50)
        yield shop


def log_out(shop: Shop) -> None:
    shop.bench.press("menu", "7", "9")


def administer(shop: Shop) -> None:
    """From the log-in to the administrator's menu."""
    bench = shop.bench
    bench.expect("柜员登录", "柜员号")
    identify_administrator(shop)
    bench.expect("管理员", "1 终端参数")


def fetch(shop: Shop) -> bytes:
    """From the administrator's menu, by its 备份."""
    shop.bench.press("6")
    shop.bench.expect("备份", "1 串口线")
    shop.bench.press("1")
    shop.bench.expect("请连接维护电脑")
    content = line.save(Cable(shop.bench))
    shop.bench.expect("备份完成")
    return content


def back_up(shop: Shop) -> bytes:
    """From the idle screen, and back to it."""
    log_out(shop)
    administer(shop)
    content = fetch(shop)
    shop.bench.press("enter", "cancel")
    shop.log_in()
    shop.bench.expect("请输入金额")
    return content


def switch_on_again(shop: Shop) -> None:
    shop.bench.power_off()
    shop.bench.power_on()


def test_another_board_takes_over(workshop: Workshop, old: Shop, tmp_path: Path) -> None:
    content = back_up(old)
    sell(old, 3_00)  # which the archive does not know
    old.bench.power_off()
    with workshop.board(2, old) as new:
        line.restore(Cable(new.bench), content)
        switch_on_again(new)
        new.log_in()
        new.bench.expect("请输入金额")
        sell(new, 7_00)
        books = print_totals(new)
        assert (books.count, books.amount) == (3, 42_50)
        host = old.acquirer.ledger.totals(TERMINAL, 1)
        assert (host.count, host.amount) == (4, 45_50)  # what the old board sold since is in the host's books alone
        assert old.acquirer.ledger.check() == []
        report = judge(FlashImage(new.bench.flash.image()).reading(new.secrets.journal_key))
        assert report.good, report.finding


def test_what_the_host_must_be_told_comes_along(workshop: Workshop, old: Shop) -> None:
    """The host got a sale and its answer was lost; the new board takes it back before it sells."""
    old.ask_for(8_00, old.cards["plain"])
    old.bench.until(lambda: old.trace[-1].mti == "0210", "answer on its way")
    old.bench.power_off()
    old.host_up = False
    old.bench.power_on()
    administer(old)
    content = fetch(old)
    old.bench.power_off()
    with workshop.board(2, old) as new:
        line.restore(Cable(new.bench), content)
        switch_on_again(new)
        new.log_in()
        new.bench.expect("请输入金额")
        assert messages(old)[-4:] == ["0800", "0810", "0400", "0410"]  # it needs working keys of its own first
        assert (print_totals(new).count, old.acquirer.ledger.totals(TERMINAL, 1).count) == (2, 2)


def test_the_workshop_opens_the_archive_of_a_dead_board(workshop: Workshop, old: Shop, tmp_path: Path) -> None:
    """Its flash is not needed, and what comes out is what the flash would have said."""
    content = back_up(old)
    image = judge(FlashImage(old.bench.flash.image()).reading(old.secrets.journal_key))
    archive = judge(ArchiveFile(content).reading(workshop.backup_key))
    assert archive.good
    assert archive.books
    assert image.books
    assert [entry.amount for entry in archive.books.entries] == [10_00, 25_50]
    for name, report in (("image", image), ("archive", archive)):
        assert report.books
        write(tmp_path / f"{name}.json", Format.JSON, report.books.entries, report.lines)
    assert (tmp_path / "image.json").read_text("utf-8") == (tmp_path / "archive.json").read_text("utf-8")
    path, key = tmp_path / "terminal.spb", tmp_path / "backup.key"
    path.write_bytes(content)
    key.write_bytes(workshop.backup_key)
    done = CliRunner().invoke(app, ["audit", "verify", str(path), "--key", str(key)], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output


def test_nobody_sells_on_a_board_that_has_just_been_restored_to(workshop: Workshop, old: Shop) -> None:
    content = back_up(old)
    with workshop.board(2, old) as new:
        line.restore(Cable(new.bench), content)
        new.log_in()
        new.bench.expect("数据已恢复", "请关机再开机")


def test_a_board_in_use_is_not_restored_to(workshop: Workshop, old: Shop) -> None:
    content = back_up(old)
    with workshop.board(2) as new:  # at a host of its own: this one's voucher numbers are taken
        new.log_in()
        new.bench.expect("请输入金额")
        sell(new, 1_00)
        with pytest.raises(errors.NotEmpty):
            line.restore(Cable(new.bench), content)
        sell(new, 2_00)
        assert print_totals(new).amount == 3_00


def test_cut_short_wrong_and_foreign(workshop: Workshop, old: Shop) -> None:
    """And then the right one is taken after all."""
    content = back_up(old)
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 1
    with workshop.board(2, old) as new:
        cable = Cable(new.bench)
        with pytest.raises(errors.Altered):
            line.restore(cable, bytes(flipped))
        with pytest.raises(errors.OtherTerminal):
            line.restore(cable, content[:5] + b"10000002" + content[13:])
        with pytest.raises(errors.EndMissing):
            line.restore(cable, content[:-100])
        line.restore(cable, content)
        switch_on_again(new)
        new.log_in()
        new.bench.expect("请输入金额")
        assert print_totals(new).amount == 35_50


def test_it_can_be_called_off(workshop: Workshop, old: Shop) -> None:
    log_out(old)
    administer(old)
    old.bench.press("6", "1")
    old.bench.expect("请连接维护电脑")
    old.bench.press("5", "cancel")
    old.bench.expect("管理员", "1 终端参数")
    with pytest.raises(errors.LineSilent):
        line.save(Cable(old.bench))


class Called:
    """The workshop's end of a connection: it speaks when it has been spoken to, as the bench's hosts do."""

    def __init__(self) -> None:
        self._heard: Queue[bytes] = Queue()
        self._said: Queue[bytes | None] = Queue()
        self._waiting = b""
        self.content = b""
        Thread(target=self._save, daemon=True).start()

    def feed(self, data: bytes) -> list[tuple[int, bytes | None]]:
        self._heard.put(data)
        return [(1000, self._said.get(timeout=10))]

    def write(self, data: bytes, /) -> int:
        self._said.put(data)
        return len(data)

    def read(self, size: int = 1, /) -> bytes:
        if not self._waiting:
            self._waiting = self._heard.get(timeout=10)
        data, self._waiting = self._waiting[:size], self._waiting[size:]
        return data

    def _save(self) -> None:
        self._waiting = self._heard.get(timeout=10)  # HERE
        self.content = line.save(self)
        self._said.put(None)


def call(shop: Shop, address: str) -> None:
    """From the idle screen to the call to the workshop."""
    log_out(shop)
    administer(shop)
    shop.bench.press("6", "2")
    shop.bench.expect("电脑地址")
    shop.bench.type(address)
    shop.bench.press("enter")


def test_over_the_network(workshop: Workshop, old: Shop) -> None:
    far: list[Called] = []

    def answered() -> Called:
        far.append(Called())
        return far[-1]

    old.bench._world._hosts["192.168.1.20:9100"] = answered
    call(old, "192168001020")
    old.bench.expect("备份完成")
    report = judge(ArchiveFile(far[0].content).reading(workshop.backup_key))
    assert report.good
    assert report.books
    assert [entry.amount for entry in report.books.entries] == [10_00, 25_50]


def test_a_workshop_that_is_not_there(old: Shop) -> None:
    call(old, "192168001021")
    old.bench.expect("主机连不上")
    old.bench.press("enter")
    old.bench.expect("管理员")


def test_neither_keys_nor_card_numbers_cross_the_line(workshop: Workshop, old: Shop) -> None:
    content = back_up(old)
    secrets = [
        workshop.backup_key,
        load().terminals[TERMINAL].tmk,
        old.secrets.keys,
        old.secrets.journal,
        *(card.pan.encode() for card in old.cards.values()),
        *(bytes.fromhex(card.pan[:16]) for card in old.cards.values()),
    ]
    for secret in secrets:
        assert secret[:8] not in content
