"""跟踪: the workshop is told over the service line what the terminal does; no card number and nothing secret."""

from suanpan.overlay import Overlay
from suanpan.ui.prompts import confirm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal


async def trace(t: "Terminal") -> None:
    """Begin, for half an hour, or end. Raises Cancelled or TimedOut."""
    screen = t.screen
    title = screen.title("trace")
    if hasattr(t, "tracing") and not t.tracing.over:
        await confirm(screen, title, screen.message("trace_end"))
        t.tracing.end()
        del t.tracing
        return
    await confirm(screen, title, screen.message("trace_begin"))
    line, _ = t.saving()
    with Overlay():
        from suanpan.service.tracing import Tracing

        t.tracing = Tracing(t, line)
