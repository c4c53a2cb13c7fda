"""改密: a password of one's own."""

from suanpan.crypto.octets import equal
from suanpan.crypto.secret import PinEntry
from suanpan.flows.authorise import ask_password, prove, refuse
from suanpan.ledger.operators import digits
from suanpan.ledger.roster import Roster, is_simple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal


async def own_password(t: "Terminal") -> None:
    """The operator who is logged in proves the old one first; whom that locks is logged out."""
    title = t.screen.title("own_password")
    roster = await t.operators(Roster)
    if await prove(t, roster, t.operator, title):
        await change_password(t, t.operator)
        return
    await refuse(t, roster, t.operator, title)
    if roster.locked(t.operator):
        t.operator = ""


async def change_password(t: "Terminal", number: str) -> None:
    """A new password for somebody who has proved the old one: not too simple, and keyed twice alike."""
    screen = t.screen
    title = screen.title("new_password")
    roster = await t.operators(Roster)
    length = digits(number)
    while True:
        with PinEntry() as new, PinEntry() as again:
            await ask_password(t, title, "new_password", length, new)
            if is_simple(new.view) or roster.matches(number, new.view):
                words = "simple_password"
            else:
                await ask_password(t, title, "new_password_again", length, again)
                if equal(new.view, again.view):
                    screen.show(title, screen.message("please_wait"))
                    roster.change(number, new.view)
                    break
                words = "different_passwords"
        screen.buzzer.error()
        await screen.notice(title, screen.message(words))
    await screen.notice(title, screen.message("password_changed"), 3)
