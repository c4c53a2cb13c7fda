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
    faults = []
    stuck = screen.keypad.stuck()
    if stuck:
        faults.append(f"{screen.message('stuck_keys')} {' '.join(stuck)}")
    try:
        await t.printer.reset()
    except PrinterError as problem:
        faults.append(screen.error(problem.code))
    try:
        if t.battery.percent() < _LOW_BATTERY:
            faults.append(screen.message("low_battery"))
    except DriverError as problem:  # a gauge that does not answer is no reason to sell nothing
        faults.append(screen.error(problem.code))
    if not check_tables(t):
        faults.append(screen.message("bad_tables"))
    if not t.keys.has(TMK):
        faults.append(screen.message("no_keys"))
    for fault in faults:
        screen.buzzer.error()
        await screen.notice(title, fault)
    if not faults:
        await screen.notice(title, screen.message("in_good_order"), 1)
