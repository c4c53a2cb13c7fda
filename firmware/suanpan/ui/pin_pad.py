"""A PIN's digits in another order than the caps of the keys have, on the screen: for shops that ask for it.

Who sees the fingers, or the grease that they leave, learns nothing of the PIN. Each PIN has an order of its own, in
which all are equally likely.
"""

from micropython import const

from suanpan.ui.canvas import CUSTOMER
from suanpan.ui.money import yuan
from suanpan.ui.prompts import DIGITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ui.screen import Screen

_KEYS = "1234567890"  # row by row, as they lie
_ROOM = const(10)  # columns that a pad with gaps leaves
_LARGE = const(8)  # rows of a display that has room for title, amount and pad


class PinPad:
    def __init__(self, screen: "Screen") -> None:
        self._screen = screen
        self._order = _shuffled(screen)

    def digit(self, key: str) -> str:
        """What stands on the screen where that key is."""
        return chr(self._order[_KEYS.index(key)])

    def show(self, amount: int, entered: int) -> None:
        screen = self._screen
        canvas = screen.canvas
        canvas.clear()
        rows = [str(self._order[at : at + 3], "ascii") for at in (0, 3, 6)]
        rows.append(f" {chr(self._order[9])} ")
        stars = "*" * entered
        if canvas.rows < _LARGE:  # beside the pad, which needs all rows
            gap = " " if max(len(yuan(amount)), entered) <= _ROOM else ""
            for row, digits in enumerate(rows):
                canvas.text(row, gap.join(digits))
            canvas.right(0, screen.title("pin"))
            canvas.right(1, yuan(amount))
            canvas.right(2, stars)
        else:
            canvas.centre(0, screen.title("pin"))
            canvas.bar(0, CUSTOMER)
            canvas.large(1, yuan(amount))
            for row, digits in enumerate(rows):
                canvas.centre(3 + row, "   ".join(digits))
            canvas.centre(7, stars or screen.message("pin_hint"))
        canvas.show()


def _shuffled(screen: "Screen") -> bytearray:
    """Fisher and Yates, with bytes that would favour some places left out."""
    order = bytearray(DIGITS.encode())
    for i in range(len(order) - 1, 0, -1):
        while True:
            noise = screen.keypad.random(1)[0]
            if noise < 256 - 256 % (i + 1):
                break
        j = noise % (i + 1)
        order[i], order[j] = order[j], order[i]
    return order
