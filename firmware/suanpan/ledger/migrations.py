"""Steps from older schemas of the parameters to the next ones, each of them listed for ever.

A step works on the values in RAM, whatever else they hold, and doing it twice changes nothing more. Nothing is
written by it: the file is brought forward when it is saved next, from an outcome that has been checked.
"""

from suanpan.errors import ParametersError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Values = dict[str, object]


def _limits(values: "Values") -> None:
    """To schema 2: the cipher suite, which was always triple DES before, and how much batch and queue may hold."""
    for name, value in (
        ("suite", "tdes"),
        ("batch_limit", 300),
        ("offline_amount", 100000),
        ("offline_count", 20),
        ("offline_total", 1000000),
        ("offline_hours", 24),
    ):
        values.setdefault(name, value)


def _roles(values: "Values") -> None:
    """To schema 3: passwords are in a sealed file, which the workshop writes; none is taken over from a plain one. And
    how much may be refunded at once."""
    values.pop("operators", None)
    values.setdefault("administrator_tries", 10)
    values.setdefault("refund_amount", 10000000)


def _line(values: "Values") -> None:
    """To schema 4: how the hosts are reached, which was always plain TCP before."""
    values.setdefault("link", "tcp")


def _merchants(_: "Values") -> None:
    """To schema 5: several merchants may share a terminal, of which there was always one before. It has nothing to say
    of others; a firmware that knows of none must not take a file of several for one's."""


STEPS: "dict[int, Callable[[Values], None]]" = {  # by the schema that they start from
    1: _limits,
    2: _roles,
    3: _line,
    4: _merchants,
}


def migrate(values: "Values", schema: int) -> None:
    """Bring values of an older schema forward to this one. Raises ParametersError if no step starts from theirs."""
    for number in range(int(values["schema"]), schema):  # type: ignore[call-overload]
        step = STEPS.get(number)
        if step is None:
            raise ParametersError
        step(values)
        values["schema"] = number + 1
