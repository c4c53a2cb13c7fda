"""Questions to the person at the keypad. Each returns an answer, or raises Cancelled or TimedOut."""

from micropython import const

from suanpan.errors import Cancelled
from suanpan.ui.canvas import CUSTOMER
from suanpan.ui.money import yuan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.crypto.secret import PinEntry
    from suanpan.ui.screen import Screen

_AMOUNT_DIGITS = const(12)
_PIN_MIN = const(4)
DIGITS = "0123456789"


async def ask_amount(screen: "Screen", title: str, first: str = "") -> int:
    """An amount in 分, keyed from the right like on a till; never zero. `first` is a digit already pressed."""
    digits = first.lstrip("0")
    hint = screen.message("amount_hint")
    while True:
        screen.show_amount(title, yuan(int(digits or "0")), hint)
        key = await screen.key()
        hint = screen.message("amount_hint")
        if key in DIGITS:
            if len(digits) == _AMOUNT_DIGITS:
                screen.buzzer.error()
            else:
                digits = (digits + key).lstrip("0")
        elif key == "clear":
            digits = digits[:-1]
        elif key == "cancel":
            raise Cancelled
        elif key == "enter":
            if digits:
                return int(digits)
            screen.buzzer.error()
            hint = screen.message("zero_amount")


async def ask_digits(
    screen: "Screen", title: str, prompt: str, length: int, hidden: bool = False, short: bool = False
) -> str:
    """Exactly `length` digits, or as few as none if it may be `short`; shown as asterisks when `hidden`."""
    digits = ""
    while True:
        screen.show(title, prompt, ("*" * len(digits) if hidden else digits) + "_" * (length - len(digits)))
        key = await screen.key()
        if key in DIGITS and len(digits) < length:
            digits += key
        elif key == "clear":
            digits = digits[:-1]
        elif key == "cancel":
            raise Cancelled
        elif key == "enter" and (short or len(digits) == length):
            return digits
        else:
            screen.buzzer.error()


async def ask_pin(screen: "Screen", amount: int, pin: "PinEntry") -> None:
    """Fill `pin` with 4 to 12 digits, or leave it empty where the customer just presses enter.

    The digits are nowhere but in `pin`, the screen shows one asterisk for each, and the keypad's rows are
    scanned in random order meanwhile. Where the shop wants that, the digits' own order is random too.
    """
    screen.keypad.scrambled = True
    pad = None
    if screen.scrambles_pins:
        from suanpan.ui.pin_pad import PinPad

        pad = PinPad(screen)
    try:
        while True:
            if pad:
                pad.show(amount, len(pin))
            else:
                hint = "*" * len(pin) or screen.message("pin_hint")
                screen.show_amount(screen.title("pin"), yuan(amount), hint, CUSTOMER)
            key = await screen.key()
            if key in DIGITS and pin.append(pad.digit(key) if pad else key):
                continue
            if key == "clear":
                pin.backspace()
            elif key == "cancel":
                raise Cancelled
            elif key == "enter" and (not len(pin) or len(pin) >= _PIN_MIN):
                return
            else:
                screen.buzzer.error()
    finally:
        screen.keypad.scrambled = False


async def confirm(screen: "Screen", title: str, text: str) -> None:
    """Return when the person presses enter."""
    screen.show(title, text)
    await agree(screen)


async def agree(screen: "Screen") -> None:
    """Return when the person presses enter to what is on the screen."""
    while True:
        key = await screen.key()
        if key == "enter":
            return
        if key == "cancel":
            raise Cancelled
        screen.buzzer.error()
