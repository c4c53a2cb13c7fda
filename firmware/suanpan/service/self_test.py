"""开机自检: what a person needs to know about the parts before the first customer comes."""

from suanpan.errors import DriverError, PrinterError
from suanpan.ledger.key_store import TMK
from suanpan.service.release import VERSION
from suanpan.service.tables_check import check_tables
from suanpan.slots.state import BootState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

_LOW_BATTERY = 10  # percent
# Whoever is at fault for these, it is not the program.
_OF_THE_DAY = ("stuck_keys", "low_battery", "no_keys", "D04", "D05")


async def self_test(t: "Terminal") -> None:
    """Show what is wrong, each until a key is pressed or ten seconds are over.

    Display and parameters have proved themselves already: without them there is no screen to show. Records that were
    altered raise JournalBroken; nothing else stops the terminal. An application that has come so far is the one that
    starts from now on, and what it has brought forward of the parameters is on flash; unless a part does not answer it:
    then the one before it starts anew. If another was to start and did not, that is shown too.
    """
    screen = t.screen
    title = screen.title("check")
    screen.show(title, screen.message("please_wait"))
    t.ledger.verify()
    found = await faults(t)
    application = BootState(t.nvs())
    new = VERSION if application.tried else ""
    good = all(name in _OF_THE_DAY for name, _ in found)
    note = bytearray(10)  # service/update.py's: whether another MicroPython was to start
    try:
        t.nvs().get_blob("update", note)
    except OSError:
        pass
    if note[9] == 0xFF > note[8]:
        base = __import__("suanpan.service.update_base", None, None, ("confirm",))
        new = base.confirm(t, application, good) or new
    if good:
        application.confirm()
        _bring_forward(t)
        if new:
            await screen.notice(title, f"{screen.message('update_done')} {new}", 3)
    elif new:
        t.slots().reset()  # the one before it comes back, and says so: it finds all as it was
    cause = application.tell()
    if cause:
        found.append(("", screen.error(f"U{cause:02}")))
    for _, words in found:
        screen.buzzer.error()
        await screen.notice(title, words)
    if not found:
        await screen.notice(title, screen.message("in_good_order"), 1)


def _bring_forward(t: "Terminal") -> None:
    """The parameters, from an older schema, now that no application comes back that knows only that."""
    if t.parameters.brought_forward:
        try:
            t.parameters.save()
        except OSError:
            pass  # flash does not keep it: they are brought forward again the next time


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
