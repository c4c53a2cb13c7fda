"""What is to be commissioned: one unit, one merchant, one settlement account, one place. A TOML file."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import MISSING, asdict, dataclass, fields
from typing import TYPE_CHECKING

from host_tools.commission.errors import BadOrder
from host_tools.flash.factory import Profile

if TYPE_CHECKING:
    from pathlib import Path

_WORDS = {"str": "text", "int": "number"}
_SUITES = ("tdes", "aes", "sm4")
_LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Order:
    """`account` is what the acquirer calls the merchant's settlement account; `place` is where the terminal stands.
    A unit that `replaces` another takes its number over (swap.py)."""

    board: str
    terminal: str
    serial: str
    merchant: str
    name_zh: str
    name_en: str
    account: str
    place: str
    host: str
    port: int
    suite: str = "tdes"
    language: str = "zh"
    wifi: str = ""  # name of the shop's network; its password is no part of an order, nor of any report
    replaces: str = ""  # the serial number of the unit that had this terminal number before

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    def profile(self, wifi_password: str = "") -> Profile:
        """For the factory's image of a unit that has no master key yet."""
        return Profile(
            terminal_id=self.terminal,
            merchant_id=self.merchant,
            merchant=(self.name_zh, self.name_en),
            serial=self.serial,
            tmk=b"",
            host=self.host,
            port=self.port,
            language=self.language,
            suite=self.suite,
            place=self.place,
            wifi=(self.wifi, wifi_password) if self.wifi else None,
        )


def read(path: Path) -> Order:
    """Raises BadOrder."""
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as problem:
        raise BadOrder(str(problem)) from None
    known = {field.name: field.type for field in fields(Order)}
    for name, value in values.items():
        if name not in known:
            raise BadOrder(f"{name}: there is no such entry")
        if type(value).__name__ != known[name]:
            raise BadOrder(f"{name}: not a {_WORDS[str(known[name])]}")
    missing = [field.name for field in fields(Order) if field.default is MISSING and field.name not in values]
    if missing:
        raise BadOrder(f"there is no {', '.join(missing)}")
    order = Order(**values)
    if order.suite not in _SUITES or order.language not in _LANGUAGES:
        raise BadOrder(f"suite is one of {', '.join(_SUITES)}, language one of {', '.join(_LANGUAGES)}")
    if not 0 < order.port < 65_536:
        raise BadOrder("port: 1 to 65535")
    lengths = {"terminal": 8, "merchant": 15}
    for name, length in lengths.items():
        value = getattr(order, name)
        if len(value) != length or not (value.isascii() and value.isalnum()):
            raise BadOrder(f"{name}: {length} letters or digits")
    if not order.serial.isascii() or not 0 < len(order.serial) <= 50 or not order.place or not order.account:
        raise BadOrder("serial, place and account: something is empty, or too long")
    return order
