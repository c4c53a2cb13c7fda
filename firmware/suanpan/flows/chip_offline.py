"""A sale that a card and the terminal agree on between them: whether there is room for one, and how it is kept."""

from suanpan.cards.organisation import organisation
from suanpan.errors import AcquirerError, JournalBroken, LedgerError
from suanpan.flows.without_host import require_batch
from suanpan.ledger.kinds import OFFLINE_CHIP
from suanpan.ledger.moment import minutes
from suanpan.ledger.offline import admit
from suanpan.ledger.pan_vault import masked
from suanpan.ledger.record import STORED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal


def may_keep(t: "Terminal", amount: int) -> bool:
    """Whether a sale of so many 分 would be good now, if the card approved it by itself: within the limits of what may
    be at risk, in an open batch, with nothing to be taken back and room in the journal."""
    try:
        require_batch(t)
        t.ledger.admit()
        admit(t.ledger.state, t.parameters, amount, minutes(t.today(), t.time()))
    except JournalBroken:
        raise
    except (AcquirerError, LedgerError):
        return False
    return True


def spent(t: "Terminal", pan: str) -> int:
    """分 that this card has spent here and its issuer does not know of yet: a sale split in two is one by the floor
    limit (EMV 4.3 Book 3, 10.6.1)."""
    total = 0
    oldest = t.ledger.state.oldest
    shown = masked(pan)
    for entry in t.ledger.entries():
        if entry.number < oldest or not oldest:
            break
        if entry.kind == OFFLINE_CHIP and entry.status == STORED and entry.pan == shown and entry.card()[0] == pan:
            total += entry.amount
    return total


def keep(
    t: "Terminal",
    amount: int,
    *,
    pan: str,
    expiry: str,
    entry_mode: str,
    chip: bytes,
    sequence: str = "",
    remarks: str = "",
) -> "Entry":
    """Record what the card has approved, into the queue: to be called before screen or paper say a word of it.

    `entry_mode` is F22 and what F60 ends with, `chip` F55 of the upload, `sequence` F23, `remarks` the slip's rows.
    Raises what Ledger.store() does, which cannot be where may_keep() has just said yes.
    """
    return t.ledger.store(
        OFFLINE_CHIP,
        amount,
        org=organisation(pan),
        chip=chip,
        pan=pan,
        expiry=expiry,
        entry_mode=entry_mode,
        operator=t.operator,
        date=t.today(),
        time=t.time(),
        sequence=sequence,
        remarks=remarks,
    )
