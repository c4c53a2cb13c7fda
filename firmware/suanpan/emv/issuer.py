"""What the issuer sends back for its card: authentication (EMV 4.3 Book 3, 10.9) and scripts (10.10)."""

from micropython import const

from suanpan.codec.tlv import Reader
from suanpan.emv.bits import (
    ISSUER_AUTHENTICATION_FAILED,
    ISSUER_AUTHENTICATION_PERFORMED,
    SCRIPT_FAILED_AFTER,
    SCRIPT_FAILED_BEFORE,
    SCRIPT_PERFORMED,
    raise_bit,
)
from suanpan.emv.commands import OK, external_authenticate
from suanpan.errors import DriverError
from suanpan.errors.emv import TlvError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from suanpan.emv.transaction import Transaction

_AIP_AUTHENTICATES = const(0x04)
_AUTHENTICATION_DATA = const(0x91)
BEFORE = const(0x71)  # scripts, to be run before the second cryptogram and after it
AFTER = const(0x72)
_IDENTIFIER = const(0x9F18)
_COMMAND = const(0x86)
# Results (Book 4, annex A5), with the number of the command that failed, 15 for any from there on
_NOT_RUN = const(0x00)
_FAILED = const(0x10)
_RUN = const(0x20)


async def authenticate(t: "Transaction") -> None:
    """Where the card wants it by a command of its own; with others it is in the second cryptogram."""
    data = t.objects.get(_AUTHENTICATION_DATA)
    if not data or not t.aip[0] & _AIP_AUTHENTICATES:
        return
    if 8 <= len(data) <= 16:
        _, sw = await external_authenticate(t.card, data)
        raise_bit(t.tsi, ISSUER_AUTHENTICATION_PERFORMED)
        if sw == OK:
            return
    raise_bit(t.tvr, ISSUER_AUTHENTICATION_FAILED)


async def run_scripts(t: "Transaction", scripts: bytes, kind: int) -> None:
    """Those of this kind among `scripts`, templates 71 and 72 one after the other. A script stops at the command that
    fails; the next one is run all the same. Each leaves its result in `t.script_results`, five bytes."""
    failed = SCRIPT_FAILED_BEFORE if kind == BEFORE else SCRIPT_FAILED_AFTER
    try:
        reader = Reader(scripts)
        while reader.next():
            if reader.tag == kind:
                raise_bit(t.tsi, SCRIPT_PERFORMED)
                if not await _run(t, reader.value(), kind):
                    raise_bit(t.tvr, failed)
    except TlvError:  # before or after: nobody knows, and it is told once
        if kind == BEFORE:
            raise_bit(t.tsi, SCRIPT_PERFORMED)
            raise_bit(t.tvr, failed)


async def _run(t: "Transaction", script: bytes, kind: int) -> bool:
    identifier = bytes(4)
    result = _RUN
    commands: "list[bytes]" = []
    try:
        reader = Reader(script)
        while reader.next():
            if reader.tag == _IDENTIFIER:
                identifier = (reader.value() + bytes(4))[:4]
            elif reader.tag == _COMMAND:
                commands.append(reader.value())
    except TlvError:
        commands = []
        result = _NOT_RUN
    for number, command in enumerate(commands, 1):
        if not await _accepted(t, command, kind):
            result = _FAILED | min(number, 15)
            break
    t.script_results.append(result)
    t.script_results.extend(identifier)
    return result == _RUN


async def _accepted(t: "Transaction", command: bytes, kind: int) -> bool:
    if not _is_command(command):
        return False
    try:
        _, sw = await t.card.exchange(command)
    except DriverError:
        if kind == BEFORE:
            raise
        return False  # the card has had its last word on the transaction, and its leaving takes nothing of that back
    return sw >> 8 in (0x90, 0x62, 0x63)


def _is_command(command: bytes) -> bool:
    """Whether it is an APDU of the short form, which alone can be sent (Book 1, 9.4.1)."""
    size = len(command)
    return 4 <= size <= 5 or (size > 5 and command[4] > 0 and 0 <= size - 5 - command[4] <= 1)
