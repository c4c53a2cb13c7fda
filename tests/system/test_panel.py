"""The terminal in a real browser: what a cashier does with a mouse or at a keyboard, and sees."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from host_tools.bench.panel.desk import Desk
from host_tools.bench.panel.live_shop import open_shop
from host_tools.bench.panel.server import bind, serving
from host_tools.bench.screen_reader import read_lines
from host_tools.bench.script import read
from host_tools.bench.script_stage import ShopStage, at_once
from host_tools.bench.shop import Shop
from host_tools.flash.factory import FACTORY_OPERATOR, FACTORY_PASSWORD
from host_tools.screens.cli import differences
from tests.plugins.debian import ToolFinder

PATIENCE_MS = 20_000
LOOK_MS = 20
RETRY_MS = 2_000
HOLD_MS = 60  # a finger on a key
TID, BATCH = "10000001", 1
SALE = Path(__file__).parents[1] / "scripts" / "sale.bench"
DESKTOP = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=360, height=780)

# The canvas as rows of bits, as the emulator has them.
READ_CANVAS = """() => {
    const { data } = document.getElementById("display").getContext("2d").getImageData(0, 0, 128, 64);
    const rows = Array(1024).fill(0);
    for (let i = 0; i < 8192; i++) if (data[4 * i] > 127) rows[i >> 3] |= 0x80 >> (i & 7);
    return rows;
}"""
COUNT_INK = """canvas => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, i) => i % 4 === 0 && value < 128).length;
}"""


class Counter:
    """The page, and the desk behind it."""

    def __init__(self, page: Page, portal: BlockingPortal, desk: Desk) -> None:
        self.page = page
        self.desk = desk
        self.portal = portal

    def pixels(self) -> bytes:
        """What the display emulator shows."""
        return self.portal.call(self.desk.bench.parts.display.pixels)

    def canvas(self) -> bytes:
        """What the browser shows."""
        return bytes(self.page.evaluate(READ_CANVAS))

    def within(self, limit_ms: int, condition: Callable[[], bool]) -> bool:
        for _ in range(limit_ms // LOOK_MS):
            if condition():
                return True
            self.page.wait_for_timeout(LOOK_MS)
        return False

    def until(self, condition: Callable[[], bool], what: str) -> None:
        if self.within(PATIENCE_MS, condition):
            return
        screen = "\n".join(f"    |{line}" for line in read_lines(self.canvas()))
        pytest.fail(f"no {what}; the browser shows:\n{screen}", pytrace=False)

    def see(self, *texts: str) -> None:
        """They can be read in the browser, which shows what the emulator shows, pixel by pixel."""
        for text in texts:
            self.until(lambda text=text: any(text in line for line in read_lines(self.canvas())), text)  # type: ignore[misc]
        self.until(lambda: self.canvas() == self.pixels(), "picture equal to the emulator's")

    def click(self, *keys: str) -> None:
        for key in keys:
            self._strike(lambda key=key: self.page.click(f'[data-key="{key}"]', delay=HOLD_MS))  # type: ignore[misc]

    def type(self, *keys: str) -> None:
        for key in keys:
            self._strike(lambda key=key: self.page.keyboard.press(key, delay=HOLD_MS))  # type: ignore[misc]

    def _strike(self, key: Callable[[], None]) -> None:
        """A key that is to be seen on the display; where it is not taken (the machine is busy), strike again."""
        before = self.pixels()
        for _ in range(3):
            key()
            taken = self.within(RETRY_MS, lambda: self.pixels() != before)
            self.page.wait_for_timeout(HOLD_MS)  # the finger's way to the next key
            if taken:
                return
        pytest.fail("a key is not taken")

    def log_in(self) -> None:
        self.see("柜员号")
        self.type(*FACTORY_OPERATOR, "Enter", *FACTORY_PASSWORD, "Enter")
        self.see("请输入金额")

    def sold(self) -> tuple[int, int]:
        """Count and amount of the sales in the acquirer's ledger."""
        totals = self.portal.call(self.desk.acquirer.ledger.totals, TID, BATCH)
        return totals.count, totals.amount


@asynccontextmanager
async def open_desk(directory: Path, *, chips: bool = False) -> AsyncIterator[tuple[Desk, str]]:
    with bind(0) as listener:
        async with open_shop(directory, chips=chips) as desk, serving(desk, listener):
            await desk.switch_power(on=True)
            yield desk, f"http://127.0.0.1:{listener.getsockname()[1]}/"


@pytest.fixture(scope="module")
def browser(debian_tool: ToolFinder) -> Iterator[Browser]:
    chromium = debian_tool("chromium")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses root its sandbox
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=arguments) as browser,
    ):
        yield browser


@pytest.fixture
def counter(browser: Browser, tmp_path: Path) -> Iterator[Counter]:
    """A terminal that has just been switched on, in a browser."""
    with looked_at(browser, tmp_path) as counter:
        yield counter


