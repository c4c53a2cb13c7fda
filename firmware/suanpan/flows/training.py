"""培训: whoever teaches begins it and ends it, from the next power-on on. Nothing may wait for the host meanwhile."""

from micropython import const

from suanpan.flows.idle import unsent
from suanpan.ledger.parameter_changes import change
from suanpan.ui.prompts import confirm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

_PARAMETER = "training_mode"
_HOUR = const(3600)


async def training(t: "Terminal") -> None:
    screen = t.screen
    title = screen.title("training")
    lasts = t.parameters.seldom(_PARAMETER, 0)
    if not lasts and unsent(t):
        screen.buzzer.error()
        await screen.notice(title, screen.message("unsent_first"))
        return
    await confirm(screen, title, screen.message("training_ends" if lasts else "training_begins"))
    change(t.parameters, _PARAMETER, int(not lasts))
    while True:  # nothing is done any more that would be the one and look like the other
        await screen.notice(title, screen.message("training_over" if lasts else "training_on"), _HOUR)
