"""离线结算: the card's bank has agreed over the telephone; the host is told as soon as it can be reached."""

from micropython import const

from suanpan.flows.swiped import present_card
from suanpan.flows.transaction import approved
from suanpan.flows.without_host import require_batch, store
from suanpan.ledger.kinds import OFFLINE_SALE
from suanpan.ledger.moment import minutes
from suanpan.ledger.offline import admit
from suanpan.ui.money import yuan
from suanpan.ui.prompts import ask_amount, ask_digits, confirm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

_AUTH_CODE_DIGITS = const(6)


async def offline_sale(t: "Terminal") -> None:
    """Raises OfflineLimit for more than may be at risk."""
    screen = t.screen
    title = screen.title("offline_sale")
    require_batch(t)
    amount = await ask_amount(screen, title)
    admit(t.ledger.state, t.parameters, amount, minutes(t.today(), t.time()))
    if amount >= t.parameters.large_amount:
        await confirm(screen, yuan(amount), screen.message("large_amount"))
    track = await present_card(t, amount)
    try:
        code = await ask_digits(screen, title, screen.message("voice_code"), _AUTH_CODE_DIGITS)
        entry = store(t, OFFLINE_SALE, amount, track, auth_code=code)
    finally:
        track.wipe()
    await approved(t, entry)
