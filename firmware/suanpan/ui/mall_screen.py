"""The screen of a terminal that several merchants share: whoever sells stands beside what is done, over the amount."""

from micropython import const

from suanpan.ui.canvas import BAR, columns
from suanpan.ui.font import WIDE_BOX, Font
from suanpan.ui.screen import Screen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ui.screen import Screen as AnyScreen

_OTHER_WORDS = ("idle", "idle_hint")
_ROWS_FOR_NAME = const(8)
_NAME_ROW = const(5)
_ENOUGH = const(8)  # columns: four characters, or a word


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
    _below = ""  # the amount, where there is a row for it

    def __init__(self, screen: "AnyScreen", names: str) -> None:
        """`names` is the path of the other font's file."""
        super().__init__(screen.canvas, screen.strings, screen.keypad, screen.buzzer, screen.lights)
        self.scrambles_pins = screen.scrambles_pins
        self.canvas.font = NamesFont(self.canvas.font, names)  # type: ignore[assignment]

    def message(self, name: str) -> str:
        return super().message(f"mall_{name}" if name in _OTHER_WORDS else name)

    def show_amount(self, title: str, amount: str, hint: str, style: int = BAR) -> None:
        """On a small display the name is behind the title, where that leaves room for enough of it."""
        if self.canvas.rows >= _ROWS_FOR_NAME:
            self._below = self.merchant
        elif self.canvas.columns - columns(title) > _ENOUGH:
            title = self.cut(f"{title} {self.merchant}").rstrip()
        super().show_amount(title, amount, hint, style)
        self._below = ""

    def _titled(self, title: str, style: int) -> int:
        row = super()._titled(title, style)
        if self._below:
            self.canvas.centre(_NAME_ROW, self._below)
        return row

    def cut(self, text: str) -> str:
        """As much of it as a row holds."""
        while columns(text) > self.canvas.columns:
            text = text[:-1]
        return text
