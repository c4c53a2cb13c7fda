"""What a flow shows and hears: the canvas, the words, the keys, tones and lights."""

import asyncio

from suanpan.errors import TimedOut
from suanpan.ui.canvas import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.drivers.buzzer import Buzzer
    from suanpan.drivers.keypad import Keypad
    from suanpan.drivers.lights import Lights
    from suanpan.ui.canvas import Canvas
    from suanpan.ui.strings import Strings

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

    def _titled(self, title: str) -> "Canvas":
        self.canvas.clear()
        self.canvas.centre(0, title)
        self.canvas.bar(0)
        return self.canvas

    def show(self, title: str, *paragraphs: str) -> None:
        """A title in a bar and up to three centred lines under it."""
        canvas = self._titled(title)
        lines = [line for text in paragraphs for line in wrap(text, canvas.columns)]
        # A single line stands in the middle of its space.
        row = 2 if len(lines) == 1 else 1
        for line in lines[: canvas.rows - row]:
            canvas.centre(row, line)
            row += 1
        canvas.show()

    def show_amount(self, title: str, amount: str, hint: str) -> None:
        """A title, an amount in large digits, and a hint below."""
        canvas = self._titled(title)
        canvas.large(1, amount)
        canvas.centre(canvas.rows - 1, hint)
        canvas.show()

    def show_list(self, title: str, lines: list[str]) -> None:
        """A title and up to three lines from the left."""
        canvas = self._titled(title)
        for row, line in enumerate(lines):
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

    async def notice(self, title: str, text: str, timeout_s: int = 10) -> None:
        """Words that stay until a key or the time-out; nothing depends on which."""
        self.show(title, text)
        try:
            await self.key(timeout_s)
        except TimedOut:
            return
