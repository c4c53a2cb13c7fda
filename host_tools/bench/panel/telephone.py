"""The customer's telephone: it shows a payment code, and pays what a terminal's display asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from PIL import Image

    from host_tools.acquirer.crypto import Random
    from host_tools.acquirer.host import Acquirer

_OWNER: Final = "telephone"
_BALANCE: Final = 500_000  # fen, on the day that it is first taken out
_PREFIX: Final = "13"
_DIGITS: Final = 18
_LARGER: Final = 3  # pixels to the display's one, for whoever reads a code


class Unpaid(Exception):
    """Nothing was paid; the text says why."""


class Telephone:
    """`code` is the one that is shown, "" before the first; with `asks` its owner has to say yes to each payment."""

    def __init__(self, acquirer: Acquirer, now: Callable[[], datetime], random: Random) -> None:
        self.code = ""
        self.asks = False
        self._wallets = acquirer.wallets
        self._ledger = acquirer.ledger
        self._now = now
        self._random = random
        self._account: int | None = None
        self._balance = (-1, 0)  # when there had been so many messages

    def status(self, messages: int) -> dict[str, Any]:
        """For JSON; what is on the account is looked up when the bank has heard something."""
        if self._account is not None and self._balance[0] != messages:
            self._balance = messages, self._ledger.balance(self._account)
        balance = _BALANCE if self._account is None else self._balance[1]
        return {"code": self.code, "asks": self.asks, "balance": balance}

    def show(self, *, asks: bool) -> None:
        """Another code, of the same account; each pays once."""
        number = int.from_bytes(self._random(8), "big") % 10 ** (_DIGITS - len(_PREFIX))
        self.code = f"{_PREFIX}{number:0{_DIGITS - len(_PREFIX)}d}"
        self.asks = asks
        self._wallets.show(self._opened(), self.code, asks=asks)

    def answer(self, *, pays: bool) -> None:
        """What its owner says to the payment that waits. Raises Unpaid where none does."""
        if not pays:
            self._wallets.refuse(self.code)
        elif not self._wallets.confirm(self.code, self._now()):
            raise Unpaid("no payment waits for a word from the telephone, or the money does not suffice")
        self._look_again()

    def pay(self, picture: Image.Image) -> None:
        """Read the merchant's code on a display, and pay it. Raises Unpaid."""
        text = _read(picture)
        try:
            paid = self._wallets.pay(text, self._opened(), self._now())
        except (ValueError, KeyError):
            raise Unpaid("the code on the display is not a merchant's") from None
        if not paid:
            raise Unpaid("nobody waits for this payment, or the money does not suffice")
        self._look_again()

    def _opened(self) -> int:
        if self._account is None:
            self._account = self._wallets.open(_OWNER, _BALANCE)
        return self._account

    def _look_again(self) -> None:
        self._balance = -1, self._balance[1]


def _read(picture: Image.Image) -> str:
    try:
        import zxingcpp
    except ImportError:
        raise Unpaid("to read codes the telephone wants the package zxing-cpp, which is not installed") from None
    large = picture.convert("L").resize((picture.width * _LARGER, picture.height * _LARGER), 0)
    found = zxingcpp.read_barcodes(large)
    if not found:
        raise Unpaid("there is no code on the display")
    return str(found[0].text)
