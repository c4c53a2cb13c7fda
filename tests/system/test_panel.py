"""The terminal in a real browser: what a cashier does with a mouse or at a keyboard, and sees.

All but the last share one desk, as a shop does: each begins and ends at 请输入金额.
"""

from __future__ import annotations

import asyncio
import base64
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
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, sync_playwright

from host_tools.bench import live
from host_tools.bench.clock import START_US, LiveClock
from host_tools.bench.panel.desk import Desk
from host_tools.bench.panel.live_shop import open_shop
from host_tools.bench.panel.server import bind, serving
from host_tools.bench.screen_reader import read_lines
from host_tools.bench.script import read
from host_tools.bench.script_stage import ShopStage, at_once
from host_tools.bench.shop import Shop
from host_tools.flash.factory import FACTORY_OPERATOR, FACTORY_PASSWORD
from host_tools.replay.trace import load
from host_tools.screens.cli import differences
from tests.plugins.debian import ToolFinder

PATIENCE_MS = 40_000
LOOK_MS = 20
RETRY_MS = 2_000
HOLD_MS = 60  # a finger on a key
CALM_MS = 100  # between keys that a trace keeps apart, whatever else the machine has to do
HASTE = 3
TID, BATCH = "10000001", 1
SALE = Path(__file__).parents[1] / "scripts" / "sale.bench"
DESKTOP = ViewportSize(width=1400, height=900)
PHONE = ViewportSize(width=390, height=844)

# The canvas as the emulator has it: rows of bits, or three bytes for each pixel.
READ_CANVAS = """() => {
    const canvas = document.getElementById("display");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const pixels = canvas.width * canvas.height;
    const bytes = new Uint8Array(canvas.width === 128 ? pixels / 8 : 3 * pixels);
    for (let i = 0; i < pixels; i++) {
        if (canvas.width === 128) bytes[i >> 3] |= data[4 * i] > 127 ? 0x80 >> (i & 7) : 0;
        else for (let j = 0; j < 3; j++) bytes[3 * i + j] = data[4 * i + j];
    }
    let text = "";
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(text);
}"""
COUNT_INK = """canvas => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, i) => i % 4 === 0 && value < 128).length;
}"""

# What is off the window, or too small for a thumb; slips lie in a row that is scrolled, files are chosen by a label.
MISFITS = """all => all.filter(one => !one.closest("#tray") && one.type !== "file").filter(one => {
    const { left, right, width, height } = one.getBoundingClientRect();
    return left < 0 || right > innerWidth || Math.min(width, height) < (one.dataset.key ? 44 : 40);
}).map(one => one.outerHTML)"""


