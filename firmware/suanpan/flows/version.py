"""版本: which terminal this is, and what runs in it."""

import sys

from micropython import const

from suanpan.flows.pages import show_lines
from suanpan.ledger.emv_tables import APPLICATION, KEY, EmvTables
from suanpan.ledger.parameters import SCHEMA
from suanpan.service.release import VERSION
from suanpan.slots.state import BootState
from suanpan.ui.canvas import wrap

_CAUSE = const(0x7F)  # without the mark that somebody has been told of it

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal


async def version(t: "Terminal") -> None:
    screen = t.screen
    tables = screen.message("no_tables")
    if t.tables_checked:
        tables = screen.message("tables_held")
        held = EmvTables(t.emv_tables, checked=True)
        for kind in (KEY, APPLICATION):
            tables = tables.replace("#", str(len(held.items(kind))), 1)
    lines = [
        f"Suanpan {VERSION}",
        f"TID {t.parameters.terminal_id}",
        f"SN {t.parameters.serial}",
        tables,
        f"{screen.message('schema')} {SCHEMA}",
        "MicroPython {}.{}.{}".format(*sys.implementation.version[:3]),
    ]
    cause = BootState(t.nvs()).last & _CAUSE
    if cause:  # why the application before this one stayed, or came back
        lines.append(screen.error(f"U{cause:02}"))
    rows = [row for line in lines for row in wrap(line, screen.canvas.widest)]
    await show_lines(t, screen.title("version"), rows)
