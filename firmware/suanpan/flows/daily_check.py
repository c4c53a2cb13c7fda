"""The self-check of a new day, for a terminal that nobody switches off: when it is unlocked, or, where it never locks,
after the day's first sale. Where all is well it says nothing."""

from suanpan.service.self_test import faults

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal


async def check_again(t: "Terminal") -> None:
    """Show what is wrong, each until a key is pressed or ten seconds are over."""
    screen = t.screen
    screen.show(screen.title("check"), screen.message("please_wait"))
    for _, words in await faults(t):
        screen.buzzer.error()
        await screen.notice(screen.title("check"), words)
