"""What a flow shows and hears: the canvas, the words, the keys, tones and lights."""

import asyncio

from micropython import const

from suanpan.errors import TimedOut
from suanpan.ui.canvas import BAR, GOOD, HINT, PLAIN, columns, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.drivers.buzzer import Buzzer
    from suanpan.drivers.keypad import Keypad
    from suanpan.drivers.lights import Lights
    from suanpan.ui.canvas import Canvas
    from suanpan.ui.strings import Strings

_ROWS_FOR_MARKS = const(8)

PROMPT_S = 60  # a prompt that nobody answers is given up


class Screen:
    def __init__(
        self, canvas: "Canvas", strings: "Strings", keypad: "Keypad", buzzer: "Buzzer", lights: "Lights"
    ) -> None:
        self.canvas = canvas
        self.strings = strings
        self.keypad = keypad
        self.buzzer = buzzer
        self.lights = lights
        self.scrambles_pins = False  # whether a PIN's digits are keyed in another order (ui/pin_pad.py)

    # -- words --

    def title(self, name: str) -> str:
        return self.strings.get(f"title.{name}")

    def message(self, name: str) -> str:
        return self.strings.get(f"message.{name}")

    def error(self, code: str) -> str:
        """What an error means and what to do next; the code itself where there are no words of its own."""
        return self.strings.get(f"error.{code}") or f"{self.strings.get('error.other')} {code}"

    def response(self, code: str) -> str:
        """What the host's answer means, with its code, since a person may have to quote it."""
        words = self.strings.get(f"response.{code}") or self.strings.get("response.other")
        return f"{words} [{code}]"

    # -- pictures --

    def _titled(self, title: str, style: int) -> int:
        """Begin a screen; the first row that is free."""
        canvas = self.canvas
        canvas.clear()
        canvas.centre(0, title)
        canvas.bar(0, style)
        if style < GOOD or canvas.rows < _ROWS_FOR_MARKS:
            return 1
        canvas.large(1, self.strings.get(f"mark.{style}"), style)
        return 3

    def show(self, title: str, *paragraphs: str, style: int = BAR) -> None:
        """A title in a bar and centred lines in the middle of the space under it; at least three fit."""
        canvas = self.canvas
        top = self._titled(title, style)
        lines = [line for text in paragraphs for line in wrap(text, canvas.columns)]
        row = max(top, top + (canvas.rows - top - len(lines)) // 2)
        for line in lines[: canvas.rows - row]:
            canvas.centre(row, line)
            row += 1
        canvas.show()

    def show_amount(self, title: str, amount: str, hint: str, style: int = BAR) -> None:
        """A title, an amount in large digits, and a hint at the bottom."""
        canvas = self.canvas
        self._titled(title, style)
        canvas.large(canvas.rows // 2 - 1, amount)
        row = canvas.rows
        for line in reversed(wrap(hint, canvas.columns)):
            row -= 1
            canvas.centre(row, line, HINT)
        canvas.show()

    def show_idle(self, time: str, reached: bool, right: str, trouble: str, hint: str) -> None:
        """Clock, whether the host was there last, and what a person can do now; `trouble` and another `hint`, if any,
        at the bottom."""
        canvas = self.canvas
        canvas.clear()
        sign = "\ue000" if reached else "\ue001"  # host_tools/fonts/icons.py
        row = 1
        if canvas.rows < _ROWS_FOR_MARKS:
            sign = f"{time} {sign}"
        else:
            canvas.large(2, time, PLAIN)
            row = 5
        canvas.text(0, sign)
        canvas.right(0, right)
        canvas.bar(0)
        canvas.centre(row, self.message("idle"))
        canvas.centre(canvas.rows - 2, trouble)
        canvas.centre(canvas.rows - 1, hint or self.message("idle_hint"), HINT)
        canvas.show()

    def show_list(self, title: str, lines: list[str], above: bool = False, below: bool = False) -> None:
        """A title and lines from the left, as many as there are rows; arrows say where there are more."""
        canvas = self.canvas
        self._titled(title, BAR)
        if above:
            canvas.text(0, "▲")
        if below:
            canvas.right(0, "▼")
        widest = max(map(columns, lines), default=0)
        for row, line in enumerate(lines):
            if widest > canvas.columns:  # none keeps a margin where one cannot
                line += " " * (canvas.columns + 1 - columns(line))  # noqa: PLW2901
            canvas.text(row + 1, line)
        canvas.show()

    # -- keys --

    async def key(self, timeout_s: int = PROMPT_S) -> str:
        """The next key; TimedOut when none comes."""
        key: str
        try:
            key = await asyncio.wait_for(self.keypad.key(), timeout_s)
        except asyncio.TimeoutError:
            raise TimedOut from None
        self.buzzer.click()
        return key

    async def notice(self, title: str, text: str, timeout_s: int = 10, style: int = BAR) -> None:
        """Words that stay until a key or the time-out; nothing depends on which."""
        self.show(title, text, style=style)
        try:
            await self.key(timeout_s)
        except TimedOut:
            return
