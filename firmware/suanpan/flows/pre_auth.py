"""预授权 and what follows it: money is held on a card, and later some or all of it is taken, or it is let go.

A slip names the authorisation by its code and day, and that is what is keyed in: it may have been another terminal's.
"""

from micropython import const

from suanpan.errors import Cancelled
from suanpan.flows.advice import advise
from suanpan.flows.original import ask_at_most, present_same_card, what
from suanpan.flows.swiped import present_card
from suanpan.flows.transaction import transact
from suanpan.flows.without_host import require_batch
from suanpan.ledger.kinds import COMPLETION, COMPLETION_ADVICE, PRE_AUTH, PRE_AUTH_VOID
from suanpan.ledger.moment import minutes
from suanpan.overlay import Overlay
from suanpan.ui.money import yuan
from suanpan.ui.prompts import agree, ask_amount, ask_digits, confirm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.codec.track import Track2
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal

_CODE_DIGITS = const(6)
_DAY_DIGITS = const(4)
_NO_NAME = "000000000000"  # F61 where it is the code that names the authorisation; the day follows
_DAY_AT = const(12)
_MOST = const(999999999999)

# What the acquirer lets pass where the parameters do not say otherwise.
_PERCENT = const(115)  # completion_percent: of what was authorised
_DAYS = const(30)  # pre_auth_days: until it is completed
_MINUTES = const(1440)


async def pre_auth(t: "Terminal") -> None:
    """预授权."""
    await hold(t, await ask_amount(t.screen, t.screen.title("pre_auth")))


async def hold(t: "Terminal", amount: int) -> None:
    await _confirm_large(t, amount)
    await transact(t, PRE_AUTH, amount, await present_card(t, amount))


async def completion(t: "Terminal") -> None:
    """预授权完成 by request: the host's word is waited for."""
    amount, track, code, original = await _ask_completion(t, COMPLETION)
    await transact(t, COMPLETION, amount, track, auth_code=code, original=original)


async def completion_advice(t: "Terminal") -> None:
    """预授权完成 by advice: good at once, as the bank has promised the money, and told when the host can be reached."""
    require_batch(t)
    amount, track, code, original = await _ask_completion(t, COMPLETION_ADVICE)
    await advise(t, COMPLETION_ADVICE, amount, track, auth_code=code, original=original)


async def pre_auth_void(t: "Terminal") -> None:
    """预授权撤销: all of it is let go."""
    screen = t.screen
    title = screen.title("pre_auth_void")
    with Overlay():
        from suanpan.flows.authorise import supervisor

        await supervisor(t)
    code, day, entry = await _ask_which(t, title)
    if entry:
        amount = entry.amount
        screen.show_amount(screen.title("void_this"), yuan(amount), what(entry))
        await agree(screen)
    else:
        amount = await ask_amount(screen, title)
    track = await _card(t, amount, entry)
    await transact(t, PRE_AUTH_VOID, amount, track, auth_code=code, original=_NO_NAME + day)


async def _ask_completion(t: "Terminal", kind: str) -> "tuple[int, Track2, str, str]":
    """Amount, card, and the authorisation as F38 and F61 name it."""
    title = t.screen.title(kind)
    code, day, entry = await _ask_which(t, title)
    limit = _MOST
    if entry:
        limit = entry.amount * t.parameters.seldom("completion_percent", _PERCENT) // 100
    amount = await ask_at_most(t, title, limit, "completion_limit")
    await _confirm_large(t, amount)
    return amount, await _card(t, amount, entry), code, _NO_NAME + day


async def _ask_which(t: "Terminal", title: str) -> "tuple[str, str, Entry | None]":
    """Code and day (MMDD) of an authorisation that may still be completed, and its entry where this terminal has it."""
    screen = t.screen
    code = await ask_digits(screen, title, screen.message("auth_code"), _CODE_DIGITS)
    day = await ask_digits(screen, title, screen.message("original_date"), _DAY_DIGITS)
    screen.show(title, screen.message("please_wait"))
    entry, over = _find(t, code, day)
    if not over and _age(t, day) > t.parameters.seldom("pre_auth_days", _DAYS):
        over = "pre_auth_expired"
    if over:
        screen.buzzer.error()
        await screen.notice(title, screen.message(over))
        raise Cancelled
    return code, day, entry


def _find(t: "Terminal", code: str, day: str) -> "tuple[Entry | None, str]":
    """The authorisation, if this terminal asked for it, and the message that says why it is over."""
    for entry in t.ledger.entries():
        if entry.auth_code == code and entry.approved and not entry.voided:
            if entry.kind == PRE_AUTH:
                if (entry.host_date or entry.date[2:]) == day:
                    return entry, ""
            elif entry.original == _NO_NAME + day:
                return None, "pre_auth_over"
    return None, ""


def _age(t: "Terminal", day: str) -> int:
    """Days since the last such day (MMDD); a day that is no day is of no age: the host knows better."""
    today = t.today()
    year = int(today[:2]) - (day > today[2:])
    return (minutes(today, "0000") - minutes(f"{year:02}{day}", "0000")) // _MINUTES


async def _card(t: "Terminal", amount: int, entry: "Entry | None") -> "Track2":
    return await (present_same_card(t, amount, entry) if entry else present_card(t, amount))


async def _confirm_large(t: "Terminal", amount: int) -> None:
    if amount >= t.parameters.large_amount:
        await confirm(t.screen, yuan(amount), t.screen.message("large_amount"))
