"""功能: what is not the next sale."""

from suanpan.flows.login import sign_in
from suanpan.flows.printing import print_totals, reprint
from suanpan.flows.sale import sale
from suanpan.ui.prompts import choose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal


async def menu(t: "Terminal") -> None:
    entries = (
        ("sale", sale),
        ("reprint", reprint),
        ("totals", print_totals),
        ("sign_in", sign_in),
        ("language", switch_language),
        ("log_out", log_out),
    )
    chosen = await choose(t.screen, t.screen.title("menu"), [t.screen.title(name) for name, _ in entries])
    await entries[chosen][1](t)


async def switch_language(t: "Terminal") -> None:
    """The next language, from now on and after the next power-on."""
    strings = t.screen.strings
    at = strings.languages.index(strings.language) + 1
    strings.choose(strings.languages[at % len(strings.languages)])
    t.parameters.language = strings.language
    t.parameters.save()


async def log_out(t: "Terminal") -> None:
    t.operator = ""
