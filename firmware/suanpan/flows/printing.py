"""打印: slips on paper. A sale is good whatever the printer does; what is not printed yet is offered again."""

from micropython import const

from suanpan.errors import PanGone, PrinterError, TimedOut
from suanpan.ledger.record import STORED
from suanpan.ui.canvas import BAR, GOOD
from suanpan.ui.money import yuan
from suanpan.ui.prompts import confirm
from suanpan.ui.receipt import CENTRE, DOUBLE, QR, transaction_slip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal


# Alignments of ESC/POS.
_LEFT = const(0)
_CENTRED = const(1)

_MODULE = const(5)  # dots to a side of a code's squares
_TEAR_S = const(5)


async def print_slips(t: "Terminal", entry: "Entry", reprint: bool = False) -> None:
    """The copies of a slip that are not on paper yet, merchant's first; all of them for a reprint."""
    screen = t.screen
    title = screen.title("reprint" if reprint else "stored" if entry.status == STORED else "approved")
    amount = yuan(entry.amount)
    style = BAR if reprint else GOOD
    expiry = _expiry(entry)
    for copy in range(0 if reprint else entry.printed, t.parameters.receipt_copies):
        if copy:
            screen.show_amount(title, amount, screen.message("tear"), style)
            await _tear(t)
        screen.show_amount(title, amount, screen.message("printing_copy" if copy else "printing"), style)
        slip = transaction_slip(entry, expiry, t.parameters, screen.strings, copy, reprint)
        await print_slip(t, slip.rows, "fix_printer" if reprint else "sale_is_good")
        if not reprint:
            entry.copy_printed()


def _expiry(entry: "Entry") -> str:
    try:
        return entry.card()[1]
    except PanGone:
        return ""


async def print_slip(t: "Terminal", rows: "Iterable[tuple[str, int]]", advice: str) -> None:
    """Every row once, however often the paper runs out; Cancelled when the cashier gives it up."""
    printer = t.printer
    await _through(t, advice, printer.reset)
    for text, style in rows:
        if style == QR:
            await _through(t, advice, printer.qr, text.encode(), _MODULE)
            continue
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
