"""A terminal in use is given another application (R22), by cable and over the network; never while money is in flight
(S19), and never backwards (S20)."""

from __future__ import annotations

import json
import ssl
from hashlib import sha256
from pathlib import Path

import pytest

from host_tools.acquirer.faults import Kind
from host_tools.acquirer.tls import SecuredExchange
from host_tools.bench.cable import Cable
from host_tools.bench.flash import PowerCut
from host_tools.bench.shop import EXPIRES, ISSUED, TERMINAL, LineOffice, Shop
from host_tools.flash.factory import SECTOR
from host_tools.keys.line_certificates import server_context
from host_tools.update import errors
from host_tools.update.bundles import Bundle
from host_tools.update.line import send
from host_tools.update.rollout import Rollout, Where
from host_tools.update.server import build_app
from tests.system.books import agree, messages, sell, sell_offline
from tests.system.malls import mall
from tests.system.software import NUMBER, release, software
from tests.system.test_backup import log_out
from tests.system.updates import (
    SERVER,
    SecuredWeb,
    Web,
    at_night,
    begin,
    by_cable,
    fetching,
    number_in,
    online,
    runs,
    with_parameters,
)

NEW = NUMBER + 1


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path, software=software())


def test_by_cable_through_a_pulled_cable_and_a_power_cut(tmp_path: Path) -> None:
    """Another power cut has left most of it in the slot already."""
    bundle = release(NEW, floor=NEW)
    left = b"\xff" * SECTOR + bundle[SECTOR : 80 * SECTOR]
    with Shop(tmp_path, software=software(second=left)) as shop:
        mark = sha256(bundle[:SECTOR].rstrip(b"\xff")).digest()[:8]
        shop.bench.nvs["suanpan/update"] = mark + (80).to_bytes(2, "little")
        shop.bench.power_on()
        by_cable(shop)
        with pytest.raises(errors.LineSilent):  # the cable comes off
            send(Fraying(shop, 50), bundle)
        shop.bench.expect("正在接收", "%")
        shop.bench.flash.cut_after(8)
        with pytest.raises(PowerCut):
            send(Cable(shop.bench), bundle)
        assert number_in(shop.bench.flash.image(), 1) == 0
        shop.bench.power_on()
        shop.bench.expect("柜员号")
        assert runs(shop) == NUMBER
        by_cable(shop)
        sent: list[int] = []
        send(Cable(shop.bench), bundle, sent.append)
        assert sent[7] < SECTOR < 80 * SECTOR <= sent[8]  # behind its first sector it goes on where it was
        shop.bench.expect("更新已收到")
        shop.bench.expect("程序已更新", "0.1.0")
        shop.log_in()
        shop.bench.expect("请输入金额")
        assert runs(shop) == NEW
        sell(shop, 12_34)
        agree(shop, 1, 12_34)
        assert shop.bench.console() == ""


class Fraying(Cable):
    """Ends after so many frames."""

    def __init__(self, shop: Shop, frames: int) -> None:
        super().__init__(shop.bench)
        self._left = frames

    def write(self, data: bytes) -> None:
        self._left -= 1
        if self._left > 0:
            super().write(data)


def refused() -> dict[type[errors.UpdateError], bytes]:
    signed = release(NEW)
    return {
        errors.NotABundle: b"\xff" * 5000,
        errors.NotSigned: signed[:40] + bytes([signed[40] ^ 1]) + signed[41:],
        errors.OtherBoard: release(NEW, board_name="esp32_devkitc"),
        errors.NotNewer: release(NUMBER),
    }


def test_what_is_refused_is_said_on_both_sides(shop: Shop) -> None:
    with shop:
        shop.bench.power_on()
        by_cable(shop)
        before = shop.flash_image.read_bytes()
        for error, bundle in refused().items():
            with pytest.raises(error):
                send(Cable(shop.bench), bundle)
            shop.bench.run(1)
            assert any("U0" in line for line in shop.bench.screen())
        assert shop.flash_image.read_bytes() == before
        with pytest.raises(errors.CutShort):
            send(Cable(shop.bench), release(NEW)[:50_000])
        shop.bench.press("cancel")
        shop.log_in()
        shop.bench.expect("请输入金额")
        assert runs(shop) == NUMBER


def test_not_while_money_is_in_flight(tmp_path: Path) -> None:
    """It says which: the first of them that there is."""
    with Shop(tmp_path) as shop:
        shop.open()
        shop.bench.expect("请输入金额")
        sell(shop, 12_34)
        refuses(shop, "有未结算的交易", errors.Unsettled)
        shop.bench.network(False)
        sell_offline(shop, 5_00)
        shop.bench.expect("未上送1")
        refuses(shop, "有交易未上送", errors.QueueUnsent)
        shop.bench.network(True)
        shop.bench.until(lambda: "0230" in messages(shop), "advice", 120)
        shop.bench.expect("按菜单键")
        shop.disturb(Kind.SILENT, "0200")
        shop.on_message.append(lambda _: shop.bench.network(False))
        shop.ask_for(7_00, shop.cards["plain"])
        shop.bench.expect("待确认", timeout=120)
        shop.bench.press("enter")
        shop.bench.expect("请输入金额")
        refuses(shop, "有冲正未完成", errors.ReversalDue)


