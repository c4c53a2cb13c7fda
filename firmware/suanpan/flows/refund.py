"""退货: some or all of an earlier sale is given back, under the same card; at once where the host can be reached."""

from micropython import const

from suanpan.errors import AcquirerError, Cancelled
from suanpan.flows.delivery import deliver, refusal
from suanpan.flows.online import make_ready
from suanpan.flows.original import ask_voucher, present_same_card, what
from suanpan.flows.swiped import present_card
from suanpan.flows.transaction import approved, failed
from suanpan.flows.without_host import require_batch, store
from suanpan.ledger.kinds import OFFLINE_SALE, REFUND, SALE
from suanpan.ledger.record import STORED
from suanpan.ledger.refunds import refunded
from suanpan.overlay import Overlay
from suanpan.ui.money import yuan
from suanpan.ui.prompts import agree, ask_amount, ask_digits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.codec.track import Track2
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal

_BATCH_DIGITS = const(6)
_REFERENCE_DIGITS = const(12)
_DATE_DIGITS = const(4)


async def refund(t: "Terminal") -> None:
    screen = t.screen
    title = screen.title("refund")
    require_batch(t)
    with Overlay():
        from suanpan.flows.authorise import supervisor

        await supervisor(t)
    voucher = await ask_voucher(t, title, "original_voucher")
    if not voucher:
        raise Cancelled
    screen.show(title, screen.message("please_wait"))
    sale = t.ledger.find(voucher)
    if sale is None:
        original, reference = await _ask_original(t, title, voucher)
        left = t.parameters.refund_amount
    else:
        original = sale.batch + sale.stan
        left = min(t.parameters.refund_amount, _left(t, sale, original))
        if left <= 0:
            screen.buzzer.error()
            await screen.notice(title, screen.message("nothing_left" if sale.approved else "no_such_sale"))
            return
        reference = sale.reference
        original += sale.host_date or sale.date[2:]
        screen.show_amount(screen.title("refund_this"), yuan(left), what(sale))
        await agree(screen)
    amount = await _ask_amount(t, title, left)
    track = await (present_same_card(t, amount, sale) if sale else present_card(t, amount))
    try:
        entry = await _record(t, amount, track, original, reference)
    finally:
        track.wipe()
    if entry.refused:
        await failed(t, REFUND, refusal(t, entry))
    else:
        await approved(t, entry)


def _left(t: "Terminal", sale: "Entry", original: str) -> int:
    """分 that may still be given back, as far as this terminal knows; the host must have been told of the sale."""
    if sale.kind not in (SALE, OFFLINE_SALE) or not sale.approved or sale.voided or sale.status == STORED:
        return 0
    return sale.amount - refunded(t.ledger, original)


async def _ask_original(t: "Terminal", title: str, voucher: str) -> "tuple[str, str]":
    """F61 and F37 of a sale that this terminal does not know any more, from its slip."""
    screen = t.screen
    batch = await ask_digits(screen, title, screen.message("original_batch"), _BATCH_DIGITS)
    reference = await ask_digits(screen, title, screen.message("original_reference"), _REFERENCE_DIGITS)
    date = await ask_digits(screen, title, screen.message("original_date"), _DATE_DIGITS)
    return batch + voucher + date, reference


async def _ask_amount(t: "Terminal", title: str, left: int) -> int:
    """An amount of at most `left` 分."""
    screen = t.screen
    while True:
        amount = await ask_amount(screen, title)
        if amount <= left:
            return amount
        screen.buzzer.error()
        await screen.notice(title, f"{screen.message('refund_limit')} {yuan(left)}")


async def _record(t: "Terminal", amount: int, track: "Track2", original: str, reference: str) -> "Entry":
    """The refund, told to the host where that can be: it is in the queue until the host has answered."""
    screen = t.screen
    screen.lights.show(0)
    screen.show(screen.title("sending"), screen.message("please_wait"))
    entry = None
    try:
        async with await t.acquirer.connect() as host:
            await make_ready(t, host)
            screen.show_amount(screen.title("sending"), yuan(amount), screen.message("please_wait"))
            entry = store(t, REFUND, amount, track, original=original, original_reference=reference)
            await deliver(t, host, entry.number, track)
    except AcquirerError:
        if entry is None:
            return store(t, REFUND, amount, track, original=original, original_reference=reference)
    return t.ledger.find(entry.stan) or entry
