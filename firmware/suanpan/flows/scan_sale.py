"""扫码消费, 扫码撤销: paid, and taken back, by the code on a customer's telephone."""

from suanpan.errors import BadReply, LedgerError, MacError, NoReply, NotConnected, NotSignedIn, ReversalPending
from suanpan.errors.scanner import ScannerError
from suanpan.flows.original import ask_voucher, what
from suanpan.flows.scan_code import account_of, scanned
from suanpan.flows.scan_host import SCANNED, SHOWN, ask
from suanpan.flows.transaction import approved, failed
from suanpan.ledger.kinds import SALE, VOID
from suanpan.ledger.refunds import refunded
from suanpan.overlay import Overlay
from suanpan.ui.money import yuan
from suanpan.ui.prompts import agree, ask_amount, confirm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal


async def scan_sale(t: "Terminal") -> None:
    screen = t.screen
    title = screen.title("scan_sale")
    amount = await ask_amount(screen, title)
    if amount >= t.parameters.large_amount:
        await confirm(screen, yuan(amount), screen.message("large_amount"))
    code, account = await scanned(t, title, amount)
    await to_its_end(t, SALE, amount, code, account)


async def code_presented(t: "Terminal", amount: int, code: bytes) -> str:
    """What was scanned where a card was asked for. What is left to try: "scan", where it was no code that pays."""
    screen = t.screen
    try:
        text = code.decode()
        account = account_of(text)
    except (ScannerError, UnicodeError):
        screen.buzzer.error()
        await screen.notice(screen.title("card"), screen.error(ScannerError.code), 5)
        return "scan"
    await to_its_end(t, SALE, amount, text, account)
    return ""


async def scan_void(t: "Terminal") -> None:
    """Of this batch, and without the customer's code: that was good once."""
    screen = t.screen
    title = screen.title("scan_void")
    with Overlay():
        from suanpan.flows.authorise import supervisor

        await supervisor(t)
    voucher = await ask_voucher(t, title, "voucher_or_last")
    screen.show(title, screen.message("please_wait"))
    entry = t.ledger.find(voucher) if voucher else _last(t)
    refusal = _refusal(t, entry)
    if not entry or refusal:
        screen.buzzer.error()
        await screen.notice(title, screen.message(refusal))
        return
    screen.show_amount(screen.title("void_this"), yuan(entry.amount), what(entry))
    await agree(screen)
    account = entry.card()[0]
    await to_its_end(t, VOID, entry.amount, account, account, entry, entry.entry_mode)


def _last(t: "Terminal") -> "Entry | None":
    for entry in t.ledger.entries():
        if was_scanned(entry) and entry.approved and not entry.voided:
            return entry
    return None


def was_scanned(entry: "Entry") -> bool:
    """Whether it is a sale that a code has paid, the customer's or ours."""
    return entry.kind == SALE and entry.entry_mode[:3] in (SCANNED, SHOWN)


def _refusal(t: "Terminal", entry: "Entry | None") -> str:
    """The message that says why it cannot be voided; empty if it can."""
    if entry is None or not was_scanned(entry) or not entry.approved:
        return "no_such_sale"
    if entry.voided:
        return "voided_before"
    today = entry.batch == t.ledger.batch and entry.number > t.ledger.state.settled and entry.date == t.today()
    if not today:
        return "refund_instead"
    return "refunded_before" if refunded(t.ledger, entry.batch + entry.stan) else ""


async def to_its_end(
    t: "Terminal",
    kind: str,
    amount: int,
    code: str,
    account: str,
    of: "Entry | None" = None,
    entry_mode: str = SCANNED,
    shown: str = "",
) -> None:
    """On the screen and on paper."""
    try:
        entry = await ask(t, kind, amount, code, account, of, entry_mode, shown)
    except (NoReply, BadReply, MacError):
        from suanpan.flows.unknown import unknown

        await unknown(t, kind)
        return
    except (NotConnected, NotSignedIn, ReversalPending, LedgerError) as problem:
        await failed(t, kind, t.screen.error(problem.code))
        return
    if entry.approved:
        await approved(t, entry)
    else:
        await failed(t, kind, t.screen.response(entry.response))
