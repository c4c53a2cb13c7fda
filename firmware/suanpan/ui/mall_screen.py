"""The screen of a terminal that several merchants share: whoever sells stands beside what is done, over the amount."""

from suanpan.ui.canvas import BAR, columns
from suanpan.ui.font import WIDE_BOX, Font
from suanpan.ui.screen import Screen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ui.screen import Screen as AnyScreen

_OTHER_WORDS = ("idle", "idle_hint")


class NamesFont:
    """The terminal's font, and one with what the names need: another file, which is made with the parameters."""

    def __init__(self, font: Font, path: str) -> None:
        self._font = font
        self._names = Font(path)

    def load(self, code: int, glyph: bytearray) -> int:
        """As Font.load()."""
        size = self._font.load(code, glyph)
        return self._names.load(code, glyph) if glyph == WIDE_BOX else size


class MallScreen(Screen):
    merchant = ""  # the name of the one that has been chosen, for as long as it sells

    def __init__(self, screen: "AnyScreen", names: str) -> None:
        """`names` is the path of the other font's file."""
        super().__init__(screen.canvas, screen.strings, screen.keypad, screen.buzzer, screen.lights)
        self.scrambles_pins = screen.scrambles_pins
        self.canvas.font = NamesFont(self.canvas.font, names)  # type: ignore[assignment]

    def message(self, name: str) -> str:
        return super().message(f"mall_{name}" if name in _OTHER_WORDS else name)

    def show_amount(self, title: str, amount: str, hint: str, style: int = BAR) -> None:
        named = f"{title} {self.merchant}"
        while columns(named) > self.canvas.columns:
            named = named[:-1]
        super().show_amount(named.rstrip(), amount, hint, style)
