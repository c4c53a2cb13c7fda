"""What values a terminal's parameters may have: in memory while a file of them is read or written."""

from micropython import const

from suanpan.errors import ParametersError
from suanpan.ledger.parameters import SCHEMA

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LANGUAGES = ("zh", "en")
# Flat, as each pair of brackets would stay on the heap.
_TEXTS: "tuple[Any, ...]" = (  # printable ASCII: name, shortest, longest
    "terminal_id", 8, 8,
    "merchant_id", 15, 15,
    "serial", 1, 50,
    "tpdu", 10, 10,
    "header", 12, 12,
    "language", 2, 2,
    "suite", 3, 4,
    "link", 3, 3,
)  # fmt: skip
_NUMBERS: "tuple[Any, ...]" = (  # name, lowest, highest
    "connect_timeout_s", 1, 60,
    "host_timeout_s", 1, 120,
    "receipt_copies", 0, 3,
    "large_amount", 1, 999999999999,
    "batch_limit", 1, 999,
    "offline_amount", 0, 999999999999,
    "offline_count", 0, 99,
    "offline_total", 0, 999999999999,
    "offline_hours", 1, 720,
    "administrator_tries", 3, 20,
    "refund_amount", 0, 999999999999,
)  # fmt: skip
_OTHERS = ("merchant_name", "hosts")
_OWN_TEXTS = const(9)  # of _TEXTS: the first three, which every merchant has
_OTHERS_MOST = const(7)  # merchants that share a terminal with the first: each has a digit


def names() -> "list[str]":
    return [table[i] for table in (_TEXTS, _NUMBERS) for i in range(0, len(table), 3)] + list(_OTHERS)


def check(values: object) -> None:
    """Raises ParametersError, which does not say where: a value may be nobody's business."""
    if not isinstance(values, dict) or not _is_number(values.get("schema"), SCHEMA, SCHEMA):
        raise ParametersError
    for table, fits in ((_TEXTS, _is_text), (_NUMBERS, _is_number)):
        for i in range(0, len(table), 3):
            if not fits(values.get(table[i]), table[i + 1], table[i + 2]):
                raise ParametersError
    if not (
        values["tpdu"].isdigit()
        and values["header"].isdigit()
        and values["language"] in _LANGUAGES
        and values["suite"] in ("tdes", "aes", "sm4")
        and values["link"] in ("tcp", "tls")
        and _are_names(values.get("merchant_name"))
        and _are_hosts(values.get("hosts"))
        and _are_merchants(values.get("other_merchants", []), values["terminal_id"])
    ):
        raise ParametersError


def _is_text(value: object, low: int, high: int) -> bool:
    return isinstance(value, str) and low <= len(value) <= high and all(0x21 <= c <= 0x7E for c in value.encode())


def _is_number(value: object, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high


def _are_names(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    return all(isinstance(value.get(language), str) and value[language] for language in _LANGUAGES)


def _are_merchants(values: object, first: str) -> bool:
    """Those who share the terminal with the one of that terminal number: each has its own."""
    if not isinstance(values, list) or len(values) > _OTHERS_MOST:
        return False
    numbers = [first]
    for value in values:
        if not isinstance(value, dict) or not _are_names(value.get("merchant_name")):
            return False
        for i in range(0, _OWN_TEXTS, 3):
            if not _is_text(value.get(_TEXTS[i]), _TEXTS[i + 1], _TEXTS[i + 2]):
                return False
        if value["terminal_id"] in numbers:
            return False
        numbers.append(value["terminal_id"])
    return True


def _are_hosts(value: object) -> bool:
    if not isinstance(value, list) or not value:
        return False
    for host in value:
        if not isinstance(host, list) or len(host) != 2:
            return False
        if not _is_text(host[0], 1, 253) or not _is_number(host[1], 1, 65535):
            return False
    return True
