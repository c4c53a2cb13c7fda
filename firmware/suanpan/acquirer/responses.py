"""What the host's answers say in F39, as far as the terminal does something of its own about it."""

from micropython import const

RESPONSE = const(39)
APPROVED = const("00")
PARTIAL = "10"  # of some of the amount, which F4 of the answer says
SIGN_IN_FIRST = const("77")
DUPLICATE = const("94")
# What closes a reversal: done, or nothing there to reverse.
_REVERSAL_CLOSED = const(("00", "25"))


def closes(code: str) -> bool:
    """Whether the host's answer to a reversal is its last word."""
    return code in _REVERSAL_CLOSED
