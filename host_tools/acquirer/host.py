"""The acquirer, without I/O: one request frame in, one reply frame out.

Order of the gates, each with its own code: a message that parses (30), a terminal that is enrolled (97) with
its merchant (03); for a financial message also a session (77) and a good MAC (A0); only then what it asks.
Nothing that fails a gate enters the books or uses up a STAN. Sign-in, settlement, sign-off and echo have no MAC in
this dialect.
"""

from __future__ import annotations

import hmac
import sqlite3
from typing import TYPE_CHECKING, Final

from psec.tr31 import KeyBlockError

from host_tools.acquirer import asked, spec, trace
from host_tools.acquirer.advices import Advices
from host_tools.acquirer.bank import Bank
from host_tools.acquirer.chips import Chips
from host_tools.acquirer.codes import Code, Refused, Verdict
from host_tools.acquirer.ledger import Ledger
from host_tools.acquirer.register import Register
from host_tools.acquirer.reversals import Reversals
from host_tools.acquirer.sessions import Sessions
from host_tools.acquirer.settlement import Settlement
from host_tools.acquirer.spec import Message
from host_tools.acquirer.terminals import Terminal, Terminals
from host_tools.acquirer.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from host_tools.acquirer.asked import Asked, Kind
    from host_tools.acquirer.crypto import Random
    from host_tools.acquirer.store import Store

    Decide = Callable[[Asked, Terminal, str, datetime], Verdict]

_MINIMUM: Final = frozenset((11, 41))  # without these nobody would know whom a reply is for
_FINANCIAL: Final = ("0200", "0220", "0400")
_NAMES_ISSUER: Final = ("0200", "0220")  # its reply has F44

# What a reply repeats of its request; F60 of a sign-in reply carries the host's batch instead.
_ECHOED: Final = {
    "0200": (2, 3, 4, 11, 14, 23, 25, 41, 42, 49, 60),
    "0220": (2, 3, 4, 11, 14, 25, 38, 41, 42, 49, 60),
    "0400": (2, 3, 4, 11, 25, 41, 42, 49, 60),
    "0500": (11, 41, 42, 49, 60, 63),
}
_ECHOED_OTHERWISE: Final = (11, 41, 42, 60)
_NO_MAC: Final = "00" * spec.MAC_LENGTH


