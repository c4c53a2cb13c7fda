"""The small things in the menu."""

from suanpan.flows.idle import unsent
from suanpan.service.care import remind
from suanpan.ui.prompts import confirm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal


async def language(t: "Terminal") -> None:
    """The next language, from now on and after the next power-on."""
    strings = t.screen.strings
    at = strings.languages.index(strings.language) + 1
    strings.choose(strings.languages[at % len(strings.languages)])
    t.parameters.language = strings.language
    t.parameters.save()


async def log_out(t: "Terminal") -> None:
    """What the host must still be told is kept, whoever logs in next."""
    screen = t.screen
    if unsent(t):
        await confirm(screen, screen.title("log_out"), screen.message("unsent_stays"))
    t.operator = ""
    await remind(t)