def refuses(shop: Shop, words: str, error: type[errors.UnitBusy]) -> None:
    log_out(shop)
    shop.bench.press("enter")  # whatever there is to say before
    begin(shop)
    shop.bench.expect("程序更新", words)
    with pytest.raises(error):
        send(Cable(shop.bench), bytes(4096))
    shop.bench.press("enter", "cancel", "cancel")
    shop.log_in()
    shop.bench.press("enter")  # whatever the sign-in had to say
    shop.bench.expect("请输入金额")


# -- over the network --------------------------------------------------------------------------------------


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    path = tmp_path / "virtual.bundle"
    path.write_bytes(release(NEW, floor=NEW))
    return Bundle.load(path)


def test_at_night_by_itself_as_a_rollout_offers_it(
    tmp_path: Path, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a line that breaks at every connection, and parameters that the new version brings forward."""
    with_parameters(monkeypatch, update_server=f"http://{SERVER}/", schema=4)
    rollout = Rollout.begin([TERMINAL, "10000002"], NEW, (50, 100))
    app = build_app({"virtual": bundle}, rollout)
    lengths = iter([None, 150_000, 40_000, 100])
    bench = online(lambda: Web(app, lambda: next(lengths, None)))
    with Shop(tmp_path, software=software(), bench=bench) as shop:
        at_night(shop)
        shop.bench.power_on()
        shop.bench.expect("柜员号")
        shop.bench.run(540)
        assert rollout.terminals[TERMINAL] == Where.WAITING  # by day nobody asks
        shop.bench.until(lambda: runs(shop) == NEW, "update", 2 * 3600)
        assert 2 <= shop.bench.now().hour < 5
        shop.bench.expect("程序已更新")
        shop.bench.until(lambda: rollout.terminals[TERMINAL] == Where.RUNNING, "report", 2 * 3600)
        assert rollout.invited == [TERMINAL, "10000002"]
        shop.log_in()
        shop.bench.expect("请输入金额")
        sell(shop, 12_34)


def test_at_night_where_several_merchants_share_the_terminal(tmp_path: Path, bundle: Bundle) -> None:
    app = build_app({"virtual": bundle})
    with fetching(f"http://{SERVER}/"), mall(tmp_path, software=software(), bench=online(lambda: Web(app))) as shop:
        at_night(shop)
        shop.bench.power_on()
        shop.bench.until(lambda: runs(shop) == NEW, "update", 2 * 3600)
        shop.bench.expect("柜员号")


def test_one_that_does_not_come_up_stops_the_rollout(
    tmp_path: Path, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_parameters(monkeypatch, update_server=f"http://{SERVER}/")
    rollout = Rollout.begin([TERMINAL], NEW, (100,))
    app = build_app({"virtual": bundle}, rollout)
    with Shop(tmp_path, software=software(), bench=online(lambda: Web(app))) as shop:
        at_night(shop)
        shop.bench.power_on()
        shop.bench.expect("柜员号")
        shop.bench.parts.printer.jam_cutter()
        shop.bench.until(lambda: rollout.terminals[TERMINAL] == Where.FETCHED, "update", 2 * 3600)
        shop.bench.expect("U06")
        assert runs(shop) == NUMBER
        shop.bench.until(lambda: rollout.stopped, "report", 2 * 3600)
        assert rollout.cause == {TERMINAL: "U06"}
        assert json.loads(json.dumps(rollout.terminals)) == {TERMINAL: "failed"}


def test_by_https_when_the_administrator_says_so(
    tmp_path: Path, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a certificate of the line's authority; by another, not a byte of it is taken."""
    with_parameters(monkeypatch, update_server=f"https://{SERVER}/")
    app = build_app({"virtual": bundle})
    shown: list[ssl.SSLContext] = []
    bench = online(lambda: SecuredExchange(shown[-1], SecuredWeb(app)), 443)  # type: ignore[arg-type]
    with Shop(tmp_path, software=software(), bench=bench, tls=True) as shop:
        assert shop.line
        right, wrong = (
            server_context(office.authority.host([SERVER], ISSUED, EXPIRES), shop.line.authority.pem)
            for office in (shop.line, LineOffice(TERMINAL))
        )
        shown.append(wrong)
        shop.bench.power_on()
        begin(shop)
        shop.bench.press("2")
        shop.bench.expect("A11", timeout=300)
        assert runs(shop) == NUMBER
        shop.bench.press("enter")
        shown.append(right)
        shop.bench.press("8")
        shop.bench.expect("系统设置")
        shop.bench.press("8", "2")
        shop.bench.until(lambda: runs(shop) == NEW, "update", 300)
        shop.log_in()
        shop.bench.expect("请输入金额")
