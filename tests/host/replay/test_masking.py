"""Host bytes without card numbers, and with them again; what a card of nobody's becomes."""

from __future__ import annotations

import pytest

from host_tools.acquirer import spec
from host_tools.acquirer.cards import luhn, tracks
from host_tools.acquirer.fixture import load
from host_tools.replay import masking
from host_tools.replay.errors import Unmasked
from host_tools.replay.recorder import RecordedShop

CARDS = load().cards


def _reply(pan: str) -> bytes:
    fields = {2: pan, 4: "000000001234", 11: "000001", 39: "00", 41: "10000001"}
    frame = spec.encode(spec.Message("0210", fields, bytes.fromhex("6000000003"), bytes.fromhex("603100311003")))
    return len(frame).to_bytes(2, "big") + frame


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS.keys())
def test_bytes_go_and_come_back(card: object) -> None:
    pan = card.pan  # type: ignore[attr-defined]
    reply = _reply(pan)
    for data in (reply, bytes(byte ^ 0xFF for byte in reply), reply[: len(reply) // 2]):
        text, exact = masking.answer(data)
        assert exact
        assert pan not in text
        assert masking.unanswer(text) == data


def test_a_card_of_nobodys() -> None:
    text, exact = masking.answer(_reply("4012888888881881"))
    assert not exact
    assert "4012888888881881" not in text
    made = spec.decode(masking.unanswer(text)[2:]).fields[2]
    assert (made[:6], made[-4:], luhn(made)) == ("401288", "1881", True)


@pytest.mark.parametrize("pan", ["4012888888881881", "4012888888881882", "6200000000000000018"])
def test_stripes(pan: str) -> None:
    told = masking.stripe(f"{pan}=35121201234567890")
    track1, track2 = masking.unstripe(told)
    assert track1 is None
    made, _, tail = track2.partition("=")
    assert tail == "3512120" + "0" * 10
    assert (len(made), made[:6], made[-4:], luhn(made)) == (len(pan), pan[:6], pan[-4:], luhn(pan))


def test_cards_of_the_bank_by_name() -> None:
    for card in CARDS.values():
        track1, track2 = tracks(card)
        told = masking.stripe(track2[1:-2])
        assert told == {"card": card.name}
        assert masking.unstripe(told) == (track1[1:-2], track2[1:-2])


def test_words_on_glass_and_paper() -> None:
    assert masking.text("卡号 6200000000000013 x") == "卡号 620000******0013 x"
    assert masking.text("参考号 112309000001") == "参考号 112309000001"


def test_nothing_is_written_that_has_a_card_in_it() -> None:
    masking.guard(b"620000******0013")
    for card in CARDS.values():
        with pytest.raises(Unmasked, match=card.name):
            masking.guard(b"x" + card.pan.encode() + b"y")


def test_what_cannot_be_recorded(tmp_path: object) -> None:
    with pytest.raises(ValueError, match="injection_key"):
        RecordedShop(tmp_path, injection_key=bytes(32))  # type: ignore[arg-type]
