"""Idle: the clock goes on, flash is made ready, and what the host must still be told is told."""

from suanpan.errors import AcquirerError, DriverError, JournalBroken, LedgerError, TimedOut
from suanpan.flows.overlay import Overlay
from suanpan.flows.race import first

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

_FIRST_S = 15  # of idle time, before the host is told what waits; after a failure twice as long each time,
_LONGEST_S = 960  # and at most this long, up to a quarter more by chance: shops do not all come at once
_MANY = 5  # payments that are told of without waiting
_HOUR = 3600


class Idle:
    def __init__(self, t: "Terminal") -> None:
        self._t = t
        self._left_s = self._pause_s = 0  # until the next try; how long that was after the last failure, 0: none
        self._trouble = ""
        self._signed_in = False

    async def key(self) -> str:
        """The first key that is pressed. It interrupts whatever is being told: that is told again, and does no harm."""
        t = self._t
        key, more = "", False
        if t.signed_in and not self._signed_in:
            self._left_s = 1
        self._signed_in = t.signed_in
        while not key:
            waiting = unsent(t)
            if not waiting:
                self._left_s = self._pause_s = 0
                self._trouble = ""
            elif not self._left_s:
                self._left_s = 1 if t.ledger.state.queued >= _MANY else _FIRST_S
            self._show(waiting)
            try:
                key = await t.screen.key(1 if waiting or more else 60 - int(t.time()[4:]))
            except TimedOut:
                more = self._check_flash()
                if waiting:
                    self._left_s -= 1
                    if not self._left_s:
                        key = await self._tell()
        if self._pause_s == 0:
            self._left_s = 0
        return key

    def _check_flash(self) -> bool:
        """Whether there is more to do while nobody waits, in a second. Raises JournalBroken."""
        try:
            return self._t.ledger.prepare()
        except JournalBroken:
            raise
        except LedgerError:
            return False  # the next sale will say so, before anything is sent

    async def _tell(self) -> str:
        """The key that has interrupted it; "" if it came to its end."""
        t = self._t
        told: "list[str]" = []
        with Overlay():
            from suanpan.flows.delivery import deliver_all

            try:
                winner, result = await first(t.screen.key(_HOUR), deliver_all(t))
                if winner == 0:
                    return str(result)
                told = result
            except JournalBroken:
                raise
            except (AcquirerError, LedgerError) as trouble:
                self._trouble = trouble.code
                self._pause_s = min(2 * self._pause_s or _FIRST_S, _LONGEST_S)
                self._left_s = self._pause_s + self._pause_s * t.random(1)[0] // 1024
        for words in told:
            t.screen.buzzer.alert()
            await t.screen.notice(t.screen.title("delivery"), words, 60)
        return ""

    def _show(self, waiting: int) -> None:
        t = self._t
        screen = t.screen
        time = t.time()
        trouble = hint = ""
        if waiting:
            if self._trouble:
                trouble = screen.message(f"idle_{self._trouble}") or screen.message("idle_trouble")
            left = self._left_s
            hint = f"{screen.message('unsent').replace('#', str(waiting))} {left // 60}:{left % 60:02}"
        screen.show_idle(f"{time[:2]}:{time[2:4]}", f"{t.operator} {_charge(t)}%", trouble, hint)


def _charge(t: "Terminal") -> str:
    try:
        return f"{t.battery.percent():3}"
    except DriverError:  # a gauge that does not answer; the self-check has said so
        return " --"


def unsent(t: "Terminal") -> int:
    """How many things the host must still be told."""
    state = t.ledger.state
    return state.queued + bool(state.due) + bool(state.settling)
