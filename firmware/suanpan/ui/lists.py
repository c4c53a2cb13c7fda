"""A list to choose from."""

from suanpan.errors import Cancelled
from suanpan.ui.prompts import DIGITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ui.screen import Screen


async def choose(screen: "Screen", title: str, options: list[str], keys: str = "123456789") -> int:
    """Index of an option picked by its key, a digit; the list scrolls when it is longer than the screen."""
    top = 0
    visible = screen.canvas.rows - 1
    while True:
        shown = options[top : top + visible]
        lines = [f"{keys[top + row]} {text}" for row, text in enumerate(shown)]
        screen.show_list(title, lines, top > 0, top + visible < len(options))
        key = await screen.key()
        if key in DIGITS and key in keys[: len(options)]:
            return keys.index(key)
        if key == "cancel":
            raise Cancelled
        if key == "down" and top + visible < len(options):
            top += visible
        elif key == "up" and top:
            top -= visible
        else:
            screen.buzzer.error()
