"""A scenario: rules that say which messages, or connections, meet which fault. docs/scenarios.md has the words."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, get_args

from host_tools.acquirer import asked, spec
from host_tools.acquirer.codes import Code
from host_tools.acquirer.faults import AT_THE_DOOR, Fault, Kind
from host_tools.acquirer.suites import SUITES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, time

    from host_tools.acquirer.spec import Message

_PAN, _AMOUNT, _STAN, _TRACK2, _TERMINAL, _KIND = 2, 4, 11, 35, 41, 60
_NETWORK: Final = slice(8, 11)  # of F60
_ENDING: Final = 2  # digits of an amount that are a response code

# What has no kind among the financial messages, by type and network code.
_MANAGEMENT: Final = {
    **{("0800", suite.network_code): "sign_in" for suite in SUITES.values()},
    ("0820", "002"): "sign_off",
    ("0820", "301"): "echo",
    ("0500", "201"): "settlement",
}
NAMES: Final = frozenset(get_args(asked.Kind)) | frozenset(_MANAGEMENT.values())


@dataclass(frozen=True, slots=True)
class Numbers:
    """Digits that are one of `values`, lie within the bounds, end in one of `endings`; what is empty says nothing."""

    values: frozenset[int] = frozenset()
    lowest: int | None = None
    highest: int | None = None
    endings: tuple[str, ...] = ()

    def __contains__(self, digits: str) -> bool:
        number = int(digits)
        return (
            (not self.values or number in self.values)
            and (self.lowest is None or self.lowest <= number)
            and (self.highest is None or number <= self.highest)
            and (not self.endings or digits.endswith(self.endings))
        )


@dataclass(frozen=True, slots=True)
class When:
    """What a message must be for a rule to speak of it; what is None or empty says nothing.

    `messages` are message types and names of transactions, `networks` codes in F60; `cards` and `terminals` are
    patterns with * and ?; `hours` are from (included) to (not included), past midnight if they are the wrong way round.
    """

    messages: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()
    amount: Numbers | None = None
    stan: Numbers | None = None
    cards: tuple[str, ...] = ()
    terminals: tuple[str, ...] = ()
    hours: tuple[time, time] | None = None

    def meets(self, message: Message, at: datetime) -> bool:
        fields = message.fields
        pan = fields.get(_PAN) or fields.get(_TRACK2, "").partition("D")[0]
        return (
            (not self.messages or message.mti in self.messages or name_of(message) in self.messages)
            and (not self.networks or fields.get(_KIND, "")[_NETWORK] in self.networks)
            and (self.amount is None or (_AMOUNT in fields and fields[_AMOUNT] in self.amount))
            and (self.stan is None or (_STAN in fields and fields[_STAN] in self.stan))
            and (not self.cards or any(fnmatchcase(pan, card) for card in self.cards))
            and (not self.terminals or any(fnmatchcase(fields.get(_TERMINAL, ""), tid) for tid in self.terminals))
            and self.is_open(at)
        )

    def is_open(self, at: datetime) -> bool:
        if self.hours is None:
            return True
        begin, end = self.hours
        now = at.time().replace(tzinfo=None)
        return begin <= now < end if begin <= end else now >= begin or now < end


@dataclass(slots=True)
class Rule:
    """`fault` strikes what `when` speaks of: after `after` of them each `every`th, `times` at most (None: no end).

    With `by_ending` the code of an ANSWER is the last two digits of the amount, and 00 is no fault. `met` and `struck`
    count.
    """

    fault: Fault
    when: When = field(default_factory=When)
    after: int = 0
    every: int = 1
    times: int | None = None
    by_ending: bool = False
    met: int = 0
    struck: int = 0

    def is_due(self) -> bool:
        """For one more that it speaks of."""
        self.met += 1
        turn = self.met - self.after - 1
        if turn < 0 or turn % self.every or (self.times is not None and self.struck >= self.times):
            return False
        self.struck += 1
        return True


class Scenario:
    """Rules in their order: a message or a connection meets the first whose turn it is."""

    def __init__(self, rules: Iterable[Rule], name: str = "") -> None:
        self.name = name
        self.rules = list(rules)

    def message(self, frame: bytes, at: datetime) -> Fault | None:
        """What strikes this request; bytes that are no message are nobody's."""
        try:
            message = spec.decode(frame)
        except spec.MessageError:
            return None
        for rule in self.rules:
            if rule.fault.kind in AT_THE_DOOR or not rule.when.meets(message, at):
                continue
            code = message.fields[_AMOUNT][-_ENDING:] if rule.by_ending else rule.fault.code
            if not (rule.by_ending and code == Code.APPROVED) and rule.is_due():
                return replace(rule.fault, code=code)
        return None

    def connection(self, kind: Kind, at: datetime) -> bool:
        """Whether a rule refuses so the connection that is being made."""
        return any(rule.fault.kind is kind and rule.when.is_open(at) and rule.is_due() for rule in self.rules)


def name_of(message: Message) -> str | None:
    """Of the transaction that a request asks for; None for one that has no name here."""
    network_code = message.fields.get(_KIND, "")[_NETWORK]
    return asked.kind_of(message) or _MANAGEMENT.get((message.mti, network_code))
