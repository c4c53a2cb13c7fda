"""Whether there is anything to meet a chip card with, found out at power-on."""

import os
import sys

from suanpan.errors.emv import TablesRefused
from suanpan.ledger.emv_tables import APPLICATION, EmvTables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

_ERRORS = "suanpan.errors.emv"


def check_tables(t: "Terminal") -> bool:
    """False for tables that are damaged. Chip cards are offered if there are applications in them; a terminal that has
    never had any sells by the stripe."""
    try:
        os.remove(t.emv_tables + ".new")  # a download that the power cut short
    except OSError:
        pass
    try:
        t.tables_checked = bool(EmvTables(t.emv_tables).items(APPLICATION))
    except TablesRefused:
        return False
    finally:
        _forget_errors()
    return True


def _forget_errors() -> None:
    """An overlay keeps errors; of these there is none yet that somebody could hold, and most sales never need them."""
    if sys.modules.pop(_ERRORS, None):
        delattr(sys.modules["suanpan.errors"], "emv")
