"""What is laid down for a tap of this amount, before a card is asked for."""

from micropython import const

from suanpan.emv.reader_limits import combinations
from suanpan.errors.emv import TablesRefused
from suanpan.flows.chip_data import terminal_data
from suanpan.flows.chip_offline import may_keep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.preprocessing import Combination
    from suanpan.emv.tables import Store, Stored
    from suanpan.terminal import Terminal

_ENTRY_MODE = const(0x9F39)
_TAPPED = b"\x07"
_ALWAYS_ONLINE = const(-1)  # a floor limit that every amount is above


def laid_down(
    t: "Terminal", amount: int, store: "Store", tables: "Stored"
) -> "tuple[list[Combination], dict[int, bytes | bytearray]]":
    """For the Entry Point: combinations, none where the tables make no sense, and the terminal's data objects."""
    try:
        found = [each for each in combinations(store, tables.applications) if _possible(each, amount)]
    except TablesRefused:
        found = []
    if not may_keep(t, amount):
        for combination in found:
            combination.floor_limit = _ALWAYS_ONLINE
    data = terminal_data(t, amount)
    data[_ENTRY_MODE] = _TAPPED
    return found, data


def _possible(combination: "Combination", amount: int) -> bool:
    """Mastercard's kernel looks at its limits when the card is there; above both of them no card can help."""
    return any(limit is None or amount <= limit for limit in (combination.limit, combination.cdcvm_limit))
