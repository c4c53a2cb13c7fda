"""管理员 99: the terminal itself."""

from suanpan.errors import Cancelled
from suanpan.flows.authorise import end_keys
from suanpan.ledger.operators import ADMINISTRATOR, SUPERVISOR, Operators
from suanpan.overlay import Overlay
from suanpan.ui.canvas import wrap
from suanpan.ui.lists import choose
from suanpan.ui.prompts import confirm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

_SHOWN = ("terminal_id", "merchant_id", "serial", "suite")


async def administer(t: "Terminal") -> None:
    """The administrator's menu, until Cancelled or TimedOut; KeysDestroyed once the terminal is retired."""
    screen = t.screen
    entries = (
        ("parameters", _show_parameters),
        ("new_password", _change),
        ("unlock_supervisor", _unlock),
        ("reset_supervisor", _reset),
        ("retire", _retire),
        ("backup", _backup),
        ("download", _download),
        ("setup", _setup),
        ("keys", _keys),
    )
    while True:
        chosen = await choose(screen, screen.title("administrator"), [screen.title(name) for name, _ in entries])
        name, flow = entries[chosen]
        try:
            await flow(t, screen.title(name))
        except Cancelled:
            continue


async def _show_parameters(t: "Terminal", title: str) -> None:
    screen = t.screen
    values = [(screen.message(name), getattr(t.parameters, name)) for name in _SHOWN]
    values += [(screen.message("host"), f"{name}:{port}") for name, port in t.parameters.hosts]
    lines = []
    for name, value in values:
        lines.append(name)
        lines += wrap(value, screen.canvas.widest)
    with Overlay():
        from suanpan.flows.pages import show_lines

        await show_lines(t, title, lines)


async def _change(t: "Terminal", _: str) -> None:
    with Overlay():
        from suanpan.flows.new_password import change_password

        await change_password(t, ADMINISTRATOR)


async def _unlock(t: "Terminal", title: str) -> None:
    operators = await t.operators(Operators)
    operators.unlock(SUPERVISOR)
    await t.screen.notice(title, t.screen.message("unlocked"))


async def _reset(t: "Terminal", title: str) -> None:
    """For a supervisor who has forgotten it. Nobody sells before it has been changed."""
    await confirm(t.screen, title, t.screen.message("reset_supervisor"))
    with Overlay():
        from suanpan.ledger.roster import Roster

        roster = await t.operators(Roster)
        roster.reset(SUPERVISOR)
    await t.screen.notice(title, t.screen.message("supervisor_reset"))


async def _backup(t: "Terminal", _: str) -> None:
    with Overlay():
        from suanpan.flows.backup import backup

        await backup(t)


async def _download(t: "Terminal", _: str) -> None:
    from suanpan.flows.counter import attempt

    with Overlay():
        from suanpan.flows.downloads import download

        await attempt(t, download(t))


async def _setup(t: "Terminal", _: str) -> None:
    with Overlay():
        from suanpan.flows.setup import setup

        await setup(t)


async def _keys(t: "Terminal", _: str) -> None:
    with Overlay():
        from suanpan.flows.key_values import key_values

        await key_values(t)


async def _retire(t: "Terminal", title: str) -> None:
    """终端退役: asked twice, and refused while the host must still be told of something."""
    screen = t.screen
    hindrance = _hindrance(t)
    if hindrance:
        screen.buzzer.error()
        await screen.notice(title, screen.message(hindrance))
        return
    await confirm(screen, title, screen.message("retire"))
    await confirm(screen, title, screen.message("retire_again"))
    await end_keys(t)


def _hindrance(t: "Terminal") -> str:
    with Overlay():
        from suanpan.flows.setup import hindrance

        return hindrance(t)
