"""What makes this terminal this shop's: a JSON file, checked whole before any of it is used."""

import json

from micropython import const

from suanpan.errors import ParametersError
from suanpan.ledger.files import replace_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    class Operator(TypedDict):
        """A password, salted and hashed: PBKDF2-HMAC-SHA256, salt and hash in hexadecimal."""

        salt: str
        hash: str
        iterations: int


_SCHEMA = const(1)
_LANGUAGES = ("zh", "en")
_TEXTS = (  # printable ASCII: name, shortest, longest
    ("terminal_id", 8, 8),
    ("merchant_id", 15, 15),
    ("serial", 1, 50),
    ("tpdu", 10, 10),
    ("header", 12, 12),
    ("language", 2, 2),
)
_NUMBERS = (  # name, lowest, highest
    ("connect_timeout_s", 1, 60),
    ("host_timeout_s", 1, 120),
    ("receipt_copies", 0, 3),
    ("large_amount", 1, 999999999999),
)
_HEXADECIMAL = "0123456789abcdefABCDEF"
_OTHERS = ("merchant_name", "hosts", "operators")


class Parameters:
    """The file's values, as attributes. What the file holds besides is kept as it is."""

    terminal_id: str  # 8 characters, F41
    merchant_id: str  # 15 characters, F42
    merchant_name: "dict[str, str]"  # by language
    serial: str
    tpdu: str  # 10 digits
    header: str  # 12 digits
    hosts: "list[tuple[str, int]]"  # name or address, port
    connect_timeout_s: int
    host_timeout_s: int
    language: str  # "zh" or "en"
    receipt_copies: int
    large_amount: int  # 分: from here on an amount is confirmed
    operators: "dict[str, Operator]"  # by two-digit number

    def __init__(self, path: str, values: "dict[str, object]") -> None:
        """Raises ParametersError if a value is missing or out of its range."""
        self._path = path
        self._values = values
        _check(values)
        for name in _names():
            setattr(self, name, values[name])

    @classmethod
    def load(cls, path: str) -> "Parameters":
        """Raises ParametersError."""
        try:
            with open(path, "rb") as file:
                values = json.load(file)
        except (OSError, ValueError):
            raise ParametersError from None
        return cls(path, values)

    def save(self) -> None:
        """Write the values as they are now. Raises ParametersError, and writes nothing, if one is out of its range."""
        values = dict(self._values)
        for name in _names():
            values[name] = getattr(self, name)
        _check(values)
        self._values = values
        replace_file(self._path, json.dumps(values).encode())


def _names() -> "list[str]":
    return [name for name, _, _ in _TEXTS + _NUMBERS] + list(_OTHERS)


def _check(values: object) -> None:
    """Raises ParametersError, which does not say where: a value may be nobody's business."""
    if not isinstance(values, dict) or values.get("schema") != _SCHEMA:
        raise ParametersError
    good = True
    for name, low, high in _TEXTS:
        good = good and _is_text(values.get(name), low, high)
    for name, low, high in _NUMBERS:
        good = good and _is_number(values.get(name), low, high)
    if not (
        good
        and values["tpdu"].isdigit()
        and values["header"].isdigit()
        and values["language"] in _LANGUAGES
        and _are_names(values.get("merchant_name"))
        and _are_hosts(values.get("hosts"))
        and _are_operators(values.get("operators"))
    ):
        raise ParametersError


def _is_text(value: object, low: int, high: int) -> bool:
    return isinstance(value, str) and low <= len(value) <= high and all(0x21 <= c <= 0x7E for c in value.encode())


def _is_number(value: object, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high


def _is_hexadecimal(value: object, size: int) -> bool:
    """`size` bytes or more."""
    return isinstance(value, str) and len(value) >= 2 * size and not len(value) % 2 and not value.strip(_HEXADECIMAL)


def _are_names(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    return all(isinstance(value.get(language), str) and value[language] for language in _LANGUAGES)


def _are_hosts(value: object) -> bool:
    if not isinstance(value, list) or not value:
        return False
    for host in value:
        if not isinstance(host, list) or len(host) != 2:
            return False
        if not _is_text(host[0], 1, 253) or not _is_number(host[1], 1, 65535):
            return False
    return True


def _are_operators(value: object) -> bool:
    if not isinstance(value, dict) or not value:
        return False
    for number, record in value.items():
        if not _is_text(number, 2, 2) or not number.isdigit() or not isinstance(record, dict):
            return False
        if not _is_hexadecimal(record.get("salt"), 8) or not _is_hexadecimal(record.get("hash"), 32):
            return False
        if not _is_number(record.get("iterations"), 1, 1000000):
            return False
    return True
