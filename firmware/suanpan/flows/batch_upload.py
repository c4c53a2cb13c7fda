"""批上送: what a batch was of, one transaction after the other, for a host whose sums are not ours.

Newest first, eight to a message. After each answer it is on flash how far the host has it, so that it goes on there
after a power cut. That a host may have some of it twice does no harm.
"""

from micropython import const

from suanpan.acquirer.responses import APPROVED, RESPONSE
from suanpan.errors import BadReply, LogFull, NoReply, SettlementOpen
from suanpan.ledger.kinds import DOMESTIC, HELD, KINDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.acquirer.session import Session
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal

_MOST = const(8)  # in one message
_COME_AGAIN = const(("06", "91", "96", "98"))  # the host's trouble: it will have it later


async def upload(t: "Terminal", host: "Session") -> None:
    """Raises SettlementOpen where it must go on later. A host that refuses it, which it has to say twice as there is
    no MAC, goes without."""
    ledger = t.ledger
    state = ledger.state
    screen = t.screen
    title = screen.title("upload")
    done = ledger.uploaded()
    screen.show(title, screen.message("upload_resumed" if done else "please_wait"))
    begun = max(state.settled, state.batch_start)
    total = 0
    items: "list[str]" = []
    for entry in ledger.entries():
        if entry.number <= begun:
            break
        if not entry.approved or KINDS[entry.kind] & HELD:
            continue
        total += 1
        if done and entry.number >= done:
            continue
        items.append(_item(entry))
        if len(items) == _MOST:
            screen.show(title, f"{total} / {state.count}")
            if not await _taken(t, host, items, entry):
                return
            items = []
    if items and not await _taken(t, host, items, entry):
        return
    await _told(t, host, "batch_uploaded", f"{total:04}")


def _item(entry: "Entry") -> str:
    """Foreign or not, STAN, card number and amount, 40 digits."""
    pan, _ = entry.card()
    foreign = "00" if entry.org == DOMESTIC else "01"
    return f"{foreign}{entry.stan}{'0' * (20 - len(pan))}{pan}{entry.amount:012}"


async def _taken(t: "Terminal", host: "Session", items: "list[str]", last: "Entry") -> bool:
    if not await _told(t, host, "batch_upload", f"{len(items):02}" + "".join(items)):
        return False
    try:
        t.ledger.uploaded(last.number)
    except LogFull:
        pass  # it only has to be told again if the power goes now
    return True


async def _told(t: "Terminal", host: "Session", name: str, text: str) -> bool:
    """Whether the host takes it."""
    for _ in (1, 2):
        try:
            answer = await host.manage(name, t.ledger.stan(), t.ledger.batch, {48: text})
        except (NoReply, BadReply):
            raise SettlementOpen from None
        code = answer.text(RESPONSE)
        if code in _COME_AGAIN:
            raise SettlementOpen
        if code == APPROVED:
            return True
    return False
