"""The card as it was read, and the PIN that was typed: what a message says of them must agree with itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from host_tools.acquirer.asked import BY_CODE
from host_tools.acquirer.codes import Code, Refused
from host_tools.acquirer.suites import PIN_BLOCK_8, PIN_BLOCK_16, PinBlockError, PinFieldError

if TYPE_CHECKING:
    from host_tools.acquirer.asked import Asked
    from host_tools.acquirer.terminals import Terminal

_PIN_FIELDS: Final = frozenset((26, PIN_BLOCK_8, 53, PIN_BLOCK_16))
_NO_SERVICE_CODE: Final = "001"  # of a code on a telephone
_EXPIRY_AND_SERVICE: Final = 7  # digits of track 2 that must follow the separator


def stripe(asked: Asked, pin_field: int) -> tuple[str, str]:
    """Expiry and service code from track 2. Raises Refused (30).

    With a PIN there are F26, F53 and the suite's own field for the block, without one none of them; never another's.
    """
    fields = asked.fields
    expected = {26, pin_field, 53} if asked.pin_entered else set()
    others = {PIN_BLOCK_16} if fields[22][:2] in BY_CODE else set()  # where a code has its own field
    if fields.keys() & (_PIN_FIELDS - others) != expected:
        raise Refused(Code.FORMAT)
    if fields[22][:2] in BY_CODE:
        return fields[14], _NO_SERVICE_CODE
    tail = fields[35].partition("D")[2]
    if len(tail) < _EXPIRY_AND_SERVICE:
        raise Refused(Code.FORMAT)
    return tail[:4], tail[4:7]


def pin(asked: Asked, terminal: Terminal) -> str | None:
    """The PIN, None if none was entered; raises PinBlockError, or Refused (30) for a field that holds no block."""
    fields, suite = asked.fields, terminal.suite
    if suite.pin_field not in fields:
        return None
    if terminal.pik is None or fields[53][:2] != suite.security:
        raise PinBlockError
    try:
        return suite.decipher_pin(terminal.pik, bytes.fromhex(fields[suite.pin_field]), asked.pan)
    except PinFieldError:
        raise Refused(Code.FORMAT) from None
