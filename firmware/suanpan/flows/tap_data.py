"""A tapped card's last word as the sale needs it: fields, records and rows of the slip."""

from micropython import const

from suanpan.emv import f55
from suanpan.emv.outcome import APPROVED, CDCVM, DECLINED, NO_CVM, ONLINE_PIN
from suanpan.errors import JournalBroken, LedgerError
from suanpan.flows.chip_data import cryptogram, expiry, remarks, sequence, track_2
from suanpan.flows.chip_offline import keep
from suanpan.flows.tapped import TAPPED, Tapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Task

    from suanpan.emv.outcome import Outcome
    from suanpan.emv.transaction import Transaction
    from suanpan.terminal import Terminal

_RESPONSE = const(0x8A)
_APPROVED_OFFLINE = b"Y1"
_ROWS = {NO_CVM: "slip.no_cvm", CDCVM: "slip.device_cvm"}


def last_word(t: "Terminal", amount: int, outcome: "Outcome", shown: "Task[None] | None") -> Tapped:
    """Of a final outcome. What the card has approved is kept at once: it is good, whatever happens now."""
    tapped = Tapped(shown)
    emv = outcome.transaction
    if emv is None or outcome.result == DECLINED:
        tapped.declined = True
        return tapped
    tapped.wants_pin = outcome.cvm == ONLINE_PIN
    tapped.pan = emv.pan
    tapped.track = track = track_2(emv)
    tapped.expiry = track.expiry if track else expiry(emv)
    tapped.sequence = sequence(emv)
    approved = outcome.result == APPROVED
    tapped.remarks = remarks(emv, "" if approved else cryptogram(emv))
    row = _ROWS.get(outcome.cvm)
    if row:
        tapped.remarks += "\n" + t.screen.strings.get(row)
    if approved:
        _keep(t, amount, emv, tapped)
    else:
        tapped.request = f55.request(emv)
        tapped.reversal = f55.reversal(emv)
    return tapped


def _keep(t: "Terminal", amount: int, emv: "Transaction", tapped: Tapped) -> None:
    emv.objects.set(_RESPONSE, _APPROVED_OFFLINE)
    try:
        tapped.entry = keep(
            t,
            amount,
            pan=tapped.pan,
            expiry=tapped.expiry,
            entry_mode=TAPPED,
            chip=f55.upload(emv),
            sequence=tapped.sequence,
            remarks=tapped.remarks,
        )
    except JournalBroken:
        raise
    except LedgerError as problem:
        tapped.problem = problem
