"""被扫: the code that a customer shows: scanned, or keyed in where there is no scanner or it does not serve."""

from binascii import a2b_base64, hexlify

from micropython import const

from suanpan.codec.tlv import Reader
from suanpan.errors import Cancelled, CodecError, DriverError
from suanpan.errors.scanner import ScannerError
from suanpan.flows.race import first
from suanpan.ui.canvas import CUSTOMER
from suanpan.ui.money import yuan
from suanpan.ui.prompts import DIGITS, ask_digits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.terminal import Terminal

# What wallets' own codes begin with, and how long they are: as the wallets tell merchants.
_WALLETS = (("10", 18), ("11", 18), ("12", 18), ("13", 18), ("14", 18), ("15", 18), ("28", 18), ("62", 19))
_LONGEST = const(19)
_MOST = const(160)  # characters: F59 has other things to carry

# EMVCo, "QR Code Specification for Payment Systems: Consumer-Presented Mode", 4: data objects in base 64.
_FORMAT = const(0x85)
_VERSION = b"CPV01"
_APPLICATION = const(0x61)
_TRACK_2 = const(0x57)
_PAN = const(0x5A)


async def scanned(t: "Terminal", title: str, amount: int) -> "tuple[str, str]":
    """A code, and the account number that it goes by. Raises Cancelled and TimedOut."""
    screen = t.screen
    scanner = t.scanner() if t.scanner else None
    while True:
        try:
            if scanner:
                screen.show_amount(screen.title("scan"), yuan(amount), screen.message("payment_code"), CUSTOMER)
                source, result = await first(screen.key(), scanner.scan())
                if source:
                    text = bytes(result).decode()
                    scanner.wipe()
                    screen.buzzer.click()
                    return text, account_of(text)
                if result == "cancel":
                    raise Cancelled
                if result not in DIGITS:
                    screen.buzzer.error()
                    continue
            text = await ask_digits(screen, title, screen.message("payment_code"), _LONGEST, short=True)
            if not text:
                raise Cancelled
            return text, account_of(text)
        except DriverError as problem:
            screen.buzzer.error()
            await screen.notice(title, screen.error(problem.code), 5)
            if not isinstance(problem, ScannerError):
                scanner = None  # then it is keyed in


def account_of(text: str) -> str:
    """The number that stands for the account: a wallet's code is one itself. Raises ScannerError for other codes."""
    if (text[:2], len(text)) in _WALLETS and text.isdigit():
        return text
    try:
        number = _presented(a2b_base64(text)) if len(text) <= _MOST else ""
    except (CodecError, ValueError):
        number = ""
    if not (number.isdigit() and 12 < len(number) <= _LONGEST):
        raise ScannerError
    return number


def _presented(data: bytes) -> str:
    """The account number in an EMVCo code; empty if there is none, or it is not such a code."""
    reader = Reader(data)
    if not reader.next() or reader.tag != _FORMAT or data[reader.start : reader.end] != _VERSION:
        return ""
    while reader.next():
        if reader.tag == _APPLICATION:
            within = Reader(data[reader.start : reader.end])
            while within.next():
                if within.tag in (_TRACK_2, _PAN):
                    digits = hexlify(data[reader.start + within.start : reader.start + within.end]).decode()
                    return digits.split("d")[0].rstrip("f")
    return ""
