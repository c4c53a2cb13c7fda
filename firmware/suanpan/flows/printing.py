"""打印: slips on paper. A sale is good whatever the printer does; what is not printed yet is offered again."""

from micropython import const

from suanpan.errors import PanGone, PrinterError, TimedOut
from suanpan.ledger.kinds import net
from suanpan.ui.money import yuan
from suanpan.ui.prompts import confirm
from suanpan.ui.receipt import CENTRE, DOUBLE, sale_slip, totals_slip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal
    from suanpan.ui.receipt import Slip


# Alignments of ESC/POS.
_LEFT = const(0)
_CENTRED = const(1)

_TEAR_S = const(5)


async def print_slips(t: "Terminal", entry: "Entry", reprint: bool = False) -> None:
    """The copies of a slip that are not on paper yet, merchant's first; all of them for a reprint."""
    screen = t.screen
    title = screen.title("reprint" if reprint else "approved")
    amount = yuan(entry.amount)
    expiry = _expiry(entry)
    for copy in range(0 if reprint else entry.printed, t.parameters.receipt_copies):
        if copy:
            screen.show_amount(title, amount, screen.message("tear"))
            await _tear(t)
        screen.show_amount(title, amount, screen.message("printing_copy" if copy else "printing"))
        slip = sale_slip(entry, expiry, t.parameters, screen.strings, copy, reprint)
        await _print(t, slip, "fix_printer" if reprint else "sale_is_good")
        if not reprint:
            entry.copy_printed()


def _expiry(entry: "Entry") -> str:
    try:
        return entry.card()[1]
    except PanGone:
        return ""


async def _print(t: "Terminal", slip: "Slip", advice: str) -> None:
    """Every row once, however often the paper runs out; Cancelled when the cashier gives it up."""
    printer = t.printer
    await _through(t, advice, printer.reset)
    for text, style in slip.rows:
        align = _CENTRED if style & CENTRE else _LEFT
        await _through(t, advice, printer.text, t.encoder.encode(text), False, bool(style & DOUBLE), align)
    await _through(t, advice, printer.cut)


async def _through(t: "Terminal", advice: str, block: "Callable[..., Awaitable[None]]", *arguments: object) -> None:
    """Print one block; where the printer stops, wait for a person and go on with the same block."""
    screen = t.screen
    while True:
        try:
            await block(*arguments)
        except PrinterError as problem:
            screen.buzzer.error()
            await confirm(screen, screen.error(problem.code), screen.message(advice))
        else:
            return


async def _tear(t: "Terminal") -> None:
    """Time for the cashier to tear the first copy off; the second follows by itself."""
    try:
        await t.screen.key(_TEAR_S)
    except TimedOut:
        return


async def finish_printing(t: "Terminal") -> None:
    """After a power cut between approval and paper: offer what is missing, as a reprint would come too late."""
    entry = t.ledger.last()
    if entry is None or not entry.approved or entry.printed >= t.parameters.receipt_copies:
        return
    await confirm(t.screen, t.screen.title("approved"), t.screen.message("receipt_due"))
    await print_slips(t, entry)


async def reprint(t: "Terminal") -> None:
    """重打最后一笔."""
    entry = t.ledger.last_approved()
    if entry is None:
        await t.screen.notice(t.screen.title("reprint"), t.screen.message("no_receipt"))
        return
    await print_slips(t, entry, reprint=True)


async def print_totals(t: "Terminal") -> None:
    """打印汇总."""
    totals = t.ledger.totals()
    sums = [key + totals[key] for key in sorted(totals)]
    t.screen.show(t.screen.title("totals"), t.screen.message("printing"))
    slip = totals_slip(t.ledger.batch, sums, net(totals), t.today(), t.time(), t.parameters, t.screen.strings)
    await _print(t, slip, "fix_printer")
