"""What makes this terminal this shop's: a JSON file, checked whole before any of it is used.

Its schema number says which values it has; a file of an older one is brought forward (migrations.py).
"""

import json

from micropython import const

from suanpan.errors import ParametersError, ParametersNewer
from suanpan.ledger.files import replace_file
from suanpan.overlay import Overlay

SCHEMA = const(5)
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
        with Overlay():
            from suanpan.ledger.parameter_rules import check, names

            check(values)
            known = names()
        self._path = path
        for name in known:
            setattr(self, name, values[name])
        self.besides = {name: values[name] for name in values if name not in known}

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
        if type(schema) is not int or schema == SCHEMA:
            return cls(path, values)
        if schema > SCHEMA:
            raise ParametersNewer
        from suanpan.ledger.migrations import migrate

        migrate(values, SCHEMA)
        parameters = cls(path, values)
        parameters.brought_forward = True
        return parameters

    def seldom(self, name: str, otherwise: int) -> int:
        """A number that no attribute is kept for: `otherwise` where the file has none. Raises ParametersError."""
        value = self.besides.get(name, otherwise)
        if type(value) is not int or not 0 <= value <= _HIGHEST:
            raise ParametersError
        return value

    def save(self) -> None:
        """Write the values as they are now. Raises ParametersError, and writes nothing, if one is out of its range."""
        values = dict(self.besides)
        with Overlay():
            from suanpan.ledger.parameter_rules import check, names

            for name in names():
                values[name] = getattr(self, name)
            check(values)
        replace_file(self._path, json.dumps(values).encode())
        self.brought_forward = False
