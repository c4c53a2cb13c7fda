"""What a transaction that is good without the host has in common with others of its kind."""

from suanpan.cards.organisation import organisation
from suanpan.errors import NotSignedIn
from suanpan.flows.transaction import SWIPED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.codec.track import Track2
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal


def require_batch(t: "Terminal") -> None:
    """Raises NotSignedIn where no batch is open to count it in: before the first sign-in, or after a settlement."""
    state = t.ledger.state
    if not state.batch or (state.settled > state.batch_start and not t.signed_in):
        raise NotSignedIn


def store(t: "Terminal", kind: str, amount: int, track: "Track2", **more: str) -> "Entry":
    """Into the queue, as of now. Raises what Ledger.store() does, and NotSignedIn."""
    require_batch(t)
    pan = track.pan
    return t.ledger.store(
        kind,
        amount,
        org=organisation(pan),
        pan=pan,
        expiry=track.expiry,
        entry_mode=SWIPED,
        operator=t.operator,
        date=t.today(),
        time=t.time(),
        **more,  # type: ignore[arg-type]
    )
