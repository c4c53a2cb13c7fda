"""撤销: a sale of today and of this batch, taken back whole, under the same card."""

from suanpan.flows.original import ask_voucher, present_same_card, what
from suanpan.flows.transaction import transact
from suanpan.ledger.kinds import SALE, VOID
from suanpan.ledger.refunds import refunded
from suanpan.overlay import Overlay
from suanpan.ui.money import yuan
from suanpan.ui.prompts import agree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal


async def void(t: "Terminal") -> None:
    screen = t.screen
    title = screen.title("void")
    with Overlay():
        from suanpan.flows.authorise import supervisor

        await supervisor(t)
    voucher = await ask_voucher(t, title, "voucher_or_last")
    screen.show(title, screen.message("please_wait"))
    sale = t.ledger.find(voucher) if voucher else _last_sale(t)
    if sale is None:
        await screen.notice(title, screen.message("no_such_sale"))
        return
    refusal = _refusal(t, sale)
    if refusal:
        screen.buzzer.error()
        await screen.notice(title, screen.message(refusal))
        return
    screen.show_amount(screen.title("void_this"), yuan(sale.amount), what(sale))
    await agree(screen)
    track = await present_same_card(t, sale.amount, sale)
    await transact(t, VOID, sale.amount, track, sale)


def _last_sale(t: "Terminal") -> "Entry | None":
    """The newest sale that stands."""
    for entry in t.ledger.entries():
        if entry.kind == SALE and entry.approved and not entry.voided:
            return entry
    return None


def _refusal(t: "Terminal", sale: "Entry") -> str:
    """The message that says why it cannot be voided; empty if it can."""
    if sale.kind != SALE or not sale.approved:
        return "no_such_sale"
    if sale.voided:
        return "voided_before"
    if sale.batch != t.ledger.batch or sale.number < t.ledger.state.settled or sale.date != t.today():
        return "refund_instead"
    return "refunded_before" if refunded(t.ledger, sale.batch + sale.stan) else ""
