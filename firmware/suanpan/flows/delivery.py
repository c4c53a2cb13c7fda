"""上送: what was good without the host is told to it, oldest first, and after anything that must be taken back."""

from micropython import const

from suanpan.acquirer.responses import APPROVED, DUPLICATE, RESPONSE, SIGN_IN_FIRST
from suanpan.errors import JournalBroken, MacError, NoReply, NotSignedIn, SuanpanError
from suanpan.flows.idle import FIRST_S
from suanpan.flows.online import make_ready
from suanpan.flows.race import first
from suanpan.flows.transaction import message_of
from suanpan.ledger.kinds import KINDS
from suanpan.overlay import Overlay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.acquirer.answer import Answer
    from suanpan.acquirer.session import Session
    from suanpan.codec.track import Track2
    from suanpan.flows.idle import Idle
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal

_LONGEST_S = const(960)  # after each failure the pause is twice as long, and at most this; up to a quarter more by
# chance, as shops must not all come at once
_HOUR = const(3600)

# Answers (F39) that say nothing of the transaction itself, so that it is told again: the host's trouble, or the keys'.
_HOSTS_TROUBLE = const(("06", "68", "90", "91", "92", "95", "96", "98"))
_KEYS_TROUBLE = ("99", "A0", SIGN_IN_FIRST)
_BY_CODE = const(("03", "04"))  # F22: a customer's, the merchant's
_NOT_READ = const("30")  # said twice it is a refusal; once, a bit may have turned on the way


async def tell(t: "Terminal", idle: "Idle") -> str:
    """Everything that waits, in idle time. The key that has interrupted it; "" if it came to its end."""
    told: "list[str]" = []
    try:
        winner, result = await first(t.screen.key(_HOUR), deliver_all(t))
        if winner == 0:
            return str(result)
        told = result
    except JournalBroken:
        raise
    except SuanpanError as trouble:
        idle.trouble = trouble.code
        idle.pause_s = min(2 * idle.pause_s or FIRST_S, _LONGEST_S)
        idle.left_s = idle.pause_s + idle.pause_s * t.random(1)[0] // 1024
    for words in told:
        t.screen.buzzer.alert()
        await t.screen.notice(t.screen.title("delivery"), words, 60)
    return ""


async def deliver_all(t: "Terminal") -> "list[str]":
    """Everything that the host must still be told; what a person should know of it, in words.

    Whatever cannot be told now stays, and an AcquirerError or SettlementOpen says why. To be interrupted at any await:
    what has been sent without an answer is told again.
    """
    told = []
    state = t.ledger.state
    if state.due or state.settling or state.queued:
        due, kind, settled = state.due, state.kind, state.settled
        async with await t.acquirer.connect() as host:
            await make_ready(t, host)
            if due:
                told.append(message_of(t, "reversed", kind))
            if state.settled != settled:
                told.append(t.screen.message("settled_now"))
            told += [refusal(t, entry) for entry in await deliver(t, host)]
    return told


async def deliver(t: "Terminal", host: "Session", newest: int = 0, track: "Track2 | None" = None) -> "list[Entry]":
    """Empty the queue; the entries that the host has refused. `track` is that of the entry of number `newest`.

    Raises NoReply, BadReply or NotSignedIn for what must be told again later, and what make_ready() raises.
    """
    refused: "list[Entry]" = []
    while True:
        entry = t.ledger.oldest_unsent
        if entry is None:
            return refused
        answer = await _told(t, host, entry, track if entry.number == newest else None)
        code = answer.text(RESPONSE)
        # What it says to something that moves no money changes nothing.
        no = entry.kind in KINDS and code not in (APPROVED, DUPLICATE)
        t.ledger.delivered(entry, code, no, answer.text(37))
        if entry.refused:
            refused.append(entry)


async def _told(t: "Terminal", host: "Session", entry: "Entry", track: "Track2 | None") -> "Answer":
    """The host's word on one entry, which is told again, once: to keys that it has just given us, or what it could not
    read."""
    for again in (False, True):
        try:
            answer = await (_told_by_code(t, host, entry) if _by_code(entry) else host.request(entry, track))
        except MacError:
            pass
        else:
            code = answer.text(RESPONSE)
            if code in _HOSTS_TROUBLE:
                raise NoReply
            if code == _NOT_READ and not again:
                continue
            if code not in _KEYS_TROUBLE:
                return answer
        t.signed_in = False
        await make_ready(t, host)
    raise NotSignedIn


def _by_code(entry: "Entry") -> bool:
    return entry.entry_mode[:2] in _BY_CODE


async def _told_by_code(t: "Terminal", host: "Session", entry: "Entry") -> "Answer":
    with Overlay():
        from suanpan.flows.scan_host import told

        return await told(t, host, entry)


def refusal(t: "Terminal", entry: "Entry") -> str:
    """Which one it is, and what the host has against it."""
    return f"{entry.stan} {t.screen.response(entry.response)}"
