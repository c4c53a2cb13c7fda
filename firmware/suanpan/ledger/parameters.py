"""What makes this terminal this shop's: a JSON file, checked whole before any of it is used.

Its schema number says which values it has; a file of an older one is brought forward (migrations.py).
"""

import json

from micropython import const

from suanpan.errors import ParametersError, ParametersNewer
from suanpan.ledger.files import replace_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SCHEMA = const(4)
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
_HIGHEST = const(999999999999)  # of what seldom() gives


class Parameters:
    """The file's values, as attributes. What the file holds besides is kept as it is."""

    terminal_id: str  # 8 characters, F41
    merchant_id: str  # 15 characters, F42
    merchant_name: "dict[str, str]"  # by language
    serial: str
    tpdu: str  # 10 digits
    header: str  # 12 digits
    hosts: "list[tuple[str, int]]"  # name or address, port: the primary, then its backups
    link: str  # how they are reached: "tls", or "tcp" over a line that is the acquirer's own
    connect_timeout_s: int
    host_timeout_s: int
    language: str  # "zh" or "en"
    suite: str  # "tdes", "aes" or "sm4": what this terminal's keys are for
    receipt_copies: int
    large_amount: int  # 分: from here on an amount is confirmed
    batch_limit: int  # transactions until a settlement
    offline_amount: int  # 分: the most that one transaction may come to without the host,
    offline_count: int  # how many may wait for it,
    offline_total: int  # 分: what they may come to,
    offline_hours: int  # and how long the first may have waited when another one joins
    administrator_tries: int  # bad log-ins in a row that cost the terminal its keys
    refund_amount: int  # 分: the most that one refund may come to

    # Whether the file is still of an older schema. Whoever confirms that this firmware stays saves it then; until that,
    # the firmware before this one could be put back, and would refuse a file that is newer than itself.
    brought_forward = False

    def __init__(self, path: str, values: "dict[str, object]") -> None:
        """Raises ParametersError if a value is missing or out of its range."""
        _check(values)
        self._path = path
        names = _names()
        for name in names:
            setattr(self, name, values[name])
        self._besides = {name: values[name] for name in values if name not in names}

    @classmethod
    def load(cls, path: str) -> "Parameters":
        """Values of an older schema are brought forward in RAM, and checked; the file stays as it is.

        Raises ParametersError, or ParametersNewer if the file is of a schema that is not known yet.
        """
        try:
            with open(path, "rb") as file:
                values = json.load(file)
        except (OSError, ValueError):
            raise ParametersError from None
        schema = values.get("schema") if isinstance(values, dict) else None
        if type(schema) is not int or schema == _SCHEMA:
            return cls(path, values)
        if schema > _SCHEMA:
            raise ParametersNewer
        from suanpan.ledger.migrations import migrate

        migrate(values, _SCHEMA)
        parameters = cls(path, values)
        parameters.brought_forward = True
        return parameters

    def seldom(self, name: str, otherwise: int) -> int:
        """A number that no attribute is kept for: `otherwise` where the file has none. Raises ParametersError."""
        value = self._besides.get(name, otherwise)
        if not _is_number(value, 0, _HIGHEST):
            raise ParametersError
        return value  # type: ignore[return-value]

    def save(self) -> None:
        """Write the values as they are now. Raises ParametersError, and writes nothing, if one is out of its range."""
        values = dict(self._besides)
        for name in _names():
            values[name] = getattr(self, name)
        _check(values)
        replace_file(self._path, json.dumps(values).encode())
        self.brought_forward = False


def _names() -> "list[str]":
    return [table[i] for table in (_TEXTS, _NUMBERS) for i in range(0, len(table), 3)] + list(_OTHERS)


def _check(values: object) -> None:
    """Raises ParametersError, which does not say where: a value may be nobody's business."""
    if not isinstance(values, dict) or not _is_number(values.get("schema"), _SCHEMA, _SCHEMA):
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


def _are_hosts(value: object) -> bool:
    if not isinstance(value, list) or not value:
        return False
    for host in value:
        if not isinstance(host, list) or len(host) != 2:
            return False
        if not _is_text(host[0], 1, 253) or not _is_number(host[1], 1, 65535):
            return False
    return True