@contextmanager
def looked_at(browser: Browser, directory: Path, *, chips: bool = False) -> Iterator[Counter]:
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(open_desk(directory, chips=chips)) as (desk, url),
        browser.new_context(viewport=DESKTOP, reduced_motion="reduce") as context,
    ):
        page = context.new_page()
        mistakes: list[str] = []
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        page.on("requestfailed", lambda request: mistakes.append(request.url))
        page.goto(url)
        yield Counter(page, portal, desk)
        assert not mistakes


def test_a_sale_by_mouse(counter: Counter) -> None:
    page = counter.page
    counter.see("柜员登录", "柜员号")
    counter.click(*FACTORY_OPERATOR, "enter", *FACTORY_PASSWORD, "enter")
    counter.see("请输入金额")
    counter.click("1", "2", "3", "4")
    counter.see("消费", "12.34")
    counter.click("enter")
    counter.see("请刷卡", "12.34")
    card = page.locator('[data-card="plain"]').bounding_box()
    slot = page.locator("#slot").bounding_box()
    assert card
    assert slot
    page.mouse.move(card["x"] + 60, card["y"] + 20)
    page.mouse.down()
    page.mouse.move(slot["x"] + 10, slot["y"] + 60, steps=5)
    page.mouse.up()
    counter.see("请输入密码")
    counter.click(*"123456")
    counter.see("******")
    counter.click("enter")
    counter.see("撕单后按确认")
    assert counter.sold() == (1, 12_34)

    paper = page.locator("#path .slip.cut canvas")
    assert paper.evaluate("canvas => canvas.width") == 2 * 384
    assert paper.evaluate(COUNT_INK) > 1000
    page.click("#tear")
    page.locator("#tray img").evaluate("image => image.decode()")  # fails if it cannot be shown
    assert page.locator("#path .slip").count() == 0
    counter.click("enter")
    counter.see("请输入金额")
    merchant, customer = counter.desk.bench.parts.printer.slips
    assert "商户存根" in merchant.text
    assert "持卡人存根" in customer.text
    assert "RMB 12.34" in customer.text


def test_chip_cards(browser: Browser, tmp_path: Path) -> None:
    """One is put in with the mouse and pulled out, one held to the reader with a key; each is told as a story."""
    with looked_at(browser, tmp_path, chips=True) as counter:
        page = counter.page
        counter.log_in()
        counter.type("5", "6", "7", "Enter")
        counter.see("请刷卡", "5.67")
        page.click('[data-way="insert"]')
        page.click('[data-card="up-debit"]', position={"x": 60, "y": 20})
        counter.see("请输入密码")
        assert page.locator(".card.inserted").get_attribute("data-card") == "up-debit"
        counter.type(*"123456", "Enter")
        counter.see("请拔卡")
        page.click("#pull")
        counter.see("撕单后按确认")
        counter.type("Enter")
        counter.see("请输入金额")
        assert page.locator("#pull").is_hidden()
        counter.type("8", "9", "Enter")
        counter.see("请刷卡", "0.89")
        page.locator("#cards [tabindex='0']").focus()
        page.keyboard.press("t")
        counter.see("撕单后按确认")
        counter.type("Enter")
        counter.see("请输入金额")
        assert counter.sold() == (2, 6_56)
        stories = page.locator("#stories > li")
        assert stories.count() == 2
        assert [text.count("approved online") for text in stories.all_inner_texts()] == [1, 1]
        stories.nth(1).locator("summary").click()
        assert "CDA, by key A000000333 F1 of UnionPay" in stories.nth(1).inner_text()


def test_a_sale_by_keyboard(counter: Counter) -> None:
    page = counter.page
    counter.log_in()
    counter.type("5", "0", "0", "Backspace")
    counter.see("消费", "0.50")
    counter.type("Escape")
    counter.see("请输入金额")
    counter.type("5", "6", "7", "Enter")
    counter.see("请刷卡", "5.67")
    page.locator("#cards [tabindex='0']").focus()
    page.keyboard.press("ArrowDown")  # the second card; the terminal's arrows are elsewhere
    counter.see("请刷卡")
    page.keyboard.press("s")
    counter.see("请输入密码")
    counter.type(*"654321", "Enter")
    counter.see("撕单后按确认")
    counter.type("Enter")
    counter.see("请输入金额")
    assert counter.sold() == (1, 5_67)
    counter.type("F1")
    counter.see("功能")


def test_messages_are_shown_by_name_and_masked(counter: Counter) -> None:
    counter.log_in()
    counter.type("1", "Enter")
    counter.see("请刷卡")
    counter.page.keyboard.press("s")
    counter.see("请输入密码")
    counter.type(*"111111", "Enter")
    counter.see("密码错误")
    rows = counter.page.locator("#messages summary")
    assert [re.sub(r"\s+", " ", text)[9:] for text in rows.all_inner_texts()] == [
        "← 0210 消费 sale reply 55 密码错 wrong or missing PIN",
        "→ 0200 消费 sale ¥0.01",
        "← 0810 签到 sign-in reply 00 成功 approved",
        "→ 0800 签到 sign-in",
    ]
    rows.nth(1).click()
    fields = counter.page.locator("#messages li").nth(1)
    assert "主账号 primary account number" in fields.inner_text()
    assert "620000******0013" in fields.inner_text()
    for card in counter.desk.cards.values():
        assert card.pan not in counter.page.content()


