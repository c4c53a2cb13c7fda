"""What must not be kept is kept nowhere: not in clear, and tracks and PINs not even sealed."""

from __future__ import annotations

import json

from host_tools.acquirer.cards import tracks
from host_tools.acquirer.faults import Kind
from host_tools.bench.shop import Shop
from host_tools.demo.audit import found_in, pins, secrets
from tests.journal import records
from tests.system.books import sell


def _troubled_day(shop: Shop) -> None:
    """Approved, declined, reversed, and a sale that the power cut short: every kind of record there is."""
    sell(shop, 10_00)
    shop.ask_for(10_00, shop.cards["empty"])
    shop.bench.expect("余额不足")
    shop.bench.press("enter")
    shop.disturb(Kind.SILENT, "0200")
    shop.ask_for(10_00, shop.cards["long"])
    shop.bench.expect("已冲正", timeout=60)
    shop.bench.press("enter")
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.until(lambda: shop.trace[-1].mti == "0210", "answer on its way")
    shop.bench.power_off()


def test_nothing_secret_is_in_flash_in_clear(shop: Shop) -> None:
    _troubled_day(shop)
    cards = list(shop.cards.values())
    assert found_in(shop.bench.flash.image(), secrets(cards) | pins(cards)) == []


def test_no_track_and_no_pin_block_is_kept_even_sealed(shop: Shop) -> None:
    _troubled_day(shop)
    opened = records(shop.bench.flash.image(), shop.secrets.journal_key)
    assert len(opened) >= 9
    whole = b"\x00".join(opened)
    assert b"620000******0013" in whole  # the reader does open what is there
    assert found_in(whole, secrets(shop.cards.values())) == []  # whole card numbers are sealed once more
    for card in shop.cards.values():
        _, track2 = tracks(card)
        assert card.discretionary.encode() not in whole
        assert card.service_code.encode() + card.discretionary[:4].encode() not in whole
        assert track2[1:-2].encode() not in whole
        assert card.pin.encode() not in whole or len(card.pin) < 6
    assert found_in(whole, pins(shop.cards.values())) == []


def test_the_trace_is_masked(shop: Shop) -> None:
    _troubled_day(shop)
    text = "\n".join(record.as_text() for record in shop.trace)
    text += json.dumps([record.as_dict() for record in shop.trace])
    for card in shop.cards.values():
        assert card.pan not in text
        assert card.discretionary not in text
        assert card.pin not in text or len(card.pin) < 6


def test_the_pin_shows_as_asterisks_only(shop: Shop) -> None:
    seen: list[str] = []
    shop.bench.on_screen.append(lambda bench: seen.extend(bench.screen()))
    shop.ask_for(10_00, shop.cards["plain"])
    shop.bench.expect("交易成功")
    assert "******" in seen
    assert not [line for line in seen if "123456" in line or "1234" in line.replace("12.34", "")]


def test_every_pin_key_sounds_the_same(shop: Shop) -> None:
    shop.bench.type("100")
    shop.bench.press("enter")
    shop.bench.expect("请刷卡")
    shop.swipe(shop.cards["plain"])
    shop.bench.expect("请输入密码")
    before = len(shop.bench.parts.buzzer.tones)
    shop.bench.type("1234567890")
    shop.bench.run(1)
    tones = shop.bench.parts.buzzer.tones[before:]
    assert len(tones) == 10
    assert len({(tone.frequency, round(tone.duration_us, -3)) for tone in tones}) == 1
