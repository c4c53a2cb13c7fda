"""What is asked of the acquirer's service for codes: under way until it says how it ended, and never guessed.

A customer may have to key a PIN on the telephone first: then the host says so, and is asked again. Where its answer is
missing it is asked what became of the request. Only if that has no answer either, nobody waits any longer, or the power
goes, is the request taken back like any other: the journal has had its reversal from the beginning.
"""

from micropython import const

from suanpan.acquirer.responses import APPROVED, DUPLICATE, RESPONSE, SIGN_IN_FIRST
from suanpan.errors import BadReply, Cancelled, MacError, NoReply, NotConnected, TimedOut
from suanpan.flows.online import make_ready
from suanpan.flows.waiting import connected, in_time
from suanpan.ledger.entry import BAD_MAC, BAD_REPLY, NO_REPLY
from suanpan.ledger.key_store import MAK
from suanpan.service.release import VERSION
from suanpan.ui.canvas import CUSTOMER
from suanpan.ui.money import yuan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.acquirer.answer import Answer
    from suanpan.acquirer.messages import Values
    from suanpan.acquirer.session import Session
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal

# As MESSAGES has them (acquirer/messages.py). How codes travel is unconfirmed.
_ROWS = {
    "sale": "0200 000000 00 22 000 2 3 4 11 14 22 25 41 42 48 49 59 60 64",
    "refund": "0220 200000 00 25 000 2 3 4 11 14 22 25 37 41 42 49 59 60 61 63 64",
    "void": "0200 200000 00 23 000 2 3 4 11 14 22 25 37 38 41 42 49 59 60 61 64",
}
_QUERY = "0200 330000 00 22 000 2 3 4 11 14 22 25 41 42 49 59 60 61 64"
SCANNED = "032"  # F22: the customer's code
SHOWN = "042"  # the merchant's
_NO_MONTH = "9912"  # F14: a code has none
UNDER_WAY = "09"  # F39
_OUTCOME = const(62)  # of the answer to a query: F39 of what it asks for

_PAUSE_S = const(3)  # between two queries
_QUERIES = const(30)
_FACTOR = const(6)  # digits
_DEVICE = "04"  # a terminal that takes several kinds of payment


async def ask(
    t: "Terminal",
    kind: str,
    amount: int,
    code: str,
    account: str,
    of: "Entry | None" = None,
    entry_mode: str = SCANNED,
    shown: str = "",
) -> "Entry":
    """The entry with the host's last word in it; `shown` is the code that the customer scans meanwhile.

    Raises what transaction.transact() knows of.
    """
    screen = t.screen
    screen.lights.show(0)
    screen.show_amount(screen.title("sending"), yuan(amount), screen.message("please_wait"))
    async with await connected(t, amount) as host:
        await make_ready(t, host)
        with t.ledger.pending(
            kind,
            amount,
            of=of,
            pan=account,
            expiry=_NO_MONTH,
            entry_mode=entry_mode,
            operator=t.operator,
            date=t.today(),
            time=t.time(),
        ) as entry:
            values = _values(t, entry, code, account, of)
            try:
                answer, outcome = await _outcome(t, host, entry, values, shown)
            except (BadReply, MacError) as problem:
                bad_mac = isinstance(problem, MacError)
                t.signed_in = t.signed_in and not bad_mac
                entry.unanswered(BAD_MAC if bad_mac else BAD_REPLY)
                raise
            except (NoReply, NotConnected, Cancelled):
                entry.unanswered(NO_REPLY)
                raise NoReply from None
            if outcome == APPROVED:
                entry.approve(
                    auth_code=answer.text(38),
                    reference=answer.text(37),
                    date=answer.text(13),
                    time=answer.text(12),
                    parties=answer.text(44),
                    org=answer.organisation(),
                )
            else:
                entry.decline(outcome)
                t.signed_in = t.signed_in and outcome != SIGN_IN_FIRST
    return entry


async def _outcome(
    t: "Terminal", host: "Session", entry: "Entry", values: "Values", shown: str
) -> "tuple[Answer, str]":
    """The answer that has the last word, and F39 of it; NoReply if there is none."""
    try:
        answer = await in_time(t, entry.amount, host.sealed(_ROWS[entry.kind], entry, values))
        code = answer.text(RESPONSE)
        if code not in (DUPLICATE, UNDER_WAY):
            return answer, code
        if code == UNDER_WAY:
            return await _followed(t, host, entry, values, shown, True)
    except NoReply:
        pass
    async with await connected(t, entry.amount) as again:
        return await _followed(t, again, entry, values, shown, False)


