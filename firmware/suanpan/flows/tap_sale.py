"""消费 by a tap: the card has had its last word and is gone; what is left is the issuer's, and paper."""

from suanpan.acquirer.responses import APPROVED, RESPONSE, SIGN_IN_FIRST
from suanpan.crypto.secret import PinEntry
from suanpan.errors import BadReply, LedgerError, MacError, NoReply, NotConnected, NotSignedIn, ReversalPending
from suanpan.flows.online import make_ready
from suanpan.flows.tapped import TAPPED, TAPPED_WITH_PIN
from suanpan.flows.transaction import answered, failed, on_paper
from suanpan.ledger.kinds import SALE
from suanpan.ui.money import yuan
from suanpan.ui.prompts import ask_pin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.flows.tapped import Tapped
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal


async def tap_sale(t: "Terminal", amount: int, tapped: "Tapped") -> str:
    """To its end on the screen and on paper. What is left to try is nothing. Raises Cancelled and TimedOut at the PIN,
    and nobody has been asked then."""
    try:
        await _end(t, amount, tapped)
    finally:
        if tapped.track:
            tapped.track.wipe()
        if tapped.shown:
            await tapped.shown
    return ""


async def _end(t: "Terminal", amount: int, tapped: "Tapped") -> None:
    screen = t.screen
    if tapped.declined:
        await failed(t, SALE, screen.message("card_declined"))
        return
    if tapped.problem:
        await failed(t, SALE, screen.error(tapped.problem.code))
        return
    try:
        with PinEntry() as pin:
            if tapped.wants_pin:
                await ask_pin(screen, amount, pin)
            entry = tapped.entry or await _asked(t, amount, tapped, pin)
    except (NoReply, BadReply, MacError):
        from suanpan.flows.unknown import unknown  # else not needed

        await unknown(t, SALE)
    except (NotConnected, NotSignedIn, ReversalPending, LedgerError) as problem:
        await failed(t, SALE, screen.error(problem.code))
    else:
        if entry.approved:
            screen.buzzer.success()
            await on_paper(t, entry)
        else:
            await failed(t, SALE, screen.response(entry.response))


async def _asked(t: "Terminal", amount: int, tapped: "Tapped", pin: PinEntry) -> "Entry":
    """The entry with the host's answer in it. Until there is a line to the host, nothing is written or sent."""
    screen = t.screen
    screen.show(screen.title("sending"), screen.message("please_wait"))
    async with await t.acquirer.connect() as host:
        await make_ready(t, host)
        screen.show_amount(screen.title("sending"), yuan(amount), screen.message("please_wait"))
        with t.ledger.pending(
            SALE,
            amount,
            chip=tapped.reversal,
            pan=tapped.pan,
            expiry=tapped.expiry,
            entry_mode=TAPPED_WITH_PIN if len(pin) else TAPPED,
            operator=t.operator,
            date=t.today(),
            time=t.time(),
            sequence=tapped.sequence,
        ) as entry:
            armed, entry.chip = entry.chip, tapped.request
            try:
                answer = await answered(t, host, entry, tapped.track, pin, None)
            finally:
                entry.chip = armed
            if answer.text(RESPONSE) == APPROVED:
                entry.approve(
                    auth_code=answer.text(38),
                    reference=answer.text(37),
                    date=answer.text(13),
                    time=answer.text(12),
                    parties=answer.text(44),
                    org=answer.organisation(),
                    remarks=tapped.remarks,
                )
            else:
                entry.decline(answer.text(RESPONSE))
                if entry.response == SIGN_IN_FIRST:
                    t.signed_in = False
    return entry