class HastyClock(LiveClock):
    """The terminal's time passes faster than ours: nobody need wait for its printer."""

    @property
    def now_us(self) -> int:
        return START_US + (super().now_us - START_US) * HASTE

    def call_later(self, delay_us: int, action: Callable[[], None]) -> asyncio.TimerHandle:
        return super().call_later(delay_us // HASTE, action)


class Counter:
    """The page, and the desk behind it."""

    def __init__(self, page: Page, portal: BlockingPortal, desk: Desk) -> None:
        self.page = page
        self.pace_ms = HOLD_MS  # the finger's way to the next key
        self.desk = desk
        self.portal = portal

    def pixels(self) -> bytes:
        """What the display emulator shows."""
        return self.portal.call(self.desk.bench.parts.display.pixels)

    def canvas(self) -> bytes:
        """What the browser shows."""
        return base64.b64decode(self.page.evaluate(READ_CANVAS))

    def lines(self) -> list[str]:
        return read_lines(self.canvas())

    def within(self, limit_ms: int, condition: Callable[[], bool]) -> bool:
        for _ in range(limit_ms // LOOK_MS):
            if condition():
                return True
            self.page.wait_for_timeout(LOOK_MS)
        return False

    def until(self, condition: Callable[[], bool], what: str) -> None:
        if self.within(PATIENCE_MS, condition):
            return
        screen = "\n".join(f"    |{line}" for line in self.lines())
        pytest.fail(f"no {what}; the browser shows:\n{screen}", pytrace=False)

    def see(self, *texts: str) -> None:
        """They can be read in the browser, which shows what the emulator shows, pixel by pixel."""
        for text in texts:
            self.until(lambda text=text: self._reads(text), text)  # type: ignore[misc]
        self.until(lambda: self.canvas() == self.pixels(), "picture equal to the emulator's")

    def _reads(self, text: str) -> bool:
        """Both who looks and who has it read out."""
        return text in self.page.inner_text("#text") and any(text in line for line in self.lines())

    def click(self, *keys: str) -> None:
        for key in keys:
            self.strike(lambda key=key: self.page.click(f'[data-key="{key}"]', delay=HOLD_MS))  # type: ignore[misc]

    def type(self, *keys: str) -> None:
        for key in keys:
            self.strike(lambda key=key: self.page.keyboard.press(key, delay=HOLD_MS))  # type: ignore[misc]

    def strike(self, key: Callable[[], None]) -> None:
        """A key that is to be seen on the display; where it is not taken (the machine is busy), strike again."""
        before = self.pixels()
        for _ in range(3):
            key()
            taken = self.within(RETRY_MS, lambda: self.pixels() != before and not self.desk.bench.busy)
            self.page.wait_for_timeout(self.pace_ms)
            if taken:
                return
        pytest.fail("a key is not taken")

    def log_in(self) -> None:
        self.see("柜员号")
        self.type(*FACTORY_OPERATOR, "Enter", *FACTORY_PASSWORD, "Enter")
        self.see("请输入金额")

    def come_to_rest(self) -> None:
        """Where a test has left it elsewhere, it is switched off and on."""
        if self.within(RETRY_MS, self._at_rest):
            return
        for on in (False, True):
            self.portal.call(self.desk.switch_power, on)
        self.page.keyboard.press("Escape")
        self.see("柜员号")
        self.type(*FACTORY_OPERATOR, "Enter", *FACTORY_PASSWORD, "Enter")
        while not self.within(RETRY_MS, self._at_rest):
            self.type("Enter")  # a slip that was not printed to its end

    def _at_rest(self) -> bool:
        return any("请输入金额" in line for line in self.lines())

    def put_up(self, board: str) -> None:
        """That board, just switched on."""
        self.portal.call(self.desk.switch_power, False)
        choice = self.page.locator(f'#boards [data-board="{board}"]')
        choice.click()
        self.page.locator(f'#boards [data-board="{board}"][aria-checked="true"]').wait_for()
        self.portal.call(self.desk.switch_power, True)

    def ask_for(self, digits: str, shown: str) -> None:
        """An amount, up to where a card is wanted."""
        self.type(*digits, "Enter")
        self.see("请刷卡", shown)

    def find(self, card: str) -> Locator:
        """Search the wallet for a card; it is chosen then."""
        self.page.keyboard.press("/")
        self.page.fill("#search", card)
        self.page.keyboard.press("Enter")
        found = self.page.locator(f'#cards [data-card="{card}"][aria-checked="true"]')
        found.wait_for()
        return found

    def drag(self, card: Locator, place: str) -> None:
        start, end = card.bounding_box(), self.page.locator(place).bounding_box()
        assert start
        assert end
        mouse = self.page.mouse
        mouse.move(start["x"] + 60, start["y"] + 20)
        mouse.down()
        mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=5)
        assert "near" in str(self.page.locator(place).get_attribute("class"))
        mouse.up()

    def take_slips(self) -> None:
        self.see("撕单后按确认")
        self.page.keyboard.press("r")
        self.type("Enter")
        self.see("请输入金额")

    def sold(self) -> tuple[int, int]:
        """Count and amount of the sales in the acquirer's ledger."""
        totals = self.portal.call(self.desk.acquirer.ledger.totals, TID, BATCH)
        return totals.count, totals.amount

    @contextmanager
    def selling(self, amount: int) -> Iterator[None]:
        """One sale of so much is in the books afterwards."""
        count, sum_before = self.sold()
        yield
        assert self.sold() == (count + 1, sum_before + amount)


@asynccontextmanager
async def open_desk(directory: Path) -> AsyncIterator[tuple[Desk, str]]:
    with bind(0) as listener:
        async with open_shop(directory, chips=True) as desk, serving(desk, listener):
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


@pytest.fixture(scope="module")
def shop(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """A terminal that somebody has switched on and logged in at with the mouse, in a browser."""
    with (
        pytest.MonkeyPatch.context() as patch,
        start_blocking_portal() as portal,
        _hurried(patch),
        portal.wrap_async_context_manager(open_desk(tmp_path_factory.mktemp("desk"))) as (desk, url),
        browser.new_context(viewport=DESKTOP, reduced_motion="reduce") as context,
    ):
        page = context.new_page()
        mistakes = mistakes_of(page)
        page.goto(url)
        counter = Counter(page, portal, desk)
        counter.see("柜员登录", "柜员号")
        counter.click(*FACTORY_OPERATOR, "enter", *FACTORY_PASSWORD, "enter")
        yield counter
        assert not mistakes


@contextmanager
def _hurried(patch: pytest.MonkeyPatch) -> Iterator[None]:
    patch.setattr(live, "LiveClock", HastyClock)
    yield


def mistakes_of(page: Page) -> list[str]:
    """What goes wrong on it, from now on."""
    mistakes: list[str] = []
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.on("requestfailed", lambda request: mistakes.append(request.url))
    page.on("console", lambda message: mistakes.append(message.text) if message.type == "error" else None)
    return mistakes


@pytest.fixture
def counter(shop: Counter) -> Iterator[Counter]:
    shop.come_to_rest()
    yield shop
    shop.pace_ms = HOLD_MS
    shop.page.set_viewport_size(DESKTOP)


# -- sales --


def test_a_sale_by_swipe_with_the_mouse(counter: Counter) -> None:
    page = counter.page
    counter.click("1", "2", "3", "4")
    counter.see("消费", "12.34")
    counter.click("enter")
    counter.see("请刷卡", "12.34")
    with counter.selling(12_34):
        counter.drag(counter.find("plain"), "#stripe")
        counter.see("请输入密码")
        counter.click(*"123456")
        counter.see("******")
        counter.click("enter")
        counter.see("撕单后按确认")

    paper = page.locator("#path .slip.cut canvas")
    assert paper.evaluate("canvas => canvas.width") == 2 * 384
    assert paper.evaluate(COUNT_INK) > 1000
    page.click("#tear")
    page.locator("#tray img").evaluate("image => image.decode()")  # fails if it cannot be shown
    assert page.locator("#path .slip").count() == 0
    counter.click("enter")
    counter.see("请输入金额")

    page.keyboard.press("g")
    for kind, start in (("txt", "商户存根".encode()), ("png", b"\x89PNG")):
        with page.expect_download() as kept:
            page.click(f"#save-{kind}")
        assert kept.value.suggested_filename == f"slip-1.{kind}"
        assert start in Path(kept.value.path()).read_bytes()
    page.keyboard.press("ArrowRight")
    page.locator('#viewer img[src^="slips/0.png"]').wait_for()
    page.keyboard.press("Escape")  # the viewer's, not the terminal's
    assert page.locator("#viewer").is_hidden()
    page.keyboard.press("r")


def test_a_sale_by_chip(counter: Counter) -> None:
    """Put in with the mouse, and drawn out by what sticks out; told as a story."""
    page = counter.page
    with counter.selling(5_67):
        counter.ask_for("567", "5.67")
        counter.drag(counter.find("up-debit"), "#slot")
        counter.see("请输入密码")
        page.locator("#stories").get_by_text("进行中 under way").wait_for()
        assert "out" in str(page.locator('#cards [data-card="up-debit"]').get_attribute("class"))
        counter.type(*"123456", "Enter")
        counter.see("请拔卡")
        stub = page.locator("#slot-card")
        assert "6209 99** **** 0016" in stub.inner_text()
        stub.click()
        counter.take_slips()
    assert stub.is_hidden()
    story = page.locator("#stories > li").first
    story.locator("summary").click()
    assert "approved online" in story.inner_text()
    assert "CDA, by key A000000333 F1 of UnionPay" in story.inner_text()


def test_a_sale_by_tap_at_the_keyboard(counter: Counter) -> None:
    page = counter.page
    counter.type("5", "0", "0", "Backspace")
    counter.see("消费", "0.50")
    counter.type("Escape")
    counter.see("请输入金额")
    counter.type("F1")
    counter.see("功能")
    counter.type("Escape")
    counter.see("请输入金额")
    page.fill("#search", "建设银行")
    page.press("#search", "Enter")
    page.keyboard.press("ArrowDown")  # the terminal's arrows are elsewhere
    page.locator('#cards .card:nth-child(2)[aria-checked="true"]').wait_for()
    with counter.selling(89):
        counter.ask_for("89", "0.89")
        counter.find("up-debit")
        page.keyboard.press("t")
        page.locator('#field-card[data-card="up-debit"]').wait_for()
        counter.take_slips()
    story = page.locator("#stories > li").first
    assert "contactless" in story.inner_text()


def test_a_sale_by_the_code_on_the_display(counter: Counter) -> None:
    page = counter.page
    page.keyboard.press("q")
    page.get_by_text("there is no code on the display").wait_for()
    with counter.selling(20_50):
        counter.type("m", "8", "6")
        counter.see("二维码收款")
        counter.type(*"2050", "Enter")
        counter.see("20.50")
        counter.until(lambda: counter.within(2 * RETRY_MS, lambda: _pays(page)), "payment by telephone")
        counter.take_slips()
    assert page.locator("#balance").inner_text() == "¥ 4,979.50"


def _pays(page: Page) -> bool:
    """The code is drawn, and then asked about: whoever is too early looks again."""
    page.keyboard.press("q")
    page.wait_for_timeout(RETRY_MS // 4)
    return page.locator("#balance").inner_text() != "¥ 5,000.00"


def test_a_sale_by_the_code_on_a_telephone(counter: Counter) -> None:
    """On the board with a scanner, which takes the other's place with all that is printed."""
    page = counter.page
    torn = page.locator("#tray button").count()
    counter.put_up("scanner")
    counter.log_in()
    assert page.locator("#scanner").is_visible()
    with counter.selling(3_00):
        counter.type("m", "8", "3")
        counter.see("扫码消费")
        counter.type(*"300", "Enter")
        counter.see("请出示付款码")
        page.keyboard.press("c")
        counter.until(lambda: len(page.input_value("#code").replace(" ", "")) == 18, "payment code")
        page.keyboard.press("v")
        counter.see("交易成功", "3.00")
        counter.take_slips()
    assert page.locator("#tray button").count() > torn


# -- the page --


def test_both_displays_are_drawn_to_scale_and_fit_a_phone(counter: Counter) -> None:
    page = counter.page
    for board, width_mm in (("large", 36.72), ("small", 55.01)):
        counter.put_up(board)
        counter.see("柜员号")
        for viewport in (DESKTOP, PHONE):
            page.set_viewport_size(viewport)
            assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
            glass, body = (page.locator(name).bounding_box() for name in ("#display", ".body"))
            assert glass
            assert body
            assert glass["width"] / body["width"] == pytest.approx(width_mm / 68, rel=0.01)
        shown = page.locator("#display, .stack, button:visible, select:visible, input:visible")
        assert shown.count() > 40
        assert shown.evaluate_all(MISFITS) == []
        counter.strike(lambda: page.click('[data-key="1"]'))  # down and up at once, as a touchpad has it
        counter.see("1_")
        counter.strike(lambda: _hold(page, "2"))
        counter.see("12")
        counter.type("Backspace")
        counter.see("1_")
        counter.type("Backspace")
        page.set_viewport_size(DESKTOP)
        page.evaluate("scrollTo(0, 0)")
    counter.log_in()


def _hold(page: Page, key: str) -> None:
    """With auto-repeat: one stroke, however long it is held."""
    for _ in range(3):
        page.keyboard.down(key)
        page.wait_for_timeout(HOLD_MS)
    page.keyboard.up(key)


def test_every_key_is_in_the_help(counter: Counter) -> None:
    page = counter.page
    page.keyboard.press("?")
    sheet = page.locator("#help")
    sheet.wait_for()
    before = counter.pixels()
    page.keyboard.press("1")  # nobody is at the terminal
    page.keyboard.press("Escape")
    sheet.wait_for(state="hidden")
    assert counter.pixels() == before
    caps = [text for text in page.locator("#help dt").all_text_contents() if len(text) == 1]
    assert len(caps) == len(set(caps)) >= 30
    names = page.locator("button:not(:has(img)), input, select, textarea").evaluate_all(
        "all => all.filter(one => !(one.ariaLabel || one.textContent.trim() || one.labels?.length)).map(one => one.id)"
    )
    assert names == []


def test_messages_are_shown_by_name_and_masked(counter: Counter) -> None:
    counter.ask_for("1", "0.01")
    counter.find("plain")
    counter.page.keyboard.press("s")
    counter.see("请输入密码")
    counter.type(*"111111", "Enter")
    counter.see("密码错误")
    rows = counter.page.locator("#messages summary")
    assert [re.sub(r"\s+", " ", text)[9:] for text in rows.all_inner_texts()][:2] == [
        "← 0210 消费 sale reply 55 密码错 wrong or missing PIN",
        "→ 0200 消费 sale ¥0.01",
    ]
    rows.nth(1).click()
    fields = counter.page.locator("#messages li").nth(1)
    assert "主账号 primary account number" in fields.inner_text()
    assert "620000******0013" in fields.inner_text()
    content = counter.page.content()
    for card in counter.desk.cards.values():
        assert card.pan not in content
    counter.type("Escape")


def test_silence_of_the_host_on_demand(counter: Counter) -> None:
    """The fault strikes one message: the reply is missed, the reversal that follows is answered."""
    page = counter.page
    sold = counter.sold()
    counter.ask_for("9", "0.09")
    counter.find("plain")
    page.keyboard.press("s")
    counter.see("请输入密码")
    counter.type(*"123456")
    page.keyboard.press("f")
    page.select_option("#scenario", "bad-night")
    page.locator("#armed").get_by_text("bad-night").wait_for()
    assert page.input_value("#scenario") == "bad-night"
    page.select_option("#scenario", "")
    page.focus('[data-fault="SILENT"]')
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    page.keyboard.press("Escape")
    page.locator("#armed").get_by_text("断线").wait_for()
    counter.type("Enter")
    counter.see("失败 未扣款")
    page.locator("#armed").get_by_text("断线").wait_for(state="hidden")
    assert counter.sold() == sold
    counter.type("Enter")


def test_a_telephone_at_the_same_terminal(counter: Counter, browser: Browser) -> None:
    """Both see the same; what one does wrong is told to that one, and nothing is lost. All with fingers."""
    with browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True) as context:
        other = context.new_page()
        mistakes = mistakes_of(other)
        other.goto(counter.page.url)
        other.locator("#cards .card").first.wait_for()
        other_counter = Counter(other, counter.portal, counter.desk)
        other_counter.strike(lambda: other.tap('[data-key="7"]'))
        counter.see("消费", "0.07")
        other.keyboard.press("v")  # no code, so nothing is shown to the scanner
        other.fill("#code", "123")
        other.keyboard.press("Enter")
        other.get_by_text("this board has no scanner").wait_for()
        assert "scanner" not in counter.page.inner_text("#notice")
        other.keyboard.press("Escape")
        other.evaluate("scrollTo(0, 100)")
        with counter.selling(7):
            other_counter.strike(lambda: other.tap('[data-key="enter"]'))
            counter.see("请刷卡")
            _finger(context, other, '#cards [data-card="up-debit"]', "#antenna")
            counter.see("撕单后按确认")
            other_counter.see("0.07")
            other.locator("#messages").get_by_text("¥0.07").wait_for()
            other.tap("#tear")
            counter.page.locator("#tray button").first.wait_for()
            other_counter.strike(lambda: other.tap('[data-key="enter"]'))
            counter.see("请输入金额")
        assert other.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert not mistakes
        other.keyboard.down("8")
        counter.see("0.08")
    counter.type("Escape")  # whoever has left holds no key down


def _finger(context: BrowserContext, page: Page, card: str, place: str) -> None:
    """It rests on a card until that comes along, and pulls it there; the page does not scroll."""
    start, end = page.locator(card).bounding_box(), page.locator(place).bounding_box()
    assert start
    assert end
    here = {"x": start["x"] + 60, "y": start["y"] + 15}
    there = {"x": end["x"] + end["width"] / 2, "y": end["y"] + end["height"] / 2}
    scrolled = page.evaluate("scrollY")
    touch = context.new_cdp_session(page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [here]})
    page.locator(".ghost").wait_for()
    touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [there]})
    page.locator(f"{place}.near").wait_for()
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.locator(".ghost").wait_for(state="detached")
    assert page.evaluate("scrollY") == scrolled


