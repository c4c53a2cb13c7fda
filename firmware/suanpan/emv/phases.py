"""Phases of a transaction are modules that are in memory while they last, and not while the issuer is asked."""

import gc
import sys

_PACKAGE = "suanpan.emv"
# Each is imported by the function that runs the phase. Nothing that outlives a phase is an object of one of them.
_PHASES = (
    "selection",
    "initiate",
    "records",
    "authentication",
    "certificates",
    "restrictions",
    "cardholder",
    "offline_pin",
    "risk",
    "action",
    "cryptogram",
    "issuer",
    "combination",
    "contactless_data",
    "fast_dda",
    "unionpay",
    "visa",
    "mastercard",
)


def forget() -> None:
    """All that were imported; the next one to need one has a new copy."""
    package = sys.modules.get(_PACKAGE)
    for name in _PHASES:
        module = sys.modules.pop(f"{_PACKAGE}.{name}", None)
        if module is not None and getattr(package, name, None) is module:
            delattr(package, name)
    gc.collect()
