"""结算调整, 小费: a tip is added to what was paid in this batch, within a percentage; the card is not needed again."""

from micropython import const

from suanpan.errors import Cancelled
from suanpan.flows.advice import advise
from suanpan.flows.original import ask_at_most, ask_voucher, what
from suanpan.flows.without_host import require_batch
from suanpan.ledger.kinds import ADJUSTMENT, COMPLETION, COMPLETION_ADVICE, OFFLINE_SALE, SALE, TIP
from suanpan.ledger.refunds import added, refunded
from suanpan.ui.money import yuan
from suanpan.ui.prompts import agree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal

_PERCENT = const(10)  # tip_percent, where the parameters do not say otherwise: of what was paid
_ADDED_BY = {SALE: TIP, COMPLETION: TIP, COMPLETION_ADVICE: TIP, OFFLINE_SALE: ADJUSTMENT}


class _CardOnFile:
    """The card that paid, as the journal has it: no track was kept."""

    data = ""

    def __init__(self, entry: "Entry") -> None:
        self.pan, self.expiry = entry.card()

    def wipe(self) -> None:
        """There is nothing to wipe."""


async def adjustment(t: "Terminal") -> None:
    screen = t.screen
    title = screen.title("adjustment")
    require_batch(t)
    voucher = await ask_voucher(t, title, "original_voucher")
    if not voucher:
        raise Cancelled
    screen.show(title, screen.message("please_wait"))
    paid = t.ledger.find(voucher)
    refusal = _refusal(t, paid)
    if not paid or refusal:
        screen.buzzer.error()
        await screen.notice(title, screen.message(refusal))
        return
    screen.show_amount(screen.title("adjust_this"), yuan(paid.amount), what(paid))
    await agree(screen)
    tip = await ask_at_most(t, title, paid.amount * t.parameters.seldom("tip_percent", _PERCENT) // 100, "tip_limit")
    total = yuan(paid.amount + tip)
    screen.show_amount(screen.title("total_of"), total, screen.message("amount_hint"))
    await agree(screen)
    strings = screen.strings
    await advise(
        t,
        _ADDED_BY[paid.kind],
        tip,
        _CardOnFile(paid),  # type: ignore[arg-type]
        original=paid.batch + paid.stan,
        original_reference=paid.reference,
        auth_code=paid.auth_code,
        base=paid.amount,  # type: ignore[arg-type]
        remarks=f"{strings.get('slip.paid')}: RMB {yuan(paid.amount)}\n{strings.get('slip.total')}: RMB {total}",
    )


def _refusal(t: "Terminal", paid: "Entry | None") -> str:
    """The message that says why nothing can be added to it; empty if it can."""
    ledger = t.ledger
    if paid is None or paid.kind not in _ADDED_BY or not paid.approved:
        return "nothing_found"
    if paid.voided:
        return "voided_before"
    if paid.batch != ledger.batch or paid.number < ledger.state.settled:
        return "settled_before"
    name = paid.batch + paid.stan
    return "no_tip" if refunded(ledger, name) else "added_to" if paid.tip or added(ledger, name) else ""
