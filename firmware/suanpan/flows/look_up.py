"""交易查询: what the journal still holds, newest first, one transaction to a page; 确认 prints its slip again."""

from micropython import const

import suanpan.ledger.lookup  # noqa: F401 - once in memory, while entries are read again and again
from suanpan.errors import Cancelled
from suanpan.flows.original import ask_voucher
from suanpan.flows.printing import print_slips
from suanpan.ledger.record import DECLINED, DELIVERED, REVERSED, STORED
from suanpan.ui.lists import choose
from suanpan.ui.money import yuan
from suanpan.ui.prompts import ask_amount, ask_digits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from suanpan.ledger.entry import Entry
    from suanpan.terminal import Terminal

    Wanted = Callable[[Entry], bool]

_BY = ("by_voucher", "by_date", "by_amount", "by_card", "by_operator", "all")
_DATE_DIGITS = const(4)
_TAIL_DIGITS = const(4)
_OPERATOR_DIGITS = const(2)


async def look_up(t: "Terminal") -> None:
    screen = t.screen
    by = _BY[await choose(screen, screen.title("look_up"), [screen.title(name) for name in _BY])]
    await _page(t, await _ask(t, by))


async def failed_records(t: "Terminal") -> None:
    """失败记录: what the host has refused after it had been good here."""
    await _page(t, lambda entry: entry.refused)


async def reprint_any(t: "Terminal") -> None:
    """重打任意一笔."""
    screen = t.screen
    voucher = await ask_voucher(t, screen.title("reprint_any"), "original_voucher")
    entry = t.ledger.find(voucher) if voucher else t.ledger.last(approved=True)
    if entry is None or not entry.approved:
        await screen.notice(screen.title("reprint_any"), screen.message("no_receipt"))
        return
    await print_slips(t, entry, reprint=True)


async def _ask(t: "Terminal", by: str) -> "Wanted":
    screen = t.screen
    title = screen.title(by)
    if by == "by_voucher":
        stan = await ask_voucher(t, title, "original_voucher")
        return lambda entry: entry.stan == stan
    if by == "by_date":
        date = await ask_digits(screen, title, screen.message("original_date"), _DATE_DIGITS)
        return lambda entry: entry.date[2:] == date
    if by == "by_amount":
        amount = await ask_amount(screen, title)
        return lambda entry: entry.amount == amount
    if by == "by_card":
        tail = await ask_digits(screen, title, screen.message("card_tail"), _TAIL_DIGITS)
        return lambda entry: entry.pan[-_TAIL_DIGITS:] == tail
    if by == "by_operator":
        operator = await ask_digits(screen, title, screen.message("operator"), _OPERATOR_DIGITS)
        return lambda entry: entry.operator == operator
    return lambda _: True


async def _page(t: "Terminal", wanted: "Wanted") -> None:
    """Down is older, up is newer. Only one transaction is in memory: going back is reading from the newest again."""
    screen = t.screen
    at = 0
    found = _matching(t, wanted)
    entry = next(found, None)
    if entry is None:
        await screen.notice(screen.title("look_up"), screen.message("nothing_found"))
        return
    while True:
        _show(t, entry)
        key = await screen.key()
        if key == "cancel":
            raise Cancelled
        if key == "down":
            older = next(found, None)
            if older:
                entry = older
                at += 1
                continue
            found = iter(())
        elif key == "up" and at:
            at -= 1
            found = _matching(t, wanted)
            for _ in range(at + 1):
                entry = next(found)
            continue
        elif key == "enter" and entry.approved:
            await print_slips(t, entry, reprint=True)
            continue
        screen.buzzer.error()


def _matching(t: "Terminal", wanted: "Wanted") -> "Iterator[Entry]":
    for entry in t.ledger.entries():
        if wanted(entry):
            yield entry


def _show(t: "Terminal", entry: "Entry") -> None:
    screen = t.screen
    date, time = entry.date, entry.time
    screen.show_list(
        screen.title(entry.kind),
        [
            f"{yuan(entry.gain)} {screen.message(status(entry))}",
            f"{screen.message('voucher')}{entry.stan} {entry.pan[-_TAIL_DIGITS:]}",
            f"{date[2:4]}-{date[4:]} {time[:2]}:{time[2:4]} {entry.operator}",
        ],
    )


def status(entry: "Entry") -> str:
    """The message that says in a word what has become of it."""
    if entry.refused:
        return "is_refused"
    if entry.voided:
        return "is_voided"
    if entry.status == DECLINED:
        return "is_declined"
    if entry.status == REVERSED:
        return "is_reversed"
    if entry.status == STORED:
        return "is_unsent"
    return "is_delivered" if entry.status == DELIVERED else "is_approved" if entry.approved else "is_due"
