"""部件检测: one part after the other, each with a screen of its own."""

from micropython import const

from suanpan.errors import Cancelled, DriverError, PrinterError, ReaderError
from suanpan.flows.race import first
from suanpan.overlay import Overlay
from suanpan.ui.lists import choose
from suanpan.ui.prompts import confirm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from suanpan.terminal import Terminal

_KEYS = const(16)
_LIT = "88888888888888888888888888888888"


async def check_parts(t: "Terminal") -> None:
    """Until Cancelled or TimedOut."""
    screen = t.screen
    parts: "tuple[tuple[str, Callable[[Terminal, str], Awaitable[None]]], ...]" = (
        ("part_display", _display),
        ("part_keys", _keys),
        ("part_swipe", _swipe),
        ("part_chip", _chip),
        ("part_tap", _tap),
        ("part_printer", _printer),
        ("part_clock", _clock),
        ("part_records", _records),
    )
    titles = [screen.title(name) for name, _ in parts]
    while True:
        name, check = parts[await choose(screen, screen.title("check_parts"), titles)]
        try:
            await check(t, screen.title(name))
        except Cancelled:
            continue
        except DriverError as problem:
            screen.buzzer.error()
            await screen.notice(screen.title(name), screen.error(problem.code))


async def _good(t: "Terminal", title: str, words: str = "part_good") -> None:
    t.screen.buzzer.success()
    await t.screen.notice(title, t.screen.message(words))


async def _display(t: "Terminal", title: str) -> None:
    """As many dots as figures have, all over the glass; then none."""
    screen = t.screen
    width, rows = screen.canvas.columns, screen.canvas.rows
    screen.show_list(_LIT[:width], [_LIT[:width]] * (rows - 1))
    await screen.key()
    screen.canvas.clear()
    screen.canvas.show()
    await screen.key()
    await confirm(screen, title, screen.message("looks_right"))


async def _keys(t: "Terminal", title: str) -> None:
    """Every key once, in any order. Raises TimedOut for one that does nothing."""
    screen = t.screen
    seen: "set[str]" = set()
    while len(seen) < _KEYS:
        screen.show(title, screen.message("press_all"), f"{len(seen)}/{_KEYS}")
        seen.add(await screen.key())
    await _good(t, title)


async def _swipe(t: "Terminal", title: str) -> None:
    """What is on the card is nobody's business, and wiped."""
    screen = t.screen
    screen.show(title, screen.message("any_stripe"))
    t.swipe_reader.flush()
    source, result = await first(screen.key(), t.swipe_reader.swipe())
    if source == 0:
        raise Cancelled
    track2 = result.track2
    result.wipe()
    if track2 is None:
        raise ReaderError
    await _good(t, title)


async def _chip(t: "Terminal", title: str) -> None:
    """Whether the slot knows if a card is in it, and gives it power."""
    screen = t.screen
    if not t.chip_present():
        await confirm(screen, title, screen.message("put_in"))
    if not t.chip_present():
        screen.buzzer.error()
        await screen.notice(title, screen.message("no_card"))
        return
    slot = t.chip_slot()
    try:
        await slot.cold_reset()
    finally:
        slot.deactivate()
    await _good(t, title)


async def _tap(t: "Terminal", title: str) -> None:
    t.screen.show(title, t.screen.message("please_wait"))
    reader = t.contactless_reader()
    await reader.start()
    await reader.power_down()
    await _good(t, title)


async def _printer(t: "Terminal", title: str) -> None:
    screen = t.screen
    screen.show(title, screen.message("printing"))
    with Overlay():
        from suanpan.flows.printing import print_slip
        from suanpan.ui.receipt import CENTRE, DOUBLE, Slip, moment

        slip = Slip(t.parameters, screen.strings)
        slip.add("Suanpan", CENTRE | DOUBLE)
        slip.field("time", moment(t.today(), t.time()))
        for first_code in range(0x20, 0x7F, 32):
            slip.add("".join(chr(code) for code in range(first_code, min(first_code + 32, 0x7F))))
        slip.rule()
        try:
            await print_slip(t, slip.rows, "fix_printer")
        except PrinterError as problem:
            await screen.notice(title, screen.error(problem.code))
            return
    await confirm(screen, title, screen.message("looks_right"))


async def _clock(t: "Terminal", title: str) -> None:
    screen = t.screen
    today, time = t.today(), t.time()
    await confirm(
        screen,
        title,
        f"20{today[:2]}-{today[2:4]}-{today[4:]} {time[:2]}:{time[2:4]} {t.battery.percent()}%",
    )


async def _records(t: "Terminal", title: str) -> None:
    """All records of the open batch once more. Raises JournalBroken."""
    t.screen.show(title, t.screen.message("please_wait"))
    t.ledger.verify()
    await _good(t, title)
