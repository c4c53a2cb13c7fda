"""扫码退货: some or all of what a code has paid in this batch is given back, at once where the host can be reached."""

from suanpan.errors import AcquirerError
from suanpan.flows.delivery import deliver, refusal
from suanpan.flows.online import make_ready
from suanpan.flows.original import ask_at_most, ask_voucher, what
from suanpan.flows.scan_sale import was_scanned
from suanpan.flows.transaction import approved, failed
from suanpan.flows.without_host import require_batch
from suanpan.ledger.kinds import REFUND
from suanpan.ledger.refunds import refunded
from suanpan.overlay import Overlay
from suanpan.ui.money import yuan
from suanpan.ui.prompts import agree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal


async def scan_refund(t: "Terminal") -> None:
    """Raises PanGone for what was settled: the number of its code is destroyed."""
    screen = t.screen
    title = screen.title("scan_refund")
    require_batch(t)
    with Overlay():
        from suanpan.flows.authorise import supervisor

        await supervisor(t)
    voucher = await ask_voucher(t, title, "original_voucher")
    screen.show(title, screen.message("please_wait"))
    sale = t.ledger.find(voucher) if voucher else None
    if sale is None or not was_scanned(sale) or not sale.approved:
        screen.buzzer.error()
        await screen.notice(title, screen.message("no_such_sale"))
        return
    original = sale.batch + sale.stan
    left = 0 if sale.voided else min(t.parameters.refund_amount, sale.amount - refunded(t.ledger, original))
    if left <= 0:
        screen.buzzer.error()
        await screen.notice(title, screen.message("nothing_left"))
        return
    account, month = sale.card()
    screen.show_amount(screen.title("refund_this"), yuan(left), what(sale))
    await agree(screen)
    amount = await ask_at_most(t, title, left, "refund_limit")
    entry = t.ledger.store(
        REFUND,
        amount,
        org=sale.org,
        pan=account,
        expiry=month,
        entry_mode=sale.entry_mode,
        operator=t.operator,
        date=t.today(),
        time=t.time(),
        original=original + (sale.host_date or sale.date[2:]),
        original_reference=sale.reference,
    )
    entry = await _told(t, entry)
    if entry.refused:
        await failed(t, REFUND, refusal(t, entry))
    else:
        await approved(t, entry)


async def _told(t: "Terminal", entry: "Entry") -> "Entry":
    """As it stands after the host was told, or could not be: then it waits in the queue."""
    screen = t.screen
    screen.show_amount(screen.title("sending"), yuan(entry.amount), screen.message("please_wait"))
    try:
        async with await t.acquirer.connect() as host:
            await make_ready(t, host)
            await deliver(t, host)
    except AcquirerError:
        return entry
    return t.ledger.find(entry.stan) or entry
