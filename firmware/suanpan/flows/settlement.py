"""结算: the batch is closed on both sides. What does not come to the same is told one by one, and looked into."""

from micropython import const

from suanpan.acquirer.responses import APPROVED, RESPONSE
from suanpan.errors import AcquirerError, BadReply, NoReply, SettlementOpen
from suanpan.flows.delivery import deliver, refusal
from suanpan.flows.online import make_ready, renew_keys
from suanpan.ledger.kinds import CREDIT, DOMESTIC, HELD, KINDS
from suanpan.overlay import Overlay
from suanpan.ui.money import yuan
from suanpan.ui.prompts import agree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.acquirer.messages import Values
    from suanpan.acquirer.session import Session
    from suanpan.ledger.state import Totals
    from suanpan.terminal import Terminal

# F48: twelve digits of debits and three of their count, as much of credits, and one for the host's word; all that for
# domestic cards, then for foreign ones.
_DOMESTIC_WORD = const(30)
_FOREIGN_WORD = const(61)
_BALANCED = "11"
_COME_AGAIN = const(("06", "91", "96", "98"))  # the host's trouble: no word on the batch


async def settlement(t: "Terminal") -> None:
    """Deliver what is waiting, show what it comes to, close, print, and begin the next batch."""
    from suanpan.flows.settlement_slip import last_settlement

    screen = t.screen
    title = screen.title("settlement")
    screen.show(title, screen.message("please_wait"))
    if not t.ledger.state.settling:
        async with await t.acquirer.connect() as host:
            await make_ready(t, host)
            refused = await deliver(t, host)
        for entry in refused:
            screen.buzzer.alert()
            await screen.notice(screen.title("delivery"), refusal(t, entry), 60)
        if not t.ledger.state.totals:
            await screen.notice(title, screen.message("empty_batch"))
            return
        await _agree_to_totals(t)
    screen.show(title, screen.message("please_wait"))
    async with await t.acquirer.connect() as host:
        code = await close_batch(t, host)
        if code == APPROVED:
            try:
                await renew_keys(t, host)
            except AcquirerError:
                t.signed_in = False  # the next one to ask the host for anything signs in
    if code != APPROVED:
        screen.buzzer.error()
        await screen.notice(title, screen.response(code))
        return
    await last_settlement(t)


async def close_batch(t: "Terminal", host: "Session") -> str:
    """Ask for the settlement, or ask again for one that has no answer; the host's response code.

    00: the batch is settled, and a sign-in must follow. Any other: it goes on; as no MAC says so, and the host may have
    closed the batch, that must be said twice. Raises SettlementOpen while the host has not said either, ReversalDue
    and Unsent.
    """
    ledger = t.ledger
    stan = ledger.settling(t.operator, t.today(), t.time())
    ours = sums(ledger.totals())
    values: "Values" = {48: ours, 63: f"{t.operator} ".encode()}
    for _ in range(2):
        try:
            answer = await host.manage("settlement", stan, ledger.batch, values)
        except (NoReply, BadReply):
            raise SettlementOpen from None
        code = answer.text(RESPONSE)
        if code == APPROVED or code in _COME_AGAIN:
            break
    theirs = answer.text(48)
    words = theirs[_DOMESTIC_WORD : _DOMESTIC_WORD + 1] + theirs[_FOREIGN_WORD:]
    if code in _COME_AGAIN or (code == APPROVED and _without_words(theirs) != _without_words(ours)):
        raise SettlementOpen  # nothing else on the line says that the answer is whole: it has no MAC
    if code == APPROVED:
        unbalanced = words != _BALANCED
        if unbalanced:
            with Overlay():
                from suanpan.flows.batch_upload import upload

                await upload(t, host)
        t.signed_in = False
        ledger.settled(code, unbalanced, t.today(), t.time())
    else:
        ledger.reopened(code)
    return code


def sums(totals: "Totals") -> str:
    """A batch's sums as F48 has them."""
    text = ""
    for domestic in (True, False):
        for side in (0, CREDIT):
            count = amount = 0
            for (kind, org), (number, total) in totals.items():
                if (org == DOMESTIC) == domestic and KINDS[kind] & (CREDIT | HELD) == side:
                    count += number
                    amount += total
            text += f"{amount:012}{count:03}"
        text += "0"
    return text


def _without_words(text: str) -> str:
    return text[:_DOMESTIC_WORD] + text[_DOMESTIC_WORD + 1 : _FOREIGN_WORD]


async def _agree_to_totals(t: "Terminal") -> None:
    screen = t.screen
    lines = []
    for name, side in (("debit", 0), ("credit", CREDIT)):
        count = amount = 0
        for (kind, _), (number, total) in t.ledger.totals().items():
            if KINDS[kind] & (CREDIT | HELD) == side:
                count += number
                amount += total
        lines.append(f"{screen.message(name)} {count} {yuan(amount)}")
    screen.show(screen.title("settle_this"), *lines, screen.message("amount_hint"))
    await agree(screen)
