"""A list to choose from."""

from suanpan.errors import Cancelled
from suanpan.ui.canvas import wrap
from suanpan.ui.prompts import DIGITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ui.screen import Screen


async def choose(screen: "Screen", title: str, options: list[str], keys: str = "123456789", sep: str = " ") -> int:
    """Index of an option picked by its key, a digit, which stands before it with `sep` between. The list scrolls when
    it is longer than the screen; an option that is wider goes on in the next row."""
    tops = [0]  # of the pages before this one, and of this
    while True:
        lines: list[str] = []
        end = tops[-1]
        while end < len(options):
            first, *rest = wrap(options[end], screen.canvas.widest - 1 - len(sep))
            if lines and len(lines) + len(rest) + 1 >= screen.canvas.rows:
                break
            lines.append(f"{keys[end]}{sep}{first}")
            lines.extend(f"  {words}" for words in rest)
            end += 1
        screen.show_list(title, lines, len(tops) > 1, end < len(options))
        key = await screen.key()
        if key in DIGITS and key in keys[: len(options)]:
            return keys.index(key)
        if key == "cancel":
            raise Cancelled
        if key == "down" and end < len(options):
            tops.append(end)
        elif key == "up" and len(tops) > 1:
            tops.pop()
        else:
            screen.buzzer.error()
