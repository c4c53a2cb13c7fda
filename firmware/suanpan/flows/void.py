"""撤销, 完成撤销: a sale or a completion of today and of this batch, taken back whole, under the same card."""

from suanpan.errors import Cancelled
from suanpan.flows.original import ask_voucher, present_same_card, what
from suanpan.flows.transaction import transact
from suanpan.ledger.kinds import COMPLETION, COMPLETION_VOID, SALE, VOID
from suanpan.ledger.refunds import added, refunded
from suanpan.overlay import Overlay
from suanpan.ui.money import yuan
from suanpan.ui.prompts import agree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.codec.track import Track2
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal


async def void(t: "Terminal") -> None:
    entry, track = await _ask(t, SALE, VOID)
    await transact(t, VOID, entry.amount, track, entry)


async def completion_void(t: "Terminal") -> None:
    """The authorisation stands again then, and can be completed again."""
    entry, track = await _ask(t, COMPLETION, COMPLETION_VOID)
    named = entry.batch + entry.stan + (entry.host_date or entry.date[2:])
    await transact(t, COMPLETION_VOID, entry.amount, track, entry, original=named)


async def _ask(t: "Terminal", kind: str, void: str) -> "tuple[Entry, Track2]":
    """What is to be taken back, and the card that paid for it. Raises Cancelled for what cannot be."""
    screen = t.screen
    title = screen.title(void)
    with Overlay():
        from suanpan.flows.authorise import supervisor

        await supervisor(t)
    voucher = await ask_voucher(t, title, "voucher_or_last")
    screen.show(title, screen.message("please_wait"))
    entry = t.ledger.find(voucher) if voucher else _last(t, kind)
    refusal = _refusal(t, entry, kind)
    if not entry or refusal:
        screen.buzzer.error()
        await screen.notice(title, screen.message(refusal))
        raise Cancelled
    screen.show_amount(screen.title("void_this"), yuan(entry.amount), what(entry))
    await agree(screen)
    return entry, await present_same_card(t, entry.amount, entry)


def _last(t: "Terminal", kind: str) -> "Entry | None":
    """The newest one that stands."""
    for entry in t.ledger.entries():
        if entry.kind == kind and entry.approved and not entry.voided:
            return entry
    return None


def _refusal(t: "Terminal", entry: "Entry | None", kind: str) -> str:
    """The message that says why it cannot be voided; empty if it can."""
    if entry is None or entry.kind != kind or not entry.approved:
        return "no_such_sale" if kind == SALE else "nothing_found"
    if entry.voided:
        return "voided_before"
    if entry.batch != t.ledger.batch or entry.number < t.ledger.state.settled or entry.date != t.today():
        return "refund_instead"
    name = entry.batch + entry.stan
    return "added_to" if added(t.ledger, name) else "refunded_before" if refunded(t.ledger, name) else ""
