"""More lines than a screen has rows."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal


async def show_lines(t: "Terminal", title: str, lines: "list[str]") -> None:
    """As many lines as there are, a screen at a time, until 确认 or 取消. Raises TimedOut."""
    screen = t.screen
    visible = screen.canvas.rows - 1
    top = 0
    while True:
        screen.show_list(title, lines[top : top + visible])
        key = await screen.key()
        if key in ("enter", "cancel"):
            return
        if key == "down" and top + visible < len(lines):
            top += visible
        elif key == "up" and top:
            top -= visible
        else:
            screen.buzzer.error()
