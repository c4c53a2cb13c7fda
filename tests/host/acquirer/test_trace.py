from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from host_tools.acquirer import spec
from host_tools.acquirer.cards import tracks
from host_tools.acquirer.spec import FIELDS, Message
from host_tools.acquirer.trace import record
from tests.host.acquirer.till import half_of_sums

if TYPE_CHECKING:
    from tests.host.acquirer.conftest import World


def test_a_day_by_field_name(world: World) -> None:
    sale = world.till.sale_frame(world.card("plain"), 12_345)
    world.till.exchange(sale)
    world.till.reverse(sale)
    heads = [record.as_text().split("\n")[0] for record in world.records]
    at = "2026-11-23T10:00:00.000+08:00"
    assert heads == [
        f"{at} --> 10000001 0800 签到 sign-in",
        f"{at} <-- 10000001 0810 签到 sign-in reply",
        f"{at} --> 10000001 0200 消费 sale",
        f"{at} <-- 10000001 0210 消费 sale reply",
        f"{at} --> 10000001 0400 冲正 reversal",
        f"{at} <-- 10000001 0410 冲正 reversal reply",
    ]
    lines = world.records[3].as_text().split("\n")
    assert "     2 主账号 primary account number: 620000******0013" in lines
    assert "     4 交易金额 amount: 000000012345 (123.45 元)" in lines
    assert lines[-1].startswith("    64 报文鉴别码 MAC: ")
    assert len(bytes.fromhex(lines[-1][-8:])) == 4
    assert "    39 应答码 response code: 00 (成功 approved)" in lines


def test_every_message_has_its_name(world: World) -> None:
    card = world.card("plain")
    void = world.till.void_frame(world.till.sell(card, 500))
    world.till.exchange(void)
    world.till.reverse(void)
    world.till.refund(world.till.sell(card, 500), 100)
    world.till.offline(card)
    world.till.settle()
    world.till.sign_off()
    assert [record.name for record in world.records[4::2]] == [
        "撤销 void",
        "撤销冲正 reversal of a void",
        "消费 sale",
        "退货 refund",
        "离线结算 offline sale",
        "结算 settlement",
        "签退 sign-off",
    ]
    assert all(
        after.name == f"{before.name} reply" for before, after in pairwise(world.records) if after.mti[2] in "13"
    )


def test_an_original_by_its_parts(world: World) -> None:
    sold = world.till.sell(world.card("plain"), 500)
    world.till.void(sold, changes={61: "000001000099"})
    world.till.refund(sold, 100)
    voided, refunded = (world.records[at].as_text().split("\n") for at in (4, 6))
    named = "    61 原始信息域 original transaction"
    assert f"{named}: 000001000099 (批次号 batch 000001, 流水号 STAN 000099)" in voided
    assert f"{named}: 0000010000021123 (批次号 batch 000001, 流水号 STAN 000002, 日期 MMDD 1123)" in refunded


def test_sums_by_their_parts(world: World) -> None:
    world.till.sell(world.card("plain"), 12_345)
    world.till.void(world.till.sell(world.card("plain"), 7))
    world.till.settle(half_of_sums((12_352, 2), (7, 1)), half_of_sums((9, 1)))
    asked, answered = (record.as_text().split("\n") for record in world.records[-2:])
    domestic, foreign = (
        "内卡 domestic 借 debit 123.52/2, 贷 credit 0.07/1",
        "外卡 foreign 借 debit 0.09/1, 贷 credit 0.00/0",
    )
    assert f"    48 附加数据 additional data: {domestic}; {foreign}" in asked
    assert f"    48 附加数据 additional data: {domestic} 平 balanced; {foreign} 不平 not balanced" in answered


@pytest.mark.parametrize("digits", ["6200000000000013", "1" * 61, "1" * 63])
def test_sums_of_another_length_are_told_apart(world: World, digits: str) -> None:
    (shown,) = record(world.now, "in", Message("0500", {48: digits}, b"", b"")).as_text().split("\n")[1:]
    assert shown.endswith("not shown)")


def test_nothing_secret_is_in_it(world: World) -> None:
    world.till.sale(world.card("long"))
    world.till.sale(world.card("long"), pin="111111")
    shown = "".join(r.as_text() + json.dumps(r.as_dict(), ensure_ascii=False) for r in world.records)
    for card in world.bank.cards.values():
        track1, track2 = tracks(card)
        for secret in (card.pan, card.discretionary, track1, track2, track2[1:-2].replace("=", "D")):
            assert secret not in shown
    keys = next(r for r in world.records if r.mti == "0810").fields[-1]
    assert (keys.number, keys.value) == (62, "(40 bytes not shown)")
    for key in (world.till.pik, world.till.mak, *(t.tmk for t in world.bank.terminals.values())):
        assert key.hex().upper() not in shown
    assert "Sequence No12SP-VB-000001" in shown


def test_what_is_not_known_to_be_harmless_is_not_shown(world: World) -> None:
    fields = {
        number: ("37" * 400)[: field.length * (2 if field.content == "b" else 1)] for number, field in FIELDS.items()
    }
    shown = {f.number: f.value for f in record(world.now, "in", Message("0210", fields, b"", b"")).fields}
    assert {n for n, value in shown.items() if "not shown" in value} == {35, 36, 48, 52, 54, 55, 59, 62}
    assert shown[2] == "373737" + "*" * 9 + "7373"


def test_chip_data_are_told_tag_by_tag_and_a_card_number_among_them_is_not(world: World) -> None:
    message = Message(
        "0200", {55: "9F2608" + "0123456789ABCDEF" + "5A08" + "6200000000000013" + "95050000048000"}, b"", b""
    )
    assert record(world.now, "in", message).fields[0].value == "9F26=0123456789ABCDEF 5A=(8 bytes) 95=0000048000"
    cut = Message("0200", {55: "9F26080123"}, b"", b"")
    assert record(world.now, "in", cut).fields[0].value == "(5 bytes not shown)"


def test_a_short_pan_is_not_shown_at_all(world: World) -> None:
    message = Message("0200", {2: "123456789012"}, b"", b"")
    assert record(world.now, "in", message).fields[0].value == "(12 characters not shown)"


def test_a_broken_message_is_told_without_its_broken_part(world: World) -> None:
    world.acquirer.answer(world.till.sale_frame(world.card("plain"))[:-9])
    received, sent = world.records[-2:]
    assert received.note.startswith("malformed: ")
    assert "field 60" in received.note
    assert world.card("plain").pan not in received.as_text()
    assert sent.mti == "0210"


def test_what_is_no_text_is_not_shown_as_text(world: World) -> None:
    message = Message("0800", {62: b"Sequence No\x1b[2J\n\xff".hex().upper()}, b"", b"")
    (shown,) = record(world.now, "in", message).fields
    assert shown.value == "Sequence No?[2J?\ufffd"


def test_json_and_back(world: World) -> None:
    first = json.loads(json.dumps(world.records[0].as_dict()))
    assert first["terminal"] == "10000001"
    assert first["fields"][0] == {
        "number": 11,
        "name": "受卡方系统跟踪号 system trace audit number",
        "value": "000001",
    }


def test_no_tracer_no_trace(world: World) -> None:
    world.acquirer._tracer = None
    before = len(world.records)
    assert spec.decode(world.acquirer.answer(world.till.manage_frame("301")) or b"").fields[39] == "00"
    assert len(world.records) == before
