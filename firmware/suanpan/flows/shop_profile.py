"""行业: what a digit at the counter begins, where the shop is no retailer's.

A restaurant is paid with a tip, which is keyed before the card is there, or written on the slip and added later
(adjustment.py). A hotel holds money first.
"""

from micropython import const

from suanpan.overlay import Overlay
from suanpan.ui.lists import choose
from suanpan.ui.money import yuan
from suanpan.ui.prompts import agree, ask_amount, ask_digits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

_RESTAURANT = const(1)
_HOTEL = const(2)
_USUAL = const(10)  # percent
_DIGITS = const(2)


async def asked_amount(t: "Terminal", first_digit: str) -> int:
    """What the sale is to come to, 分, its tip told to the ledger; 0 for what was no sale, and is over."""
    screen = t.screen
    profile = t.parameters.seldom("shop_profile", 0)
    if profile == _HOTEL and first_digit:
        amount = await ask_amount(screen, screen.title("pre_auth"), first_digit)
        with Overlay():
            from suanpan.flows.pre_auth import hold

            await hold(t, amount)
        return 0
    amount = await ask_amount(screen, screen.title("sale"), first_digit)
    if profile != _RESTAURANT:
        return amount
    tip = await _tip(t, amount)
    if tip:
        screen.show_amount(screen.title("tip_total"), yuan(amount + tip), screen.message("amount_hint"))
        await agree(screen)
        t.ledger.tip = tip
    return amount + tip


async def _tip(t: "Terminal", amount: int) -> int:
    """分; never more than the parameters let pass."""
    screen = t.screen
    title = screen.title("tip")
    most = t.parameters.seldom("tip_percent", _USUAL)
    limit = amount * most // 100
    usual = min(most, _USUAL)
    offered = amount * usual // 100
    names = ("tip_on_paper", "tip_amount", "tip_percentage")
    options = [f"{usual}% {yuan(offered)}"] + [screen.title(name) for name in names]
    while True:
        way = await choose(screen, title, options)
        if way == 0:
            return offered
        if way == 1:
            return 0
        if way == 2:
            tip = await ask_amount(screen, title)
        else:
            tip = (
                amount
                * int(await ask_digits(screen, title, screen.message("percent"), _DIGITS, short=True) or "0")
                // 100
            )
        if tip <= limit:
            return tip
        screen.buzzer.error()
        await screen.notice(title, f"{screen.message('tip_limit')} {yuan(limit)}")
