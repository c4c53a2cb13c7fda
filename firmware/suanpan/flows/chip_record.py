"""What a chip sale leaves in the ledger when the card has had its last word."""

from suanpan.emv import f55
from suanpan.flows import chip_offline
from suanpan.flows.chip_data import expiry, remarks, sequence
from suanpan.ledger.entry import BAD_REPLY
from suanpan.ledger.kinds import SCRIPT_RESULT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.transaction import Transaction
    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal

__all__ = ("keep", "remarks", "report_scripts", "take_back")

_CARDS_DOING = BAD_REPLY  # F39 of a reversal for any other cause than silence or a wrong MAC


def keep(t: "Terminal", amount: int, emv: "Transaction", arqc: str, entry_mode: str) -> "Entry":
    """A sale that the card has approved by itself. `arqc` is "" where its issuer was not to be asked."""
    return chip_offline.keep(
        t,
        amount,
        pan=emv.pan,
        expiry=expiry(emv),
        entry_mode=entry_mode,
        chip=f55.upload(emv),
        sequence=sequence(emv),
        remarks=remarks(emv, arqc),
    )


def report_scripts(t: "Terminal", entry: "Entry", emv: "Transaction", answer: "dict[str, str]") -> None:
    """Into the queue, if any were run, and before the sale has its end: whatever the power does then, the host hears of
    both."""
    report = f55.script_report(emv)
    if report:
        t.ledger.store(
            SCRIPT_RESULT,
            0,
            org=answer["org"],
            chip=report,
            original=entry.batch + entry.stan,
            original_reference=answer["reference"],
            pan=emv.pan,
            expiry=expiry(emv),
            entry_mode=entry.entry_mode[:2] + "2",
            operator=entry.operator,
            date=entry.date,
            time=entry.time,
            sequence=entry.sequence,
        )


def take_back(entry: "Entry", emv: "Transaction") -> None:
    """What the host has approved and the card has not: the reversal says how far they have come."""
    entry.unanswered(_CARDS_DOING, f55.reversal(emv))
