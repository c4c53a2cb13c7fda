"""消费: amount, card, PIN, the host's word, and the slip."""

from micropython import const

from suanpan.acquirer.session import APPROVED, RESPONSE
from suanpan.crypto.secret import PinEntry
from suanpan.errors import (
    AcquirerError,
    BadReply,
    LedgerError,
    MacError,
    NoReply,
    NotConnected,
    NotSignedIn,
    ReversalPending,
)
from suanpan.flows.online import make_ready
from suanpan.flows.present_card import present_card
from suanpan.flows.printing import print_slips
from suanpan.ledger.entry import BAD_MAC, BAD_REPLY, NO_REPLY
from suanpan.ledger.kinds import SALE
from suanpan.ui.money import yuan
from suanpan.ui.prompts import ask_amount, ask_pin, confirm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.codec.track import Track2
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal

_CARD_MAY_GO = const(0b1111)  # all four lights

# F22: swiped, with PIN and without.
_SWIPED_WITH_PIN = "021"
_SWIPED = "022"


async def sale(t: "Terminal", first_digit: str = "") -> None:
    screen = t.screen
    amount = await ask_amount(screen, first_digit)
    if amount >= t.parameters.large_amount:
        await confirm(screen, yuan(amount), screen.message("large_amount"))
    track = await present_card(t, amount)
    try:
        with PinEntry() as pin:
            await ask_pin(screen, amount, pin)
            entry = await _authorise(t, amount, track, pin)
    except (NoReply, BadReply, MacError):
        await _unknown(t)
        return
    except (NotConnected, NotSignedIn, ReversalPending, LedgerError) as problem:
        screen.buzzer.error()
        await screen.notice(screen.title("failed"), screen.error(problem.code))
        return
    finally:
        track.wipe()
    if entry.approved:
        await _approved(t, entry)
    else:
        await _declined(t, entry)


async def _authorise(t: "Terminal", amount: int, track: "Track2", pin: PinEntry) -> "Entry":
    """The entry with the host's answer in it. Until there is a line to the host, nothing is written or sent."""
    screen = t.screen
    screen.lights.show(0)
    screen.show(screen.title("sending"), screen.message("please_wait"))
    async with await t.acquirer.connect() as host:
        await make_ready(t, host)
        screen.show_amount(screen.title("sending"), yuan(amount), screen.message("please_wait"))
        with t.ledger.pending(
            SALE,
            amount,
            pan=track.pan,
            expiry=track.expiry,
            entry_mode=_SWIPED_WITH_PIN if len(pin) else _SWIPED,
            operator=t.operator,
            date=t.today(),
            time=t.time(),
        ) as entry:
            try:
                answer = await host.authorise(entry, track, pin)
            except NoReply:
                entry.unanswered(NO_REPLY)
                raise
            except BadReply:
                entry.unanswered(BAD_REPLY)
                raise
            except MacError:
                t.signed_in = False
                entry.unanswered(BAD_MAC)
                raise
            if answer.text(RESPONSE) == APPROVED:
                entry.approve(
                    auth_code=answer.text(38),
                    reference=answer.text(37),
                    date=answer.text(13),
                    time=answer.text(12),
                    parties=answer.text(44),
                    org=answer.organisation(),
                )
            else:
                entry.decline(answer.text(RESPONSE))
    return entry


async def _approved(t: "Terminal", entry: "Entry") -> None:
    t.screen.lights.show(_CARD_MAY_GO)
    t.screen.buzzer.success()
    await print_slips(t, entry)


async def _declined(t: "Terminal", entry: "Entry") -> None:
    screen = t.screen
    screen.buzzer.error()
    await screen.notice(screen.title("failed"), screen.response(entry.response))


async def _unknown(t: "Terminal") -> None:
    """待确认. The reversal is tried at once, so that the cashier rarely has to live with it."""
    screen = t.screen
    screen.buzzer.alert()
    await screen.notice(screen.title("unknown"), screen.message("do_not_repeat"), 3)
    try:
        async with await t.acquirer.connect() as host:
            await make_ready(t, host)
    except AcquirerError:
        await screen.notice(screen.title("unknown"), screen.message("do_not_repeat"))
    else:
        await screen.notice(screen.title("failed"), screen.message("reversed"))
