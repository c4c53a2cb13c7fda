"""开机自检: what a person needs to know about the parts before the first customer comes."""

from suanpan.errors import DriverError, PrinterError
from suanpan.ledger.key_store import TMK
from suanpan.service.tables_check import check_tables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

_LOW_BATTERY = 10  # percent


async def self_test(t: "Terminal") -> None:
    """Show what is wrong, each until a key is pressed or ten seconds are over.

    Display and parameters have proved themselves already: without them there is no screen to show. Records that were
    altered raise JournalBroken; nothing else stops the terminal.
    """
    screen = t.screen
    title = screen.title("check")
    screen.show(title, screen.message("please_wait"))
    t.ledger.verify()
    found = await faults(t)
    for _, words in found:
        screen.buzzer.error()
        await screen.notice(title, words)
    if not found:
        await screen.notice(title, screen.message("in_good_order"), 1)


async def faults(t: "Terminal") -> "list[tuple[str, str]]":
    """What is wrong with the parts: its code, or a name, and what a person is told of it."""
    screen = t.screen
    found = []
    stuck = screen.keypad.stuck()
    if stuck:
        found.append(("stuck_keys", f"{screen.message('stuck_keys')} {' '.join(stuck)}"))
    try:
        await t.printer.reset()
    except PrinterError as problem:
        found.append((problem.code, screen.error(problem.code)))
    try:
        if t.battery.percent() < _LOW_BATTERY:
            found.append(("low_battery", screen.message("low_battery")))
    except DriverError as problem:  # a gauge that does not answer is no reason to sell nothing
        found.append((problem.code, screen.error(problem.code)))
    if not check_tables(t):
        found.append(("bad_tables", screen.message("bad_tables")))
    if not t.keys.has(TMK):
        found.append(("no_keys", screen.message("no_keys")))
    return found
