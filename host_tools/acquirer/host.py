"""The acquirer, without I/O: one request frame in, one reply frame out.

Order of the gates, each with its own code: a message that parses (30), a terminal that is enrolled (97) with
its merchant (03); for a financial message also a session (77) and a good MAC (A0); only then what it asks.
Nothing that fails a gate enters the books or uses up a STAN. Sign-in, settlement, sign-off and echo have no MAC in
this dialect.
"""

from __future__ import annotations

import hmac
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from psec.tr31 import KeyBlockError

from host_tools.acquirer import asked, spec, trace
from host_tools.acquirer.advices import Advices
from host_tools.acquirer.authorisations import Authorisations
from host_tools.acquirer.bank import Bank
from host_tools.acquirer.chips import Chips
from host_tools.acquirer.codes import Code, Refused, Verdict
from host_tools.acquirer.downloads import Downloads, is_download
from host_tools.acquirer.holds import Holds
from host_tools.acquirer.ledger import Ledger
from host_tools.acquirer.register import Register
from host_tools.acquirer.reversals import Reversals
from host_tools.acquirer.sessions import Sessions
from host_tools.acquirer.settlement import Settlement
from host_tools.acquirer.spec import Message
from host_tools.acquirer.terminals import Terminal, Terminals
from host_tools.acquirer.transactions import Transactions
from host_tools.acquirer.wallets import Wallets

if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from datetime import datetime

    from host_tools.acquirer.asked import Asked, Kind
    from host_tools.acquirer.chip_tables import ChipTables
    from host_tools.acquirer.crypto import Random
    from host_tools.acquirer.store import Store

    Decide = Callable[[Asked, Terminal, str, datetime], Verdict]

_MINIMUM: Final = frozenset((11, 41))  # without these nobody would know whom a reply is for
_FINANCIAL: Final = ("0100", "0200", "0220", "0400", "0620")
_NAMES_ISSUER: Final = ("0100", "0200", "0220")  # its reply has F44

# What a reply repeats of its request; F60 of a sign-in reply carries the host's batch instead.
_ECHOED: Final = {
    "0100": (2, 3, 4, 11, 14, 25, 41, 42, 49, 60),
    "0200": (2, 3, 4, 11, 14, 23, 25, 41, 42, 49, 60),
    "0220": (2, 3, 4, 11, 14, 25, 38, 41, 42, 49, 60),
    "0400": (2, 3, 4, 11, 25, 41, 42, 49, 60),
    "0620": (2, 3, 11, 25, 41, 42, 49, 60),
    "0500": (11, 41, 42, 49, 60, 63),
}
_ECHOED_OTHERWISE: Final = (11, 41, 42, 60)
_NO_MAC: Final = "00" * spec.MAC_LENGTH


class _Torn(Exception):
    """The program has ended within a transaction."""


