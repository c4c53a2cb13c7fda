"""锁定: the cashier goes away from the counter. The terminal sells nothing, and goes on telling the host what waits."""

from suanpan.errors import Cancelled, TimedOut
from suanpan.flows.counter import seldom
from suanpan.flows.idle import Idle
from suanpan.overlay import Overlay
from suanpan.ui.prompts import confirm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal


class _Locked(Idle):
    """The same idle time, behind another screen."""

    async def _check_flash(self) -> bool:
        more = await Idle._check_flash(self)
        if self._t.parameters.besides.get("update_server"):
            with Overlay():
                await seldom("flows.update_fetch", "update")(self._t)
        return more

    def _show(self, waiting: int) -> None:
        t = self._t
        screen = t.screen
        hint = ""
        if waiting:
            left = self.left_s
            hint = f"{screen.message('unsent').replace('#', str(waiting))} {left // 60}:{left % 60:02}"
        screen.show(_title(t, t.operator), screen.message("unlock_hint"), screen.message("relieve_hint"), hint)


async def lock(t: "Terminal") -> None:
    """Until the operator's password is keyed, or somebody logs the operator out.

    Whatever goes wrong with the password leads to the log-in, never to an open terminal.
    """
    idle = _Locked(t)
    while True:
        key = await idle.key()
        try:
            if key == "menu":
                await _relieve(t)
                return
            if key == "enter" and await _unlocked(t):
                return
        except (Cancelled, TimedOut):
            continue


async def _unlocked(t: "Terminal") -> bool:
    """Whether the screen is somebody's again: the operator's, or, after the last bad password, the log-in's."""
    operator, t.operator = t.operator, ""  # until it has been proved: an error leads to the log-in
    title = _title(t, operator)
    try:
        with Overlay():
            from suanpan.flows.authorise import prove, refuse
            from suanpan.ledger.operators import Operators

            operators = await t.operators(Operators)
            good = await prove(t, operators, operator, title)
            if not good:
                await refuse(t, operators, operator, title)
                if operators.locked(operator):
                    return True
    except (Cancelled, TimedOut):
        t.operator = operator
        raise
    t.operator = operator
    return good


async def _relieve(t: "Terminal") -> None:
    """Another operator may come: what the host must still be told stays."""
    screen = t.screen
    await confirm(screen, screen.title("log_out"), screen.message("relieve"))
    t.operator = ""


def _title(t: "Terminal", operator: str) -> str:
    return f"{t.screen.title('locked')} {operator}"
