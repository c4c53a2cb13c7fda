"""Idle: the clock goes on, flash is made ready, and what the host must still be told is told."""

from suanpan.errors import DriverError, JournalBroken, LedgerError, TimedOut
from suanpan.overlay import Overlay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

FIRST_S = 15  # of idle time, before the host is told what waits
_MANY = 5  # payments that are told of without waiting
_LEAST = 5  # percent of a charge: what a transaction needs to its end, with slips
_LOCK_MINUTES = 30  # of idle time, where the parameters do not say otherwise; none is never


class Idle:
    """`left_s` is the idle time until the host is told what waits, `pause_s` what it was after the last failure, or 0,
    and `trouble` that failure's code. `battery` says whether it will last for a transaction."""

    def __init__(self, t: "Terminal") -> None:
        self._t = t
        self.left_s = self.pause_s = 0
        self.trouble = ""
        self._signed_in = False
        self.battery = True
        self._day = ""

    async def key(self) -> str:
        """The first key that is pressed; "nobody there" when none has been for as long as the parameters say;
        "another day" at once when it is one.

        A key interrupts whatever is being told: that is told again, and does no harm.
        """
        t = self._t
        if self._day != t.today():
            before, self._day = self._day, t.today()
            if before:  # the first one begins with the self-check of the power-on
                return "another day"
        key, more = "", False
        left_alone_s = t.parameters.seldom("lock_minutes", _LOCK_MINUTES) * 60
        if t.signed_in and not self._signed_in:
            self.left_s = 1
        self._signed_in = t.signed_in
        while not key:
            waiting = unsent(t)
            if not waiting:
                self.left_s = self.pause_s = 0
                self.trouble = ""
            elif not self.left_s:
                self.left_s = 1 if t.ledger.state.queued >= _MANY else FIRST_S
            self._show(waiting)
            wait_s = 1 if waiting or more else 60 - int(t.time()[4:])
            try:
                key = await t.screen.key(wait_s)
            except TimedOut:
                key = "nobody there" if 0 < left_alone_s <= wait_s else ""
                left_alone_s -= wait_s
                more = await self._check_flash()
                if waiting:
                    self.left_s -= 1
                    if not self.left_s:
                        with Overlay():
                            from suanpan.flows.delivery import tell

                            key = await tell(t, self) or key
        if not self.pause_s:
            self.left_s = 0
        return key

    async def _check_flash(self) -> bool:
        """Whether there is more to do while nobody waits, in a second. Raises JournalBroken."""
        try:
            return await self._t.prepare()
        except JournalBroken:
            raise
        except LedgerError:
            return False  # the next sale will say so, before anything is sent

    def _show(self, waiting: int) -> None:
        t = self._t
        screen = t.screen
        time = t.time()
        trouble = hint = ""
        if waiting:
            if self.trouble:
                trouble = screen.message(f"idle_{self.trouble}") or screen.message("idle_trouble")
            left = self.left_s
            hint = f"{screen.message('unsent').replace('#', str(waiting))} {left // 60}:{left % 60:02}"
        reached = t.acquirer.reached
        screen.show_idle(f"{time[:2]}:{time[2:4]}", reached, f"{t.operator} {self.percent()}%", trouble, hint)

    def percent(self) -> str:
        """The charge that is left; with a gauge that does not answer it may be anything, and all is sold."""
        try:
            charge = self._t.battery.percent()
        except DriverError:  # the self-check has said so
            self.battery = True
            return " --"
        self.battery = charge >= _LEAST
        return f"{charge:3}"


def unsent(t: "Terminal") -> int:
    """How many things the host must still be told."""
    state = t.ledger.state
    return state.queued + bool(state.due) + bool(state.settling)
