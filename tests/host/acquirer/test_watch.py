"""The acquirer's page: in a browser, as people see it; and that nobody else's page can have what is on it."""

from __future__ import annotations

import http.client
import json
import os
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from playwright.sync_api import Page, expect, sync_playwright

from host_tools.acquirer.watch.books import Overview
from host_tools.acquirer.watch.messages import Messages
from host_tools.acquirer.watch.server import bind, serving
from tests.host.acquirer.conftest import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from playwright.sync_api import Browser

    from tests.plugins.debian import ToolFinder


class Watched:
    """A world whose acquirer is looked at; what happens in it happens on the page's own thread."""

    def __init__(self, world: World, url: str, portal: BlockingPortal) -> None:
        self.world = world
        self.url = url
        self.portal = portal

    def sell(self, name: str, amount: int) -> None:
        self.portal.call(lambda: self.world.till.sell(self.world.card(name), amount))

    def get(self, path: str, host: str = "") -> tuple[int, bytes]:
        with closing(http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=10)) as connection:
            connection.request("GET", path, headers={"Host": host} if host else {})
            with connection.getresponse() as answer:  # messages have no end
                return answer.status, b"" if path == "/messages" else answer.read()


@asynccontextmanager
async def served() -> AsyncIterator[tuple[World, str]]:
    messages = Messages()
    with World() as world, bind(0) as listener:
        world.acquirer.watched_by(messages.add)
        world.till.sign_in()
        async with serving(messages, Overview(world.store, world.acquirer.ledger), listener) as url:
            yield world, url


@pytest.fixture
def watched() -> Iterator[Watched]:
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(served()) as (world, url):
        yield Watched(world, url, portal)


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
def page(browser: Browser, watched: Watched) -> Iterator[Page]:
    with browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        mistakes: list[str] = []
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        page.on("console", lambda message: mistakes.append(message.text) if message.type == "error" else None)
        page.goto(watched.url)
        yield page
        assert not mistakes


def test_messages_terminals_and_books_as_they_come(page: Page, watched: Watched) -> None:
    expect(page.locator("#link")).to_have_text("已连接")
    expect(page.locator("#messages li")).to_have_count(2)
    expect(page.locator("#messages li").first).to_contain_text("签到应答")
    watched.sell("plain", 12_345_67)
    newest = page.locator("#messages li").first
    expect(newest).to_contain_text("消费应答")
    expect(newest).to_contain_text("12,345.67")
    expect(newest).to_contain_text("00 成功")
    expect(page.locator('[data-tid="10000001"]')).to_contain_text("已签到")
    expect(page.locator('[data-tid="10000001"]')).to_contain_text("1 / 12,345.67")
    expect(page.locator("#entries tbody tr").first).to_contain_text("持卡人 plain商户 89811025734000112,345.67")
    expect(page.locator("#sound")).to_have_text("账平")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_message_opens_into_its_fields_with_the_card_masked(page: Page, watched: Watched) -> None:
    watched.sell("plain", 100)
    request = page.locator("#messages li").nth(1)
    expect(request).to_contain_text("0200")
    request.locator("summary").click()
    expect(request.locator("td", has_text="620000******0013")).to_be_visible()
    expect(request.locator("tr", has_text="二磁道数据")).to_contain_text("not shown")
    card = watched.world.card("plain")
    shown = page.content()
    assert card.pan not in shown and card.discretionary not in shown


def test_both_languages(page: Page, watched: Watched) -> None:
    watched.sell("plain", 100)
    expect(page.locator("#messages li").first).to_contain_text("消费应答")
    page.click("#language")
    expect(page.locator("#messages li").first).to_contain_text("sale reply")
    expect(page.locator("#link")).to_have_text("Live")
    expect(page.locator('[data-tid="10000001"]')).to_contain_text("signed in")
    page.reload()
    expect(page.locator("h1")).to_contain_text("Acquirer")


def test_one_terminal_s_messages(page: Page, watched: Watched) -> None:
    watched.sell("plain", 100)
    expect(page.locator("#messages li")).to_have_count(4)
    page.click('[data-tid="10000002"]')
    expect(page.locator("#messages li")).to_have_count(0)
    watched.portal.call(lambda: watched.world.till_of("10000002").sign_in())
    expect(page.locator("#messages li")).to_have_count(2)
    page.click("#filter button")
    expect(page.locator("#messages li")).to_have_count(6)


def test_a_pause_misses_nothing(page: Page, watched: Watched) -> None:
    expect(page.locator("#messages li")).to_have_count(2)
    page.check("#pause")
    watched.sell("plain", 100)
    expect(page.locator('[data-tid="10000001"]')).to_contain_text("1 / 1.00")
    assert page.locator("#messages li").count() == 2
    page.uncheck("#pause")
    expect(page.locator("#messages li")).to_have_count(4)


def test_a_settlement_that_is_not_balanced(page: Page, watched: Watched) -> None:
    watched.sell("plain", 100)
    watched.portal.call(watched.world.till.settle)
    page.click("#tab-batches")
    closed = page.locator("#batches tr", has_text="不平")
    expect(closed).to_contain_text("10000001000001")
    expect(closed).to_contain_text("1 / 1.00")
    expect(page.locator('[data-tid="10000001"]')).to_contain_text("000002")


def test_books_that_are_wrong_are_said_to_be(page: Page, watched: Watched) -> None:
    damage = "UPDATE account SET balance = balance + 1 WHERE name = 'cardholder plain'"
    watched.portal.call(lambda: watched.world.store.db.execute(damage))
    page.reload()
    expect(page.locator("#sound")).to_have_text("账不平")
    page.click("#tab-accounts")
    expect(page.locator("#accounts tr", has_text="持卡人 plain")).to_contain_text("100,000.01")


def test_a_page_of_somebody_else_s_gets_nothing(watched: Watched) -> None:
    for path in ("/", "/books", "/messages", "/check"):
        assert watched.get(path, host="evil.example")[0] == 400
        assert watched.get(path)[0] == 200


def test_the_books_as_json(watched: Watched) -> None:
    watched.sell("plain", 100)
    told = json.loads(watched.get("/books")[1])
    assert [terminal["tid"] for terminal in told["terminals"]] == ["10000001", "10000002", "10000003", "10000004"]
    assert told["entries"][0]["amount"] == 100 and told["entries"][0]["kind"] == "sale"
    assert json.loads(watched.get("/check")[1]) == {"trouble": []}
    everything = json.dumps(told)
    assert not [card.pan for card in watched.world.bank.cards.values() if card.pan in everything]
