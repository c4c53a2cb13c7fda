"""冲正: taking back what the host may have done without our knowing, before anything else is asked of it."""

from suanpan.acquirer.session import closes
from suanpan.errors import BadReply, MacError, NoReply, ReversalPending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.acquirer.session import Session
    from suanpan.terminal import Terminal


async def clear_reversal(t: "Terminal", host: "Session") -> None:
    """Send the armed reversal, if there is one; ReversalPending unless the host has the last word on it."""
    entry = t.ledger.reversal
    if entry is None:
        return
    t.screen.show(t.screen.title("reversal"), t.screen.message("reversing"))
    try:
        code = await host.reverse(entry)
    except (NoReply, BadReply, MacError):
        raise ReversalPending from None
    if not closes(code):
        raise ReversalPending
    entry.reversed(code)
