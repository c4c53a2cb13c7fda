"""Parameters that a person changes at the terminal: at once in force and on flash, or neither."""

from micropython import const

from suanpan.errors import LogWorn, ParametersError
from suanpan.ledger.parameter_rules import names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.ledger.parameters import Parameters

# What `seldom` reads, and may be changed: name, highest. What is switched on and off begins with allow_.
_SELDOM = {
    "tip_percent": 100,
    "lock_minutes": 999,
    "moto": 1,
    "partial_approval": 1,
    "training_mode": 1,
    "shop_profile": 2,
}
_SWITCH = "allow_"
_ON = const(1)


def change(parameters: "Parameters", name: str, value: object) -> None:
    """Raises ParametersError for a value that is out of its range, LogWorn if flash does not keep it."""
    known = name in names()
    highest = _ON if name.startswith(_SWITCH) else _SELDOM.get(name, 0)
    if not known and not (isinstance(value, int) and 0 <= value <= highest):
        raise ParametersError
    besides = parameters.besides
    before = getattr(parameters, name) if known else besides.get(name)
    _put(parameters, name, value, known)
    try:
        parameters.save()
    except (ParametersError, OSError) as problem:
        _put(parameters, name, before, known)
        if before is None:
            del besides[name]
        if isinstance(problem, OSError):
            raise LogWorn from None
        raise


def _put(parameters: "Parameters", name: str, value: object, known: bool) -> None:
    if known:
        setattr(parameters, name, value)
    else:
        parameters.besides[name] = value
