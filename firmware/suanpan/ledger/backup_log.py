"""Sectors of a restore on the journal's flash: whether it was finished, and what becomes of one that was not.

Restored records are in sectors of their own magic. They count from the first record on that is in an ordinary sector
behind them.
"""

from suanpan.ledger.flash_ring import SLOT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ledger.flash_ring import FlashRing


def unfinished(ring: "FlashRing", oldest: int, newest: int) -> bool:
    """Whether the newest record is a restored one. A record behind it that was committed, and does not check any more,
    is damage, and none of this."""
    for seq in range(newest, oldest - 1, -1):
        if ring.sequence(seq) == seq:
            if ring.restored:
                return True
            if ring.frame(seq, SLOT) or (ring.marked(seq, SLOT) and not ring.dead(seq, SLOT)):
                return False
            if any(ring.frames(seq)):
                return False
    return False


def forget(ring: "FlashRing", oldest: int, newest: int, stray: int) -> bool:
    """Erase what an unfinished restore has left; False, and nothing erased, if it was a finished one whose ordinary
    sectors have lost their headers. `stray` is the highest record number that begins a sector without one."""
    last = 0
    for seq in range(oldest, newest + 1):
        for _, frame in ring.frames(seq):
            last = max(last, frame[1])
    if stray > last:
        return False
    for place in range(ring.count):  # a sector that was being erased, to make room
        if ring.sequence(place) < 0 and ring.frame(place, SLOT):
            ring.clear(place)
    for seq in range(newest, oldest - 1, -1):
        ring.clear(seq)
    return True
