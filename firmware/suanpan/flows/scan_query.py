"""扫码查询: what the host knows of a sale by a code, beside what the terminal does. Nothing is changed by it."""

from suanpan.acquirer.responses import APPROVED
from suanpan.errors import Cancelled, MacError
from suanpan.flows.look_up import status
from suanpan.flows.original import ask_voucher
from suanpan.flows.scan_host import UNDER_WAY, became
from suanpan.flows.scan_sale import was_scanned
from suanpan.ui.money import yuan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

_SHOWN_S = 60


async def scan_query(t: "Terminal") -> None:
    """Raises PanGone for what was settled: the number of its code is destroyed."""
    screen = t.screen
    title = screen.title("scan_query")
    voucher = await ask_voucher(t, title, "original_voucher")
    if not voucher:
        raise Cancelled
    screen.show(title, screen.message("please_wait"))
    entry = t.ledger.find(voucher)
    if entry is None or not was_scanned(entry):
        screen.buzzer.error()
        await screen.notice(title, screen.message("no_such_sale"))
        return
    try:
        outcome = await became(t, entry)
    except MacError:
        t.signed_in = False
        raise
    word = {APPROVED: "code_paid", UNDER_WAY: "code_waits"}.get(outcome, "")
    told = screen.message(word) if word else screen.response(outcome)
    here = screen.message(status(entry))
    screen.show(title, f"{yuan(entry.amount)} {here}", f"{screen.message('host_says')} {told}")
    await screen.key(_SHOWN_S)
