"""消费 by a tap: the card has had its last word and is gone; what is left is the issuer's, and paper."""

from suanpan.acquirer.responses import APPROVED, RESPONSE
from suanpan.crypto.secret import PinEntry
from suanpan.errors import BadReply, LedgerError, MacError, NoReply, NotConnected, NotSignedIn, ReversalPending
from suanpan.flows.asking import answered, approval, decline, reached
from suanpan.flows.tapped import TAPPED, TAPPED_WITH_PIN
from suanpan.flows.transaction import failed, on_paper
from suanpan.ledger.kinds import SALE
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
    """The entry with the host's answer in it."""
    async with await reached(t, amount) as host:
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
            answer = await answered(t, host, entry, tapped.track, pin, chip=tapped.request)
            if answer.text(RESPONSE) == APPROVED:
                entry.approve(remarks=tapped.remarks, **approval(answer))  # type: ignore[arg-type]
            else:
                decline(t, entry, answer.text(RESPONSE))
    return entry
