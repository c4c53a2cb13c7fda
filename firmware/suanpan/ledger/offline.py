"""How much may be at risk without the host: limits for each transaction, their number, their sum and their age."""

from suanpan.errors import OfflineLimit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ledger.parameters import Parameters
    from suanpan.ledger.state import State


def admit(state: "State", parameters: "Parameters", amount: int, minute: int) -> None:
    """Raises OfflineLimit unless one more of `amount` 分 may wait in the queue; `minute` is now (moment.py)."""
    if (
        amount > parameters.offline_amount
        or state.queued >= parameters.offline_count
        or state.queued_total + amount > parameters.offline_total
        or (state.queued and minutes_left(state, parameters, minute) <= 0)
    ):
        raise OfflineLimit


def minutes_left(state: "State", parameters: "Parameters", minute: int) -> int:
    """Until the oldest in the queue has waited as long as it may; it is kept and tried for however much longer."""
    return parameters.offline_hours * 60 - max(0, minute - state.oldest_at)