def test_a_key_is_one_key_however_long_it_is_held(counter: Counter) -> None:
    counter.see("柜员号")
    counter.page.click('[data-key="1"]')  # down and up at once, as a touchpad has it
    counter.see("1_")
    counter.page.wait_for_timeout(HOLD_MS)
    for _ in range(5):  # auto-repeat
        counter.page.keyboard.down("2")
        counter.page.wait_for_timeout(HOLD_MS)
    counter.page.keyboard.up("2")
    counter.see("12")
    counter.type("Backspace")
    counter.see("1_")


def test_silence_of_the_host_on_demand(counter: Counter) -> None:
    """The fault strikes one message: the reply is missed, the reversal that follows is answered."""
    counter.log_in()
    counter.type("9", "Enter")
    counter.see("请刷卡")
    counter.page.keyboard.press("s")
    counter.see("请输入密码")
    counter.type(*"123456")
    counter.page.click('[data-fault="CLOSE"]')
    counter.page.locator('[data-fault="CLOSE"][aria-pressed="true"]').wait_for()
    counter.type("Enter")  # the terminal's, though a button has just been clicked
    counter.see("失败 未扣款")
    counter.page.locator('[data-fault="CLOSE"][aria-pressed="false"]').wait_for()
    assert counter.sold() == (0, 0)


def test_the_power_switch_and_a_firmware_that_dies(
    counter: Counter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = counter.page
    power = page.get_by_role("switch", name="电源")
    counter.see("柜员号")
    power.click()
    counter.until(lambda: not any(counter.canvas()), "dark display")
    (tmp_path / "main.py").write_text("import link\nlink.connect()\nraise ValueError('bad luck')\n")
    monkeypatch.setenv("SUANPAN_FIRMWARE", str(tmp_path))
    power.click()
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "ValueError: bad luck" in alert.inner_text()
    monkeypatch.delenv("SUANPAN_FIRMWARE")
    page.click("#restart")
    counter.see("柜员号")
    assert alert.is_hidden()


def test_it_fits_a_phone(counter: Counter) -> None:
    page = counter.page
    page.set_viewport_size(PHONE)
    counter.see("柜员号")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for element in page.locator("#display, #slot, #keypad button").all():
        box = element.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        assert min(box["width"], box["height"]) >= (44 if element.get_attribute("data-key") else 24)
    counter.click("0")
    counter.see("0_")


def test_a_script_that_also_runs_without_a_browser(counter: Counter, tmp_path: Path) -> None:
    """Played at the desk it comes to the same screens, slips and books as in virtual time."""
    page = counter.page
    counter.see("柜员号")
    page.set_input_files("#script", SALE)
    line = page.locator("#script-line")
    page.locator("#stop-script").wait_for()
    counter.until(lambda: "sale.bench" in line.inner_text(), "line of the script")
    counter.until(lambda: not counter.desk.player.status["playing"], "end of the script")
    page.locator("#stop-script").wait_for(state="hidden")
    assert line.inner_text() == ""
    (tmp_path / "again").mkdir()
    with Shop(tmp_path / "again") as shop:
        stage = ShopStage(shop)
        at_once(read(SALE).play(stage))
        totals = shop.acquirer.ledger.totals(TID, BATCH)
        slips = [slip.text for slip in shop.bench.parts.printer.slips]
    assert counter.sold() == (totals.count, totals.amount) == (1, 12_34)
    played = counter.desk.player.stage.pictures
    assert played.keys() == stage.pictures.keys()
    assert all(differences(played[name], stage.pictures[name]) is None for name in played)
    assert [_amounts(slip.text) for slip in counter.desk.bench.parts.printer.slips] == [
        _amounts(slip) for slip in slips
    ]


def _amounts(slip: str) -> list[str]:
    """What is on a slip that is no time, number or date."""
    return re.findall(r"RMB [0-9.]+|.*存根", slip)


def test_a_script_with_a_mistake_is_not_begun(counter: Counter, tmp_path: Path) -> None:
    (tmp_path / "bad.bench").write_text("power off\npres 1\n")
    counter.see("柜员号")
    counter.page.set_input_files("#script", tmp_path / "bad.bench")
    counter.page.locator("#script-line.wrong").wait_for()
    assert "bad.bench:2: pres is no verb" in counter.page.locator("#script-line").inner_text()
    counter.see("柜员号")


def test_ctrl_c_ends_it_cleanly(tmp_path: Path) -> None:
    suanpan = [sys.executable, "-c", "from host_tools.cli import app; app()"]
    command = [*suanpan, "run", "--port", "0", "--state", str(tmp_path), "--no-browser"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        assert "http://127.0.0.1:" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == ""
        assert process.wait(PATIENCE_MS / 1000) == 0
