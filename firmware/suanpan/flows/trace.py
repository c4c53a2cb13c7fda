"""跟踪: the workshop is told over the service line what the terminal does; no card number and nothing secret."""

from suanpan.overlay import Overlay
from suanpan.ui.prompts import confirm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal


async def trace(t: "Terminal") -> None:
    """Begin, for half an hour, or end; the journal says who, and when. Raises Cancelled or TimedOut, and whatever keeps
    the journal from saying it: then nothing begins."""
    screen = t.screen
    title = screen.title("trace")
    if hasattr(t, "tracing") and not t.tracing.over:
        await confirm(screen, title, screen.message("trace_end"))
        begun, over = t.tracing.begun, t.tracing.over
        t.tracing.end()
        del t.tracing
        if not over:  # by itself, in the meantime
            await _record(t, begun)
        return
    await confirm(screen, title, screen.message("trace_begin"))
    begun = await _record(t)
    line, _ = t.saving()
    with Overlay():
        from suanpan.service.tracing import Tracing

        t.tracing = Tracing(t, line)
        t.tracing.begun = begun


async def _record(t: "Terminal", begun: int = 0) -> int:
    """In the first merchant's journal, where several share the terminal: the workshop hears of all of them."""
    if t.at:
        await t.turn(0)  # type: ignore[attr-defined]  # a mall
    with Overlay():
        from suanpan.ledger.watched import watched

        return watched(t.ledger, t.operator, t.today(), t.time(), begun)
