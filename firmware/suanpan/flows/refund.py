"""退货: some or all of an earlier sale is given back, under the same card; at once where the host can be reached."""

from micropython import const

from suanpan.errors import Cancelled
from suanpan.flows.advice import advise
from suanpan.flows.original import ask_at_most, ask_voucher, present_same_card, same_card, what
from suanpan.flows.swiped import present_card
from suanpan.flows.without_host import require_batch
from suanpan.ledger.kinds import DEBIT, HELD, KINDS, MOTO, REFUND
from suanpan.ledger.record import STORED
from suanpan.ledger.refunds import refunded
from suanpan.overlay import Overlay
from suanpan.ui.money import yuan
from suanpan.ui.prompts import agree, ask_digits

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
    amount = await ask_at_most(t, title, left, "refund_limit")
    track = await _card(t, title, amount, sale)
    await advise(t, REFUND, amount, track, original=original, original_reference=reference)


async def _card(t: "Terminal", title: str, amount: int, sale: "Entry | None") -> "Track2":
    if not sale:
        return await present_card(t, amount)
    if sale.kind != MOTO:
        return await present_same_card(t, amount, sale)
    from suanpan.flows.moto import keyed_card  # else not needed

    while True:
        track = await keyed_card(t, title)
        if same_card(track.pan, sale):
            return track
        track.wipe()
        t.screen.buzzer.error()
        await t.screen.notice(title, t.screen.message("another_card"), 5)


def _left(t: "Terminal", sale: "Entry", original: str) -> int:
    """分 that may still be given back, as far as this terminal knows; the host must have been told of the sale."""
    if KINDS.get(sale.kind, 0) & (DEBIT | HELD) != DEBIT or not sale.approved or sale.voided or sale.status == STORED:
        return 0
    return sale.amount - refunded(t.ledger, original)


async def _ask_original(t: "Terminal", title: str, voucher: str) -> "tuple[str, str]":
    """F61 and F37 of a sale that this terminal does not know any more, from its slip."""
    screen = t.screen
    batch = await ask_digits(screen, title, screen.message("original_batch"), _BATCH_DIGITS)
    reference = await ask_digits(screen, title, screen.message("original_reference"), _REFERENCE_DIGITS)
    date = await ask_digits(screen, title, screen.message("original_date"), _DATE_DIGITS)
    return batch + voucher + date, reference
