"""交班: what the operator who is logged in has taken in this batch, on paper. The batch goes on."""

from suanpan.flows.printing import print_slip
from suanpan.ledger.kinds import KINDS, net
from suanpan.ui.money import yuan
from suanpan.ui.receipt import DOUBLE, Slip, moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ledger.state import Totals
    from suanpan.terminal import Terminal


async def shift(t: "Terminal") -> None:
    """交班单. It says what the journal says: after a power cut, and a second time, it comes to the same."""
    screen = t.screen
    title = screen.title("shift")
    screen.show(title, screen.message("please_wait"))
    counted, first, last = taken(t, t.operator)
    if not counted:
        await screen.notice(title, screen.message("no_receipt"))
        return
    strings = screen.strings
    slip = Slip(t.parameters, strings)
    slip.head(slip.label("shift"))
    slip.field("operator", t.operator)
    slip.field("batch", t.ledger.batch)
    slip.field("voucher", f"{first}-{last}")
    slip.field("time", moment(t.today(), t.time()))
    slip.rule()
    for kind, org in sorted(counted):
        count, amount = counted[kind, org]
        slip.sides(f"{strings.get(f'title.{kind}')} {org}".rstrip(), f"{count} {yuan(amount):>13}")
    slip.rule()
    count, amount = net(counted)
    slip.field("count", str(count))
    slip.field("sum", f"RMB {yuan(amount)}", DOUBLE)
    slip.rule()
    screen.show(title, screen.message("printing"))
    await print_slip(t, slip.rows, "fix_printer")


def taken(t: "Terminal", operator: str) -> "tuple[Totals, str, str]":
    """An operator's part of the batch's sums, by kind and card organisation; the first and the last voucher in it."""
    state = t.ledger.state
    begun = max(state.settled, state.batch_start)
    counted: "Totals" = {}
    first = last = ""
    for entry in t.ledger.entries():
        if entry.number <= begun:
            break
        if entry.operator == operator and entry.approved and entry.kind in KINDS:
            count, amount = counted.get((entry.kind, entry.org), (0, 0))
            counted[entry.kind, entry.org] = count + 1, amount + entry.amount
            first = entry.stan
            last = last or first
    return counted, first, last
