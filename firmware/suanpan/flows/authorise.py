"""授权: who it is, by password."""

from suanpan.crypto.secret import PinEntry
from suanpan.errors import Cancelled, TimedOut
from suanpan.errors.operators import KeysDestroyed, NotAllowed
from suanpan.ledger.operators import ADMINISTRATOR, SUPERVISOR, Operators, digits
from suanpan.ui.prompts import DIGITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal


async def supervisor(t: "Terminal") -> None:
    """Return when the supervisor has agreed to what is being done.

    Raises Cancelled or TimedOut, or else NotAllowed: after one bad password, a locked one, or the factory's.
    """
    operators = await t.operators(Operators)
    title = t.screen.title("supervisor")
    if operators.must_change(SUPERVISOR):
        await t.screen.notice(title, t.screen.message("first_password"))
    elif await prove(t, operators, SUPERVISOR, title):
        return
    elif operators.locked(SUPERVISOR):
        await refuse(t, operators, SUPERVISOR, title)
    raise NotAllowed


async def prove(t: "Terminal", operators: Operators, number: str, title: str) -> bool:
    """Whether the person keys the password of `number`, after the wait that the last failures cost.

    The last failure that the administrator has ends the keys, and raises KeysDestroyed.
    """
    if operators.locked(number):
        return False
    await _wait(t, title, operators.wait_s(number))
    prompt = {SUPERVISOR: "supervisor_password", ADMINISTRATOR: "administrator_password"}.get(number, "password")
    with PinEntry() as password:
        await ask_password(t, title, prompt, digits(number), password)
        t.screen.show(title, t.screen.message("please_wait"))
        if operators.check(number, password.view):
            return True
    if number == ADMINISTRATOR and operators.locked(number):
        await end_keys(t)
    return False


async def refuse(t: "Terminal", operators: Operators, number: str, title: str) -> None:
    """Say that it was not the password; or that none will do any more, and who can help."""
    words = "bad_login"
    if operators.locked(number):
        words = {SUPERVISOR: "supervisor_locked", ADMINISTRATOR: "administrator_locked"}.get(number, "operator_locked")
    t.screen.buzzer.error()
    await t.screen.notice(title, t.screen.message(words))


async def end_keys(t: "Terminal") -> None:
    """Zeroise. What was sold stays in the journal, and the terminal waits for the workshop."""
    t.screen.show(t.screen.title("administrator"), t.screen.message("please_wait"))
    await t.zeroise()
    raise KeysDestroyed


async def ask_password(t: "Terminal", title: str, prompt: str, length: int, password: PinEntry) -> None:
    """Fill `password` with exactly `length` digits, which are nowhere else; the screen shows asterisks."""
    screen = t.screen
    while True:
        screen.show(title, screen.message(prompt), "*" * len(password) + "_" * (length - len(password)))
        key = await screen.key()
        if key in DIGITS and len(password) < length:
            password.append(key)
        elif key == "clear":
            password.backspace()
        elif key == "cancel":
            raise Cancelled
        elif key == "enter" and len(password) == length:
            return
        else:
            screen.buzzer.error()


async def _wait(t: "Terminal", title: str, seconds: int) -> None:
    """Count down. A second in which a key is pressed does not count."""
    screen = t.screen
    while seconds:
        screen.show(title, screen.message("wait"), str(seconds))
        try:
            if await screen.key(1) == "cancel":
                raise Cancelled
            screen.buzzer.error()
        except TimedOut:
            seconds -= 1
