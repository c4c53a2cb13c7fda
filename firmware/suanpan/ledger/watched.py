"""That the workshop was told what the terminal does: who let it be, and when. It moves no money."""

from micropython import const

from suanpan.ledger.record import WATCHED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ledger.ledger import Ledger
    from suanpan.ledger.record import Fields

_RESERVE = const(2)  # sectors that must be left: what a transaction needs


def watched(ledger: "Ledger", operator: str, date: str, time: str, of: int = 0) -> int:
    """Record that a trace begins, or that a person has ended the one that began with record `of`. Returns the record's
    number. Raises LogFull, for a beginning while transactions still have room; LogWorn; what bars the journal."""
    journal = ledger._journal  # as its own module: a method of it would be in memory with every sale
    fields: "Fields" = {"operator": operator, "date": date, "time": time}
    if of:
        fields["of"] = of
    else:
        journal.log.reserve(_RESERVE)
    return journal.append(WATCHED, fields)
