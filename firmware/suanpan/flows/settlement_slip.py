"""结算总计单: what the batch that was settled last came to."""

from suanpan.flows.printing import print_slip
from suanpan.ledger.kinds import net
from suanpan.ledger.state import unpack_totals
from suanpan.ui.totals import totals_slip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal


async def last_settlement(t: "Terminal") -> None:
    """上笔结算单; sums that are not the host's are said aloud as well."""
    screen = t.screen
    settled = t.ledger.last_settlement()
    if settled is None:
        await screen.notice(screen.title("settlement"), screen.message("no_receipt"))
        return
    word = "unbalanced" if settled.get("unbalanced") else "balanced"
    screen.show(screen.title("settlement"), screen.message(word), screen.message("printing"))
    counted = unpack_totals(bytes(settled["totals"]))  # type: ignore[arg-type]
    slip = totals_slip(
        str(settled["batch"]),
        counted,
        net(counted),
        str(settled["date"]),
        str(settled["time"]),
        t.parameters,
        screen.strings,
        word,
    )
    await print_slip(t, slip.rows, "fix_printer")
    if word == "unbalanced":
        screen.buzzer.alert()
        await screen.notice(screen.title("settlement"), screen.message(word), 60)
