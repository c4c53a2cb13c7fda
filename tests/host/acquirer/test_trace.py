from __future__ import annotations

import json
from typing import TYPE_CHECKING

from host_tools.acquirer import spec
from host_tools.acquirer.cards import tracks
from host_tools.acquirer.spec import FIELDS, Message
from host_tools.acquirer.trace import record

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
    assert {n for n, value in shown.items() if "not shown" in value} == {35, 36, 48, 52, 55, 59, 62}
    assert shown[2] == "373737" + "*" * 9 + "7373"


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
