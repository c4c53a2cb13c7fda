"""Asking the host for money and recording its word: what a swipe, a tap and a chip have in common."""

from suanpan.acquirer.responses import DUPLICATE, RESPONSE, SIGN_IN_FIRST
from suanpan.errors import BadReply, MacError, NoReply
from suanpan.flows.online import make_ready
from suanpan.flows.waiting import connected, in_time
from suanpan.ledger.entry import BAD_MAC, BAD_REPLY, NO_REPLY
from suanpan.ui.money import yuan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.acquirer.answer import Answer
    from suanpan.acquirer.session import Session
    from suanpan.codec.track import Track2
    from suanpan.crypto.secret import PinEntry
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal


async def reached(t: "Terminal", amount: int) -> "Session":
    """A line to a host that can be asked something new. Until there is one, nothing is written or sent.

    Raises Cancelled, NotConnected, NotSignedIn, ReversalPending.
    """
    screen = t.screen
    screen.show(screen.title("sending"), screen.message("please_wait"))
    host = await connected(t, amount)
    try:
        await make_ready(t, host)
    except BaseException:
        await host.line.close()
        raise
    screen.show_amount(screen.title("sending"), yuan(amount), screen.message("please_wait"))
    return host


async def answered(
    t: "Terminal",
    host: "Session",
    entry: "Entry",
    track: "Track2 | None",
    pin: "PinEntry",
    *,
    chip: bytes = b"",
    auth_code: str = "",
) -> "Answer":
    """The host's word on an open entry; without one the entry is recorded as unanswered, for the reason there is.

    `chip` is F55 of the request: the entry has that of its reversal.
    """
    try:
        answer = await _word(t, host, entry, track, pin, chip, auth_code)
        if answer.text(RESPONSE) == DUPLICATE:  # it has come twice: this is no word on what became of the first
            raise NoReply
    except NoReply:
        entry.unanswered(NO_REPLY)
        raise
    except BadReply:
        entry.unanswered(BAD_REPLY)
        raise
    except MacError:
        t.signed_in = False
        entry.unanswered(BAD_MAC)
        raise
    return answer


async def _word(
    t: "Terminal",
    host: "Session",
    entry: "Entry",
    track: "Track2 | None",
    pin: "PinEntry",
    chip: bytes,
    auth_code: str,
) -> "Answer":
    armed = entry.chip
    entry.chip = chip or armed
    try:
        return await in_time(t, entry.amount, host.request(entry, track, pin, auth_code))
    finally:
        entry.chip = armed


def approval(answer: "Answer") -> "dict[str, str]":
    """What an approval says that is kept, by the names of `Entry.approve`."""
    return {
        "auth_code": answer.text(38),
        "reference": answer.text(37),
        "date": answer.text(13),
        "time": answer.text(12),
        "parties": answer.text(44),
        "org": answer.organisation(),
    }


def decline(t: "Terminal", entry: "Entry", code: str) -> None:
    """A refusal, F39; some mean that host and terminal have not the same keys any more."""
    entry.decline(code)
    if code == SIGN_IN_FIRST:
        t.signed_in = False