def test_a_reload_forgets_nothing(counter: Counter) -> None:
    page = counter.page
    counter.find("mc-16")
    page.click("#script-tab")
    page.fill("#script-text", "press 9\n")
    page.click('[role="switch"][data-switch="network"]')
    counter.type("4")
    counter.see("0.04")
    told, torn = (page.locator(rows).count() for rows in ("#messages > li", "#tray button"))
    page.reload()
    counter.see("0.04")
    counter.until(lambda: page.locator("#messages > li").count() == told, "messages as before")
    counter.until(lambda: page.locator("#tray button").count() == torn, "slips as before")
    page.locator('#cards [data-card="mc-16"][aria-checked="true"]').wait_for()
    page.locator('#script-tab[aria-selected="true"]').wait_for()
    assert page.input_value("#script-text") == "press 9\n"
    network = page.locator('[role="switch"][data-switch="network"]')
    assert network.get_attribute("aria-checked") == "false"
    network.click()
    page.keyboard.press("[")
    page.locator('#wire-tab[aria-selected="true"]').wait_for()
    counter.type("Escape")


# -- scripts and traces --


def test_a_script_is_opened_edited_and_played(counter: Counter, tmp_path: Path) -> None:
    """Played at the desk it comes to the same screens, slips and books as in virtual time."""
    page = counter.page
    page.get_by_role("switch", name="电源").click()
    counter.until(lambda: not any(counter.canvas()), "dark display")
    page.get_by_role("radio", name="large display").click()
    page.locator('#boards [data-board="large"][aria-checked="true"]').wait_for()
    page.keyboard.press("d")
    page.locator('#boards [data-board="scanner"][aria-checked="true"]').wait_for()
    page.keyboard.press("d")
    page.locator('#boards [data-board="small"][aria-checked="true"]').wait_for()
    (tmp_path / "sale.bench").write_text(SALE.read_text("utf-8").replace("press", "pres", 1), "utf-8")
    page.set_input_files("#script-file", tmp_path / "sale.bench")
    page.locator("#script-problems li").wait_for()
    wrong = page.locator("#script-numbers .wrong")
    assert page.inner_text("#script-problems").startswith(f"{wrong.inner_text()} pres is no verb")
    page.click("#run-script")
    page.locator("#script-line.wrong").wait_for()
    assert f"sale.bench:{wrong.inner_text()}: pres is no verb" in page.inner_text("#script-line")
    assert page.get_by_role("switch", name="电源").get_attribute("aria-checked") == "false"  # it is not begun

    page.fill("#script-text", SALE.read_text("utf-8"))
    wrong.wait_for(state="detached")
    with counter.selling(12_34):
        slips = len(counter.desk.bench.parts.printer.slips)
        page.focus("#script-text")
        page.keyboard.press("Control+Enter")
        page.locator("#script-numbers .at").wait_for()
        counter.until(lambda: page.inner_text("#script-line") == "sale.bench: 完成 done", "end of the script")
    page.keyboard.press("Escape")  # out of the editor
    with page.expect_download() as kept:
        page.click("#save-script")
    assert Path(kept.value.path()).read_text("utf-8") == SALE.read_text("utf-8")
    (tmp_path / "again").mkdir()
    with Shop(tmp_path / "again") as again:
        stage = ShopStage(again)
        at_once(read(SALE).play(stage))
        printed = [_amounts(slip.text) for slip in again.bench.parts.printer.slips]
    played = counter.desk.player.stage.pictures
    assert played.keys() == stage.pictures.keys()
    assert {name: differences(played[name], stage.pictures[name]) for name in played} == dict.fromkeys(played)
    assert [_amounts(slip.text) for slip in counter.desk.bench.parts.printer.slips[slips:]] == printed


