"""消费: amount, card, PIN, the host's word, and the slip."""

from suanpan.flows.present_card import present_card
from suanpan.flows.transaction import transact
from suanpan.ledger.kinds import SALE
from suanpan.ui.money import yuan
from suanpan.ui.prompts import ask_amount, confirm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal


async def sale(t: "Terminal", first_digit: str = "") -> None:
    screen = t.screen
    amount = await ask_amount(screen, screen.title("sale"), first_digit)
    if amount >= t.parameters.large_amount:
        await confirm(screen, yuan(amount), screen.message("large_amount"))
    track = await present_card(t, amount)
    await transact(t, SALE, amount, track)