async def _followed(
    t: "Terminal", host: "Session", entry: "Entry", values: "Values", shown: str, later: bool
) -> "tuple[Answer, str]":
    values[61] = entry.batch + entry.stan
    stopped = False
    for _ in range(_QUERIES):
        if later:
            stopped = await _stopped(t, entry.amount, shown)
        answer, outcome = await _now(t, host, entry, values)
        if not outcome:
            raise NoReply  # it does not know, or cannot say
        if outcome != UNDER_WAY:
            return answer, outcome
        if stopped:
            break
        later = True
    raise NoReply


async def _now(t: "Terminal", host: "Session", entry: "Entry", values: "Values") -> "tuple[Answer, str]":
    """The answer to a query that `values` names it in, and F39 of what was asked for as it stands; "" if it does not
    say."""
    values[11] = t.ledger.stan()
    answer = await in_time(t, entry.amount, host.sealed(_QUERY, entry, values))
    outcome = answer.data(_OUTCOME).decode()
    return answer, outcome if answer.text(RESPONSE) == APPROVED and len(outcome) == 2 else ""


async def became(t: "Terminal", entry: "Entry") -> str:
    """What the host says of a sale by a code: F39 of it, or of the answer where it does not know. Raises
    AcquirerError, PanGone."""
    values = _values(t, entry, entry.card()[0], entry.card()[0], None)
    values[61] = entry.batch + entry.stan
    async with await connected(t, entry.amount) as host:
        await make_ready(t, host)
        answer, outcome = await _now(t, host, entry, values)
    return outcome or answer.text(RESPONSE)


async def told(t: "Terminal", host: "Session", entry: "Entry") -> "Answer":
    """The host's word on a stored refund, which says as everything by a code does who asks."""
    account = entry.card()[0]
    values = _values(t, entry, account, account, None)
    values[37], values[61], values[63] = entry.original_reference, entry.original, entry.org.encode()
    return await host.sealed(_ROWS[entry.kind], entry, values)


async def _stopped(t: "Terminal", amount: int, shown: str) -> bool:
    """Wait until it is time to ask again; whether people do not want to wait any longer."""
    screen = t.screen
    title, hint = screen.title("scan_waiting"), screen.message("customer_pays")
    if shown:
        from suanpan.ui.qr_screen import show

        show(screen.canvas, shown, screen.title("merchant_code"), yuan(amount))
    else:
        screen.show_amount(title, yuan(amount), hint, CUSTOMER)
    try:
        key = await screen.key(_PAUSE_S)
    except TimedOut:
        return False
    if key != "cancel":
        screen.buzzer.error()
    return key == "cancel"


def _values(t: "Terminal", entry: "Entry", code: str, account: str, of: "Entry | None") -> "Values":
    factor = code[-_FACTOR:]
    values: "Values" = {
        2: account,
        4: f"{entry.amount:012}",
        11: entry.stan,
        14: _NO_MONTH,
        22: entry.entry_mode[:3],
        59: _tagged(("A3", code), ("A5", terminal_information(t, factor))).encode(),
    }
    if entry.tip:
        values[48] = f"{entry.tip:012}"
    if of:
        values[37], values[38], values[61] = of.reference, of.auth_code, entry.original
    return values


def terminal_information(t: "Terminal", factor: str) -> str:
    """What says which device in which place asks: type, serial number, random factor, proof, version, place.

    The proof is the MAC of serial number and factor: whoever copies the rest has no key for it.
    """
    from suanpan.acquirer.suites import suite

    serial = t.parameters.serial
    rules = suite(t.parameters.suite)
    with t.keys.use(MAK, rules.algorithm) as mak:
        proof = bytes(rules.mac(mak.view, (serial + factor).encode())).hex().upper()
    place = str(t.parameters.besides.get("place", ""))[:20]
    return _tagged(("01", _DEVICE), ("02", serial), ("03", factor), ("04", proof), ("05", VERSION), ("06", place))


def _tagged(*parts: "tuple[str, str]") -> str:
    """Tag, length in three digits, value."""
    return "".join(f"{tag}{len(value):03}{value}" for tag, value in parts if value)
