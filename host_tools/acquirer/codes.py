"""What can come of a request: the response codes (F39) of this host, each with its cause.

Meanings are those of UnionPay's list, narrowed to what makes this host say them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Code(StrEnum):
    """The value is what goes into F39; `meaning` is what a trace says of it."""

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Code:
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    APPROVED = "00", "成功 approved"
    INVALID_MERCHANT = "03", "商户未登记 merchant is not the terminal's"
    DO_NOT_HONOUR = "05", "不予承兑 stripe differs from the card on file, or the cryptogram is not the card's"
    UNDER_WAY = "09", "处理中 waits for the customer"
    PARTIAL = "10", "部分批准 approved for what there is"
    INVALID_TRANSACTION = "12", "无效交易 original was voided, refunded or reversed"
    INVALID_AMOUNT = "13", "无效金额 amount is zero"
    NO_SUCH_CARD = "14", "无效卡号 no such card, or not the original's"
    STATE_CONFLICT = "22", "状态不符 reversed before it arrived, or contradicts what is known"
    ORIGINAL_NOT_FOUND = "25", "查不到原交易 original not found"
    FORMAT = "30", "格式错误 format error"
    NOT_SUPPORTED = "40", "不支持的功能 function not supported"
    LOST_CARD = "41", "挂失卡 lost card"
    INSUFFICIENT_FUNDS = "51", "余额不足 insufficient funds"
    EXPIRED_CARD = "54", "过期卡 expired card"
    WRONG_PIN = "55", "密码错 wrong or missing PIN"
    TERMINAL_NOT_PERMITTED = "58", "终端无效 serial number is not this terminal's, or it may not do this"
    EXCEEDS_ORIGINAL = "61", "超出金额 more than is left of the original"
    ORIGINAL_AMOUNT = "64", "原始金额不正确 amount is not the original's"
    PIN_TRIES_EXCEEDED = "75", "密码次数超限 PIN tries exceeded"
    SIGN_IN = "77", "请签到 no session, or a batch that is not open"
    DUPLICATE = "94", "重复交易 duplicate"
    SYSTEM = "96", "系统故障 host fault"
    UNKNOWN_TERMINAL = "97", "终端未登记 unknown terminal"
    PIN_FORMAT = "99", "PIN格式错 PIN block does not decipher"
    MAC = "A0", "MAC校验错 MAC missing or wrong"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to a request; `fields` are those of the reply that only the decision knows."""

    code: str
    fields: dict[int, str] = field(default_factory=dict)


class Refused(Exception):
    """A request ends here with `code`, and nothing of it is kept."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
