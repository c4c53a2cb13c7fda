"""打印: what is asked for on paper, besides the slip of the moment."""

from suanpan.flows.printing import print_slip, print_slips
from suanpan.ledger.kinds import net
from suanpan.ui.money import yuan
from suanpan.ui.prompts import confirm
from suanpan.ui.receipt import Slip, moment
from suanpan.ui.totals import totals_slip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from suanpan.terminal import Terminal


async def finish_printing(t: "Terminal") -> None:
    """After a power cut between approval and paper: offer what is missing, as a reprint would come too late."""
    entry = t.ledger.last()
    if entry is None or not entry.approved or entry.printed >= t.parameters.receipt_copies:
        return
    await confirm(t.screen, t.screen.title("approved"), t.screen.message("receipt_due"))
    await print_slips(t, entry)


async def reprint(t: "Terminal") -> None:
    """重打最后一笔."""
    entry = t.ledger.last(approved=True)
    if entry is None:
        await t.screen.notice(t.screen.title("reprint"), t.screen.message("no_receipt"))
        return
    await print_slips(t, entry, reprint=True)


async def details(t: "Terminal") -> None:
    """打印明细: what was good in this batch, newest first."""
    t.screen.show(t.screen.title("details"), t.screen.message("printing"))
    await print_slip(t, _details(t), "fix_printer")


def _details(t: "Terminal") -> "Iterator[tuple[str, int]]":
    """Rows as they are wanted: a batch's worth of them is more than the memory holds."""
    strings = t.screen.strings
    slip = Slip(t.parameters, strings)
    slip.head(slip.label("details"))
    slip.field("batch", t.ledger.batch)
    slip.field("time", moment(t.today(), t.time()))
    slip.rule()
    yield from slip.rows
    for entry in t.ledger.entries():
        if entry.number <= t.ledger.state.settled or entry.batch != t.ledger.batch:
            break
        if entry.approved:
            slip.rows = []
            slip.sides(f"{entry.stan} {strings.get(f'title.{entry.kind}')}", yuan(entry.gain))
            slip.sides(entry.pan[-4:], f"{entry.time[:2]}:{entry.time[2:4]}")
            yield from slip.rows
    slip.rows = []
    slip.rule()
    yield from slip.rows


async def totals(t: "Terminal") -> None:
    """打印汇总."""
    counted = t.ledger.totals()
    t.screen.show(t.screen.title("totals"), t.screen.message("printing"))
    slip = totals_slip(t.ledger.batch, counted, net(counted), t.today(), t.time(), t.parameters, t.screen.strings)
    await print_slip(t, slip.rows, "fix_printer")
