"""A broken unit's number goes to another one: never two units with one terminal number.

1. The old unit is settled at its keys, its journal fetched (`suanpan backup save`), its keys destroyed (终端退役).
2. `hand_over`: the number gets a new master key, and the acquirer the new unit's serial number. From here on the old
   unit cannot sign in, whether its keys are gone or not: host and number have forgotten both of what it knows.
3. The new unit is commissioned by an order that says whom it `replaces`, with the archive.

What is cut short between any two of these leaves one unit that can sign in, or none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from host_tools.acquirer.terminals import Terminal, Terminals
from host_tools.commission.books import require_settled
from host_tools.commission.errors import NotEnrolled
from host_tools.keys.master_keys import Master

if TYPE_CHECKING:
    from host_tools.acquirer.store import Store
    from host_tools.keys.ceremony import Ceremony
    from host_tools.keys.components import Algorithm
    from host_tools.keys.custodians import Pair


def require_ready(store: Store, terminal: str) -> Terminal:
    """The number, whose batch is settled. Raises NotEnrolled, NotSettled."""
    found = Terminals(store).find(terminal)
    if found is None:
        raise NotEnrolled(terminal)
    require_settled(store, terminal)
    return found


def hand_over(
    ceremony: Ceremony,
    pair: Pair,
    store: Store,
    terminal: str,
    serial: str,
    algorithm: Algorithm,
    components: tuple[bytes, bytes],
    confirmed: bytes,
) -> bytes:
    """The number's new master key, of two components, and its new unit; the key's check value.

    Raises NotEnrolled, NotSettled; KeysError as Ceremony.make_terminal_key does.
    """
    with store.transaction():
        store.hold()
        found = require_ready(store, terminal)
        value = ceremony.make_terminal_key(terminal, pair, algorithm, components, confirmed, replace=True)
        key = ceremony.terminals.open(terminal, ceremony.masters.open(Master.KBPK, pair))
        Terminals(store).rebind(found, serial, key.value)
    return value
