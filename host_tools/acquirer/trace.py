"""What crossed the wire, for people and for programs, with nothing in it that must not be kept.

Fields are shown only if they are listed as harmless; a PAN keeps its first six and last four digits; of all
others (tracks, PIN block, keys, scripts) only the length is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from host_tools.acquirer import sums
from host_tools.acquirer.codes import Code
from host_tools.acquirer.spec import FIELDS, MAC, Message
from host_tools.acquirer.suites import SUITES
from host_tools.cards.tlv import Malformed, objects

if TYPE_CHECKING:
    from datetime import datetime

Direction = Literal["in", "out", "dropped", "fault"]

_PAN, _AMOUNT, _CODE, _SUMS, _CHIP, _ORIGINAL, _TERMINAL_DATA = 2, 4, 39, 48, 55, 61, 62
_HARMLESS: Final = frozenset((3, 4, 11, 12, 13, 14, 15, 22, 23, 25, 26, 32, 37, 38, 39, 41, 42, 44, 49, 53, 60, 61, 63))
_HARMLESS_OF_CHIP: Final = frozenset(
    (
        0x82, 0x84, 0x8A, 0x91, 0x95, 0x9A, 0x9C, 0x5F2A, 0x9F02, 0x9F03, 0x9F09, 0x9F10, 0x9F1A, 0x9F1E, 0x9F26,
        0x9F27, 0x9F33, 0x9F34, 0x9F35, 0x9F36, 0x9F37, 0x9F41, 0x9F63, 0xDF31,
    )
)  # fmt: skip
_SHORTEST_PAN: Final = 13
_ARROWS: Final = {"in": "-->", "out": "<--", "dropped": "-x-", "fault": "!!!"}
# By message type and the first two digits of F60, or the network code in it.
_NAMES: Final = {
    "0200 22": "消费 sale",
    "0200 23": "撤销 void",
    "0220 25": "退货 refund",
    "0220 30": "离线结算 offline sale",
    "0220 32": "结算调整 adjustment",
    "0220 34": "小费 tip",
    "0200 36": "脱机消费上送 sale by the chip alone",
    "0620 951": "脚本结果 script results",
    "0100 10": "预授权 pre-authorisation",
    "0100 11": "预授权撤销 void of a pre-authorisation",
    "0200 01": "余额查询 balance",
    "0200 20": "预授权完成 completion",
    "0200 21": "完成撤销 void of a completion",
    "0220 24": "完成通知 completion advice",
    "0400 22": "冲正 reversal",
    "0400 10": "预授权冲正 reversal of a pre-authorisation",
    "0400 11": "预授权撤销冲正 reversal of the void of a pre-authorisation",
    "0400 20": "完成冲正 reversal of a completion",
    "0400 21": "完成撤销冲正 reversal of the void of a completion",
    "0400 23": "撤销冲正 reversal of a void",
    "0500 201": "结算 settlement",
    "0320 201": "批上送 batch upload",
    "0320 202": "批上送结束 end of a batch upload",
    "0320 207": "批上送结束 end of a batch upload",
    **{f"0800 {suite.network_code}": "签到 sign-in" for suite in SUITES.values()},
    "0820 002": "签退 sign-off",
    "0820 301": "回响测试 echo",
    "0820 362": "状态上送 status report",
    "0820 372": "公钥查询 list of keys",
    "0800 370": "公钥下载 key",
    "0800 371": "公钥下载结束 end of keys",
    "0820 382": "IC卡参数查询 list of applications",
    "0800 380": "IC卡参数下载 application",
    "0800 381": "IC卡参数下载结束 end of applications",
    "0800 390": "黑名单下载 what is not taken",
    "0800 391": "黑名单下载结束 end of what is not taken",
}
_REQUEST_OF: Final = {
    "0110": "0100",
    "0210": "0200",
    "0230": "0220",
    "0630": "0620",
    "0410": "0400",
    "0510": "0500",
    "0330": "0320",
    "0810": "0800",
    "0830": "0820",
}
_TOLD_SUMS: Final = {("0500", sums.LENGTH), ("0510", sums.LENGTH), ("0200", 12), ("0220", 12), ("0320", 4)}
_SETTLED: Final = {sums.EQUAL: " 平 balanced", sums.DIFFERENT: " 不平 not balanced"}
_MEANINGS: Final = {code.value: code.meaning for code in Code}


@dataclass(frozen=True, slots=True)
class TracedField:
    number: int
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Record:
    """`direction` as the acquirer sees it; `dropped` came in unanswered, `fault` tells what goes wrong."""

    time: str
    direction: Direction
    terminal: str
    mti: str
    name: str
    fields: tuple[TracedField, ...]
    note: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def as_text(self) -> str:
        """A head line, then one line for each field."""
        head = f"{self.time} {_ARROWS[self.direction]} {self.terminal} {self.mti} {self.name}"
        lines = [f"{head.rstrip()}  [{self.note}]" if self.note else head.rstrip()]
        lines += [f"    {field.number:>2} {field.name}: {_explained(field)}" for field in self.fields]
        return "\n".join(lines)


Tracer = Callable[[Record], None]


def record(at: datetime, direction: Direction, message: Message | None, note: str = "") -> Record:
    time = at.isoformat(timespec="milliseconds")
    if message is None:
        return Record(time, direction, "", "", "", (), note)
    fields = tuple(
        TracedField(number, _field_name(number), _masked(message.mti, number, value))
        for number, value in sorted(message.fields.items())
    )
    return Record(time, direction, message.fields.get(41, ""), message.mti, _name(message), fields, note)


def _name(message: Message) -> str:
    request_mti = _REQUEST_OF.get(message.mti, message.mti)
    kind = message.fields.get(60, "")
    name = _NAMES.get(f"{request_mti} {kind[:2]}") or _NAMES.get(f"{request_mti} {kind[8:11]}", "")
    return f"{name} reply" if name and request_mti != message.mti else name


def _field_name(number: int) -> str:
    return f"{FIELDS[number].chinese} {FIELDS[number].english}"


def _masked(mti: str, number: int, value: str) -> str:
    if number == MAC:
        data = bytes.fromhex(value)
        return data.decode() if data.isalnum() else value
    if number == _TERMINAL_DATA and mti in ("0800", "0820"):
        # Text that travels as bytes: what is no text must not reach somebody's screen as control codes.
        text = bytes.fromhex(value).decode("ascii", "replace")
        return "".join(character if character.isprintable() else "?" for character in text)
    if number in _HARMLESS or (number == _SUMS and (mti, len(value)) in _TOLD_SUMS):
        return value
    if number == _PAN and len(value) >= _SHORTEST_PAN:
        return f"{value[:6]}{'*' * (len(value) - 10)}{value[-4:]}"
    if number == _CHIP:
        return _chip_data(bytes.fromhex(value))
    if FIELDS[number].content == "b":
        return f"({len(value) // 2} bytes not shown)"
    return f"({len(value)} characters not shown)"


def _chip_data(value: bytes) -> str:
    """Tag by tag; of one that is not known to be harmless only the length, as of what is no data objects."""
    try:
        parts = list(objects(value))
    except Malformed:
        return f"({len(value)} bytes not shown)"
    return " ".join(
        f"{tag:X}={data.hex().upper()}" if tag in _HARMLESS_OF_CHIP else f"{tag:X}=({len(data)} bytes)"
        for tag, data in parts
    )


def _explained(field: TracedField) -> str:
    if field.number == _AMOUNT:
        return f"{field.value} ({_yuan(int(field.value))} 元)"
    if field.number == _CODE:
        return f"{field.value} ({_MEANINGS.get(field.value, 'scripted')})"
    if field.number == _ORIGINAL:
        return f"{field.value} ({_original(field.value)})"
    if field.number == _SUMS and len(field.value) == sums.LENGTH and field.value.isdecimal():
        domestic, foreign = sums.halves(field.value)
        return f"内卡 domestic {_half(*domestic)}; 外卡 foreign {_half(*foreign)}"
    return field.value


def _original(value: str) -> str:
    batch, stan, day = value[:6], value[6:12], value[12:]
    named = f"批次号 batch {batch}, 流水号 STAN {stan}"
    return f"{named}, 日期 MMDD {day}" if day else named


def _half(half: sums.Sums, answer: str) -> str:
    debit, credit = _yuan(half.debit), _yuan(half.credit)
    return f"借 debit {debit}/{half.debits}, 贷 credit {credit}/{half.credits}{_SETTLED.get(answer, '')}"


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