def _amounts(slip: str) -> list[str]:
    """What is on a slip that is no time, number or date."""
    return re.findall(r"RMB [0-9.]+|.*存根", slip)


def test_what_is_recorded_replays_the_same(counter: Counter) -> None:
    page = counter.page
    counter.pace_ms = CALM_MS
    page.keyboard.press("R")
    page.get_by_role("button", name="结束录制").wait_for()
    counter.until(lambda: page.locator("#record").is_enabled(), "end of the keys")
    counter.see("请输入金额")
    counter.ask_for("321", "3.21")
    counter.find("plain")
    page.keyboard.press("s")
    counter.see("请输入密码")
    counter.type(*"123456", "Enter")
    counter.take_slips()
    page.keyboard.press("R")
    with page.expect_download() as kept:
        page.locator("#traces a").click()
    assert load(Path(kept.value.path()).read_bytes()).messages
    page.set_input_files("#trace-file", {"name": "no.trace", "mimeType": "", "buffer": b"nothing"})
    page.locator("#outcome.bad").wait_for()
    assert "NotATrace" in page.inner_text("#outcome")
    page.click("#traces button")
    page.locator("#outcome.good").wait_for()
    assert "相同" in page.inner_text("#outcome")
    counter.until(lambda: page.locator("#record").is_enabled(), "end of the keys")


# -- the power --


def test_the_power_switch_and_a_firmware_that_dies(
    counter: Counter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = counter.page
    power = page.get_by_role("switch", name="电源")
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
    counter.log_in()
    assert alert.is_hidden()


def test_ctrl_c_ends_it_cleanly(tmp_path: Path) -> None:
    suanpan = [sys.executable, "-c", "from host_tools.cli import app; app()"]
    command = [*suanpan, "run", "--port", "0", "--state", str(tmp_path), "--no-browser"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        assert "http://127.0.0.1:" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == ""
        assert process.wait(PATIENCE_MS / 1000) == 0
