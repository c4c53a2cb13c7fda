"""The slip of a batch's sums."""

from suanpan.ui.money import yuan
from suanpan.ui.receipt import CENTRE, DOUBLE, Slip, moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ledger.parameters import Parameters
    from suanpan.ui.strings import Strings


def totals_slip(
    batch: str,
    totals: "dict[tuple[str, str], tuple[int, int]]",
    net: "tuple[int, int]",
    date: str,
    time: str,
    parameters: "Parameters",
    strings: "Strings",
    word: str = "",
) -> Slip:
    """Of a batch: count and 分 by kind and card organisation, what those that move money come to, the host's word."""
    slip = Slip(parameters, strings)
    slip.head(slip.label("settlement" if word else "totals"))
    slip.rule()
    slip.field("batch", batch)
    slip.field("time", moment(date, time))
    slip.rule()
    for kind, org in sorted(totals):
        count, amount = totals[kind, org]
        slip.sides(f"{strings.get(f'title.{kind}')} {org}".rstrip(), f"{count} {yuan(amount):>13}")
    slip.rule()
    slip.field("count", str(net[0]))
    slip.field("sum", f"RMB {yuan(net[1])}", DOUBLE)
    if word:
        slip.add(strings.get(f"message.{word}"), CENTRE | DOUBLE)
    slip.rule()
    return slip
