"""保养计数: what each part has done since it was seen to, and in all. Choosing a part says that it has been."""

from suanpan.errors import Cancelled
from suanpan.service.care import PARTS, Care
from suanpan.ui.lists import choose
from suanpan.ui.prompts import confirm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal


async def counters(t: "Terminal") -> None:
    """Until Cancelled or TimedOut."""
    screen = t.screen
    care = Care(t)
    while True:
        options = []
        for part in range(PARTS):
            since, total = care.worked(part)
            options.append(f"{screen.message(f'care_{part}')} {since}/{total}")
        part = await choose(screen, screen.title("counters"), options)
        try:
            await confirm(screen, screen.message(f"care_{part}"), screen.message("seen_to"))
        except Cancelled:
            continue
        care.seen_to(part)
        care.save()
