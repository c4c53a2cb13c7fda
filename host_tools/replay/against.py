"""The financial part of a trace at a live host: what it said then, and what it says now."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from host_tools.replay import masking
from host_tools.replay.comparing import Difference, Outcome
from host_tools.replay.errors import DamagedTrace
from host_tools.replay.till import CannotSay, Till

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host_tools.replay.trace import Trace

_FINANCIAL: Final = ("0200", "0220", "0400", "0500")
_AMOUNT, _AUTHORISATION, _CODE = 4, 38, 39


def compare_with_host(name: str, trace: Trace, host: str, port: int) -> Outcome:
    """Outcomes, not bytes: response code, amount, and whether there is an authorisation. Raises HostTrouble.

    Faults of the host's are not asked of a live one. What was not answered then is said all the same, since what
    follows may speak of it, but there is nothing to compare it with.
    """
    began = time.perf_counter()
    suite = trace.start.suite
    enrolment = next((one for one in masking.fixture().terminals.values() if one.suite.name == suite), None)
    if enrolment is None:
        raise DamagedTrace(f"no terminal of the bank's has the suite {suite}")
    till = Till(enrolment, host, port)
    try:
        found = tuple(_said(trace, till))
    finally:
        till.close()
    return Outcome(name, found, seconds=time.perf_counter() - began)


def _said(trace: Trace, till: Till) -> Iterator[Difference]:
    for number, message in enumerate(trace.messages, 1):
        if message.mti not in _FINANCIAL:
            continue
        where = f"of the reply to message {number}, {message.mti} {message.name}"
        try:
            reply = till.say(message)
        except CannotSay as problem:
            yield Difference("message", message.at, f"{number}", f"{message.mti} {message.name}", str(problem))
            continue
        then = message.reply
        if not then:
            continue
        pairs = (
            (f"F{_CODE} 应答码 response code", then.get(_CODE, ""), reply.get(_CODE, "")),
            (f"F{_AMOUNT} 交易金额 amount", then.get(_AMOUNT, ""), reply.get(_AMOUNT, "")),
            (f"F{_AUTHORISATION} 授权标识应答码 authorisation code", *(_there(of) for of in (then, reply))),
        )
        for name, recorded, now in pairs:
            if recorded != now:
                yield Difference("field", message.at, f"{name} {where}", recorded or "nothing", now or "nothing")


def _there(fields: dict[int, str]) -> str:
    return "there" if _AUTHORISATION in fields else ""
