"""主管 00: who may sell here."""

from suanpan.errors import Cancelled
from suanpan.flows.pages import show_lines
from suanpan.ledger.operators import ADMINISTRATOR, SUPERVISOR
from suanpan.ledger.roster import MOST, Roster
from suanpan.overlay import Overlay
from suanpan.ui.lists import choose
from suanpan.ui.prompts import ask_digits, confirm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal


async def manage(t: "Terminal") -> None:
    """The supervisor's menu, until Cancelled or TimedOut."""
    screen = t.screen
    entries = (
        ("add_operator", _add),
        ("remove_operator", _remove),
        ("list_operators", _list),
        ("new_password", _change),
        ("unlock_operator", _unlock),
        ("training", _train),
    )
    while True:
        chosen = await choose(screen, screen.title("supervisor"), [screen.title(name) for name, _ in entries])
        name, flow = entries[chosen]
        try:
            await flow(t, screen.title(name))
        except Cancelled:
            continue


async def _add(t: "Terminal", title: str) -> None:
    roster = await t.operators(Roster)
    number = await ask_digits(t.screen, title, t.screen.message("operator"), 2)
    if roster.knows(number):
        await _refuse(t, title, "operator_exists")
    elif len(roster.numbers()) >= MOST:
        await _refuse(t, title, "operators_full")
    else:
        roster.add(number)
        await t.screen.notice(title, t.screen.message("operator_added"))


async def _remove(t: "Terminal", title: str) -> None:
    roster = await t.operators(Roster)
    number = await _known(t, roster, title)
    if number:
        await confirm(t.screen, f"{title} {number}", t.screen.message("remove_operator"))
        roster.remove(number)
        await t.screen.notice(title, t.screen.message("operator_removed"))


async def _list(t: "Terminal", title: str) -> None:
    screen = t.screen
    roster = await t.operators(Roster)
    lines = []
    for number in roster.numbers()[1:-1]:
        state = "locked" if roster.locked(number) else "first" if roster.must_change(number) else "good"
        lines.append(f"{number} {screen.message('state_' + state)}")
    await show_lines(t, title, lines)


async def _change(t: "Terminal", _: str) -> None:
    with Overlay():
        from suanpan.flows.new_password import change_password

        await change_password(t, SUPERVISOR)


async def _train(t: "Terminal", _: str) -> None:
    with Overlay():
        from suanpan.flows.training import training

        await training(t)


async def _unlock(t: "Terminal", title: str) -> None:
    roster = await t.operators(Roster)
    number = await _known(t, roster, title)
    if number:
        roster.unlock(number)
        await t.screen.notice(title, t.screen.message("unlocked"))


async def _known(t: "Terminal", roster: Roster, title: str) -> str:
    """The number of an operator; "" once it has been said that there is none."""
    number = await ask_digits(t.screen, title, t.screen.message("operator"), 2)
    if roster.knows(number) and number not in (SUPERVISOR, ADMINISTRATOR):
        return number
    await _refuse(t, title, "no_operator")
    return ""


async def _refuse(t: "Terminal", title: str, words: str) -> None:
    t.screen.buzzer.error()
    await t.screen.notice(title, t.screen.message(words))
