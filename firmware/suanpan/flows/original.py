"""The transaction that another one takes back: named by its voucher number, shown, and held against the card."""

from micropython import const

from suanpan.errors import PanGone
from suanpan.flows.swiped import present_card
from suanpan.ledger.pan_vault import masked
from suanpan.ui.money import yuan
from suanpan.ui.prompts import ask_amount, ask_digits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.codec.track import Track2
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal

_VOUCHER_DIGITS = const(6)


async def ask_voucher(t: "Terminal", title: str, prompt: str) -> str:
    """6 digits, whose leading zeros need not be keyed; "" where the person just presses enter."""
    digits = await ask_digits(t.screen, title, t.screen.message(prompt), _VOUCHER_DIGITS, short=True)
    return f"{int(digits):06}" if digits else ""


async def ask_at_most(t: "Terminal", title: str, limit: int, prompt: str) -> int:
    """An amount of at most `limit` 分; `prompt` is the message that says so."""
    screen = t.screen
    while True:
        amount = await ask_amount(screen, title)
        if amount <= limit:
            return amount
        screen.buzzer.error()
        await screen.notice(title, f"{screen.message(prompt)} {yuan(limit)}")


def what(entry: "Entry") -> str:
    """The card's last four digits, date and time, on one row of any screen."""
    date, time = entry.date, entry.time
    return f"{entry.pan[-4:]} {date[2:4]}-{date[4:]} {time[:2]}:{time[2:4]}"


async def present_same_card(t: "Terminal", amount: int, entry: "Entry") -> "Track2":
    """The card that `entry` was paid with; another one is named as such."""
    screen = t.screen
    while True:
        track = await present_card(t, amount)
        if same_card(track.pan, entry):
            return track
        track.wipe()
        screen.buzzer.error()
        await screen.notice(screen.title("card"), screen.message("another_card"), 5)


def same_card(pan: str, entry: "Entry") -> bool:
    """By the whole number while the journal has it; after that by what there is of it, and the host knows better."""
    try:
        return pan == entry.card()[0]
    except PanGone:
        return masked(pan) == entry.pan