class Acquirer:
    """`now` gives the host's local time, `random(n)` n bytes; `tracer` gets every message in and out. Without `chips`,
    the issuers' side of chip cards, none of those is honoured; without `tables` there are none to download. `moto` are
    the terminals that may take orders by mail or telephone.

    `bank`, `ledger`, `holds` and `register` are there for whoever reconciles: `ledger.totals(tid, batch)`,
    `ledger.sums(tid, batch)`, `ledger.check()`, `bank.balance(pan)`, `holds.on(account, at)`,
    `register.script_reports(tid)`, `settlement.differences(tid, batch)`.
    """

    def __init__(
        self,
        store: Store,
        *,
        now: Callable[[], datetime],
        random: Random,
        tracer: trace.Tracer | None = None,
        chips: Chips | None = None,
        tables: ChipTables | None = None,
        moto: Container[str] = (),
    ) -> None:
        self.downloads = Downloads(tables)
        self.ledger = Ledger(store)
        self.bank = Bank(store)
        self.now = now
        self._store = store
        self._tracer = tracer
        self._terminals = Terminals(store)
        self._sessions = Sessions(self._terminals, random)
        self.settlement = Settlement(store, self.ledger, self._terminals)
        self.register = register = Register(store)
        chips = chips or Chips({})
        self.holds = holds = Holds(store)
        self.wallets = wallets = Wallets(store, self.bank, self.ledger, register, random)
        transactions = Transactions(self.bank, self.ledger, register, random, chips, holds, moto, wallets)
        reversals = Reversals(self.ledger, register, holds)
        advices = Advices(self.bank, self.ledger, register, chips)
        authorisations = Authorisations(transactions, advices, self.ledger, holds)
        self._decide: dict[Kind, Decide] = {
            "sale": transactions.sale,
            "void": transactions.void,
            "refund": advices.refund,
            "offline_sale": advices.offline_sale,
            "offline_chip": advices.offline_chip,
            "script_result": advices.script_result,
            "reversal": reversals.reverse,
            "void_reversal": reversals.reverse,
            "pre_auth": authorisations.pre_auth,
            "pre_auth_reversal": reversals.reverse,
            "pre_auth_void": authorisations.pre_auth_void,
            "pre_auth_void_reversal": reversals.reverse,
            "completion": authorisations.completion,
            "completion_reversal": reversals.reverse,
            "completion_void": authorisations.completion_void,
            "completion_void_reversal": reversals.reverse,
            "balance": transactions.balance,
            "moto": transactions.moto,
            "scan_query": wallets.query,
            "moto_reversal": reversals.reverse,
            "adjustment": advices.adjustment,
            "tip": advices.adjustment,
            "completion_advice": authorisations.completion_advice,
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

    def open_group(self) -> None:
        """What is answered from here on is kept by the next `keep_group`; each by itself if the database will not."""
        with suppress(self._store.errors):
            self._store.open_group()

    def keep_group(self) -> bool:
        """False if it could not be kept: nobody may be answered then."""
        try:
            self._store.keep_group()
        except self._store.errors as error:
            self.report("fault", None, f"database: {error}")
            return False
        return True

    def tear(self, frame: bytes) -> None:
        """Do what the request asks for, up to the commit: the program ends just before that."""
        try:
            request = spec.decode(frame)
        except spec.MessageError:
            return
        with suppress(_Torn), self._store.transaction():
            rrn = _reference(self.now(), self._store.next_sequence())
            terminal = self._terminals.find(request.fields.get(41, ""))
            with suppress(Refused):
                self._judge(request, frame, terminal, rrn, self.now())
            raise _Torn

    def reseal(self, reply: Message, tid: str) -> bytes:
        """Encode an altered reply, its MAC (if it carries one) right under the keys of terminal `tid`."""
        return _encode(reply, self._terminals.find(tid))

    def watched_by(self, tracer: trace.Tracer) -> None:
        """From now on, and by nobody else."""
        self._tracer = tracer

    def report(self, direction: trace.Direction, message: Message | None, note: str = "") -> None:
        """Put something into the trace."""
        if self._tracer is not None:
            self._tracer(trace.record(self.now(), direction, message, note))

    def _handle(self, request: Message, frame: bytes, forced: str | None) -> tuple[Message, Terminal | None]:
        at = self.now()
        terminal, rrn = None, None
        try:
            with self._store.transaction():
                rrn = _reference(at, self._store.next_sequence())  # others wait from here on
                terminal = self._terminals.find(request.fields[41])
                try:
                    verdict = Verdict(forced) if forced else self._judge(request, frame, terminal, rrn, at)
                except Refused as refusal:
                    verdict = Verdict(refusal.code)
        except (self._store.errors, KeyBlockError) as error:  # nothing to be had, or what somebody altered
            self.report("fault", None, f"database: {error}")
            verdict = Verdict(Code.SYSTEM)
        return self._reply(request, verdict, rrn, at), terminal

    def _judge(self, request: Message, frame: bytes, terminal: Terminal | None, rrn: str, at: datetime) -> Verdict:
        if terminal is None:
            raise Refused(Code.UNKNOWN_TERMINAL)
        if request.fields.get(42) != terminal.mid:
            raise Refused(Code.INVALID_MERCHANT)
        match request.mti:
            case "0800" | "0820" if is_download(request):
                _authenticate(request, frame, terminal)
                return self.downloads.answer(request)
            case "0800":
                return self._sessions.sign_in(request, terminal)
            case "0820":
                return self._sessions.manage(request, terminal)
            case "0500":
                return self.settlement.settle(request, terminal, rrn, at)
            case "0320":
                return self.settlement.upload(request, terminal)
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
            header=_wishing(request.header, self.downloads.wish(request.fields[41])),
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


def _wishing(header: bytes, wish: int) -> bytes:
    """With what the host asks of the terminal in it: the low half of the third byte."""
    return header[:2] + bytes([header[2] & 0xF0 | wish]) + header[3:]


def _is_answerable(request: Message) -> bool:
    """ISO 8583 version 0, any class; the function digit is even in what asks for an answer."""
    mti = request.mti
    asks = mti[0] == "0" and mti.isdecimal() and int(mti[2]) % 2 == 0
    return asks and request.fields.keys() >= _MINIMUM


def _reference(at: datetime, sequence: int) -> str:
    """F37: last digit of the year, day of the year, hour, running number."""
    return f"{at:%y%j%H}"[1:] + f"{sequence % 1_000_000:06d}"
