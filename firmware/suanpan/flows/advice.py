"""What is good without the host's leave, and told to it at once where it can be reached."""

from suanpan.errors import AcquirerError
from suanpan.flows.delivery import deliver, refusal
from suanpan.flows.online import make_ready
from suanpan.flows.transaction import approved, failed
from suanpan.flows.without_host import store
from suanpan.ui.money import yuan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.codec.track import Track2
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal


async def advise(t: "Terminal", kind: str, amount: int, track: "Track2", **named: str) -> None:
    """Record it and tell it, to its end on the screen and on paper; `named` is what Ledger.store() takes.

    It is in the queue until the host has answered. The track is wiped.
    """
    try:
        entry = await _record(t, kind, amount, track, named)
    finally:
        track.wipe()
    if entry.refused:
        await failed(t, kind, refusal(t, entry))
    else:
        await approved(t, entry)


async def _record(t: "Terminal", kind: str, amount: int, track: "Track2", named: "dict[str, str]") -> "Entry":
    screen = t.screen
    screen.lights.show(0)
    screen.show(screen.title("sending"), screen.message("please_wait"))
    entry = None
    try:
        async with await t.acquirer.connect() as host:
            await make_ready(t, host)
            screen.show_amount(screen.title("sending"), yuan(amount), screen.message("please_wait"))
            entry = store(t, kind, amount, track, **named)
            await deliver(t, host, entry.number, track)
    except AcquirerError:
        if entry is None:
            return store(t, kind, amount, track, **named)
    return t.ledger.find(entry.stan) or entry
