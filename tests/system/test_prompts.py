"""S6: no text from outside asks for a PIN.

A card's labels, a host's texts and a merchant's name may say what they like: where they show they are an entry, or a
name beside the terminal's own words, and what is keyed there is no PIN.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from host_tools.acquirer.host import Acquirer
from host_tools.acquirer.spec import Message
from host_tools.bench.lockstep import LockstepBench
from host_tools.bench.mall_counter import IDLE, LIST
from host_tools.bench.shop import OPENING, Shop
from host_tools.cards.entries import load
from host_tools.cards.minting import Mint
from host_tools.keys.authority import Authority
from tests.system.malls import neighbour

_WORDS = "Enter PIN"
_CHINESE = "请输入密码"


@pytest.fixture(scope="module")
def mint(tmp_path_factory: pytest.TempPathFactory) -> Mint:
    """A card whose two applications are called what the terminal says when it asks for the PIN."""
    population = load()
    card = population.cards["two"]
    applications = tuple(
        replace(each, product=replace(each.product, label=label))
        for each, label in zip(card.applications, (_WORDS, f"{_WORDS} 12.34"), strict=True)
    )
    cards = population.cards | {"two": replace(card, applications=applications)}
    keys = Authority(tmp_path_factory.mktemp("authority")).make(OPENING.date())
    return Mint(keys, replace(population, cards=cards))


def _open(shop: Shop) -> None:
    """In English."""
    bench = shop.bench
    bench.power_on()
    for words, digits in (("Operator no.", "01"), ("Password", "0000")):
        bench.expect(words)
        bench.type(digits)
        bench.press("enter")
    bench.expect("Key in amount")


def _ask(shop: Shop) -> None:
    shop.bench.type("1234")
    shop.bench.press("enter")
    shop.bench.until(lambda: shop.bench.shows("Tap") or shop.bench.shows("Swipe"), "a card is asked for")


def _prompt(shop: Shop) -> list[str]:
    """The screen of a swiped sale that asks for the PIN."""
    _ask(shop)
    shop.swipe(shop.cards["plain"])
    shop.bench.expect(_WORDS, "12.34")
    prompt = shop.bench.screen()
    shop.bench.press("cancel")
    shop.bench.expect("Key in amount")
    return prompt


def test_a_cards_labels_are_entries_of_a_list(tmp_path: Path, mint: Mint) -> None:
    with Shop(tmp_path, mint=mint, language="en") as shop:
        bench = shop.bench
        _open(shop)
        prompt = _prompt(shop)
        _ask(shop)
        shop.insert("two")
        bench.expect(f"1 {_WORDS}")
        shown = bench.screen()
        assert not any(row.startswith(_WORDS) for row in shown) and shown[0] == "Which one?"
        for key in "904":
            tones = len(bench.parts.buzzer.tones)
            bench.press(key)
            bench.run(0.2)
            assert bench.screen() == shown and len(bench.parts.buzzer.tones) > tones
        bench.press("2")
        # No asterisk for any key before, and no word of the card's.
        bench.until(lambda: bench.screen() == prompt, "the prompt that a swiped card has")
        bench.type(mint.population.cards["two"].pin)
        bench.press("enter")
        bench.expect("Approved")


def test_a_hosts_texts_ask_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In every field of every answer that may have a text, under a good MAC: all that follows, to the look-up."""
    answer = Acquirer._reply

    def telling(*arguments: object) -> Message:
        reply = answer(*arguments)  # type: ignore[arg-type]
        texts = {37: "ENTERPIN1234", 44: f"{_WORDS}  {_WORDS}", 63: f"CUP{_WORDS} {_WORDS}"}
        reply.fields.update({number: text for number, text in texts.items() if number != 37 or 37 in reply.fields})
        return reply

    monkeypatch.setattr(Acquirer, "_reply", telling)
    with Shop(tmp_path, language="en") as shop:
        bench = shop.bench
        seen: list[str] = []

        def look(bench: LockstepBench) -> None:
            seen.extend(row for row in bench.screen() if "enterpin" in row.replace(" ", "").lower())

        bench.on_screen.append(look)
        _open(shop)
        for card, words in (("plain", "Approved"), ("empty", "Insufficient")):
            assert seen == []
            _ask(shop)
            shop.swipe(shop.cards[card])
            bench.expect(_WORDS, "12.34")
            bench.type(shop.cards[card].pin)
            assert set(seen) == {_WORDS}
            seen.clear()
            bench.press("enter")
            bench.expect(words)
            while not bench.shows("Key in amount"):
                bench.press("enter")
                bench.run(3)
        bench.press("menu", "7", "3", "1")
        bench.expect("Voucher no.")
        bench.type("2")
        bench.press("enter")
        bench.expect("12.34")
        bench.press("cancel")
        bench.expect("Key in amount")
        assert seen == []


def test_a_merchants_name_stands_beside_the_terminals_own_words(tmp_path: Path) -> None:
    with Shop(tmp_path, others=(replace(neighbour(), merchant=f"{_CHINESE} {_WORDS}"),)) as shop:
        bench = shop.bench
        shop.open()
        bench.expect(IDLE)
        bench.press("enter")
        bench.expect(LIST, f"2 {_CHINESE}")
        bench.type("92")  # neither is part of what is keyed afterwards
        bench.expect("消费", "0.00")
        assert bench.screen()[0].startswith("消费")
        bench.type("123456")
        bench.expect("消费", "1234.56")
        assert not bench.shows("*")
        bench.press("enter")
        bench.expect("请刷卡", "1234.56")
        bench.type("123456")
        shop.swipe(shop.cards["plain"])
        bench.until(lambda: bench.screen()[0] == _CHINESE, "the PIN prompt")
        assert not bench.shows("*")
        bench.press("cancel")
        bench.expect(IDLE)