class Acquirer:
    """`now` gives the host's local time, `random(n)` n bytes; `tracer` gets every message in and out. Without `chips`,
    the issuers' side of chip cards, none of those is honoured.

    `bank` and `ledger` are there for whoever reconciles: `ledger.totals(tid, batch)`, `ledger.sums(tid, batch)`,
    `ledger.check()`, `bank.balance(pan)`.
    """

    def __init__(
        self,
        store: Store,
        *,
        now: Callable[[], datetime],
        random: Random,
        tracer: trace.Tracer | None = None,
        chips: Chips | None = None,
    ) -> None:
        self.ledger = Ledger(store)
        self.bank = Bank(store)
        self._store = store
        self._now = now
        self._tracer = tracer
        self._terminals = Terminals(store)
        self._sessions = Sessions(self._terminals, random)
        self._settlement = Settlement(store, self.ledger, self._terminals)
        register = Register(store)
        transactions = Transactions(self.bank, self.ledger, register, random, chips or Chips({}))
        reversals = Reversals(self.ledger, register)
        advices = Advices(self.bank, self.ledger, register)
        self._decide: dict[Kind, Decide] = {
            "sale": transactions.sale,
            "void": transactions.void,
            "refund": advices.refund,
            "offline_sale": advices.offline_sale,
            "reversal": reversals.reverse,
            "void_reversal": reversals.reverse,
        }
        self._institution = store.institution

    def answer(self, frame: bytes, forced: str | None = None) -> bytes | None:
        """The reply frame, or None for bytes that nobody could answer: the caller drops the connection.

        With `forced` the reply is that code and nothing is done: a scripted fault.
        """
        note = ""
        try:
            request: Message | None = spec.decode(frame)
        except spec.MessageError as error:
            request, forced, note = error.partial, Code.FORMAT, f"malformed: {error}"
        if request is None or not _is_answerable(request):
            self.report("dropped", request, note or "not a request that can be answered")
            return None
        self.report("in", request, note)
        reply, terminal = self._handle(request, frame, forced)
        encoded = _encode(reply, terminal)
        self.report("out", reply)
        return encoded

    def reseal(self, reply: Message, tid: str) -> bytes:
        """Encode an altered reply, its MAC (if it carries one) right under the keys of terminal `tid`."""
        return _encode(reply, self._terminals.find(tid))

    def report(self, direction: trace.Direction, message: Message | None, note: str = "") -> None:
        """Put something into the trace."""
        if self._tracer is not None:
            self._tracer(trace.record(self._now(), direction, message, note))

    def _handle(self, request: Message, frame: bytes, forced: str | None) -> tuple[Message, Terminal | None]:
        at = self._now()
        terminal, rrn = None, None
        try:
            with self._store.transaction():
                terminal = self._terminals.find(request.fields[41])
                rrn = _reference(at, self._store.next_sequence())
                try:
                    verdict = Verdict(forced) if forced else self._judge(request, frame, terminal, rrn, at)
                except Refused as refusal:
                    verdict = Verdict(refusal.code)
        except (sqlite3.Error, KeyBlockError) as error:  # nothing to be had, or what somebody altered
            self.report("fault", None, f"database: {error}")
            verdict = Verdict(Code.SYSTEM)
        return self._reply(request, verdict, rrn, at), terminal

    def _judge(self, request: Message, frame: bytes, terminal: Terminal | None, rrn: str, at: datetime) -> Verdict:
        if terminal is None:
            raise Refused(Code.UNKNOWN_TERMINAL)
        if request.fields.get(42) != terminal.mid:
            raise Refused(Code.INVALID_MERCHANT)
        match request.mti:
            case "0800":
                return self._sessions.sign_in(request, terminal)
            case "0820":
                return self._sessions.manage(request, terminal)
            case "0500":
                return self._settlement.settle(request, terminal, rrn, at)
            case mti if mti in _FINANCIAL:
                _authenticate(request, frame, terminal)
                what = asked.read(request, terminal.tid)
                return self._decide[what.kind](what, terminal, rrn, at)
        raise Refused(Code.NOT_SUPPORTED)

    def _reply(self, request: Message, verdict: Verdict, rrn: str | None, at: datetime) -> Message:
        mti, tpdu = request.mti, request.tpdu
        echoed = _ECHOED.get(mti, _ECHOED_OTHERWISE)
        fields = {number: request.fields[number] for number in echoed if number in request.fields}
        fields |= {12: f"{at:%H%M%S}", 13: f"{at:%m%d}", 32: self._institution, 39: verdict.code}
        if rrn is not None:
            fields[37] = rrn
        if mti in _FINANCIAL or mti == "0500":
            fields[15] = fields[13]
        fields |= verdict.fields
        if mti in _NAMES_ISSUER:
            fields[44] = f"{verdict.fields.get(44, ''):<11}{self._institution:<11}"
        if spec.MAC in request.fields or mti in _FINANCIAL:
            fields[spec.MAC] = _NO_MAC
        return Message(
            mti=f"{mti[:2]}{int(mti[2]) + 1}{mti[3]}",
            fields=fields,
            tpdu=tpdu[:1] + tpdu[3:] + tpdu[1:3],  # destination and origin change places
            header=request.header,
        )


def _encode(reply: Message, terminal: Terminal | None) -> bytes:
    """The frame, with its MAC if it is to have one; a terminal without a session has no key for one."""
    if spec.MAC not in reply.fields:
        return spec.encode(reply)
    if terminal is None or terminal.mak is None:
        del reply.fields[spec.MAC]
        return spec.encode(reply)
    unsealed = spec.encode(reply)[: -spec.MAC_LENGTH]
    mac = terminal.suite.mac(terminal.mak, unsealed[spec.PREFIX_LENGTH :])
    reply.fields[spec.MAC] = mac.hex().upper()
    return unsealed + mac


def _authenticate(request: Message, frame: bytes, terminal: Terminal) -> None:
    if terminal.mak is None:
        raise Refused(Code.SIGN_IN)
    mac = terminal.suite.mac(terminal.mak, frame[spec.PREFIX_LENGTH : -spec.MAC_LENGTH])
    if spec.MAC not in request.fields or not hmac.compare_digest(mac, frame[-spec.MAC_LENGTH :]):
        raise Refused(Code.MAC)


def _is_answerable(request: Message) -> bool:
    """ISO 8583 version 0, any class; the function digit is even in what asks for an answer."""
    mti = request.mti
    asks = mti[0] == "0" and mti.isdecimal() and int(mti[2]) % 2 == 0
    return asks and request.fields.keys() >= _MINIMUM


def _reference(at: datetime, sequence: int) -> str:
    """F37: last digit of the year, day of the year, hour, running number."""
    return f"{at:%y%j%H}"[1:] + f"{sequence % 1_000_000:06d}"
