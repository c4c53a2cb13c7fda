"""Phases of a transaction are modules that are in memory while they last, and not while the issuer is asked."""

import gc

from suanpan import overlay

# Each is imported by the function that runs the phase. Nothing that outlives a phase is an object of one of them.
# One string, as each of many would be a name that is never forgotten.
_PHASES = (
    "selection initiate records authentication certificates restrictions cardholder offline_pin risk action cryptogram "
    "issuer combination contactless_data fast_dda unionpay visa mastercard"
)


def forget(names: str = _PHASES) -> None:
    """All of these that were imported. A card need not wait for the room of some few to be found again."""
    for name in names.split():
        overlay.forget("suanpan.emv." + name)
    if names is _PHASES:
        gc.collect()
