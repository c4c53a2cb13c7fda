"""Network management: sign-in (0800), sign-off and echo (0820)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from host_tools.acquirer.codes import Code, Refused, Verdict

if TYPE_CHECKING:
    from host_tools.acquirer.crypto import Random
    from host_tools.acquirer.spec import Message
    from host_tools.acquirer.terminals import Terminal, Terminals

_SIGN_OFF: Final = "002"  # F60.3
_ECHO: Final = "301"
_STATUS: Final = "362"

_SERIAL_MARK: Final = "Sequence No"
_STANS: Final = 999_999  # 000001 to that, and round again
_OVERTAKEN: Final = 100  # STANs by which a message may be older than the session's sign-in, to be taken for a late one


class Sessions:
    """The methods expect to be called inside `store.transaction()`."""

    def __init__(self, terminals: Terminals, random: Random) -> None:
        self._terminals = terminals
        self._random = random

    def sign_in(self, request: Message, terminal: Terminal) -> Verdict:
        """New working keys under the TMK, and the batch to work in. Only by the terminal's own hardware.

        Only the suite that the terminal is enrolled with is served: whoever asks for another, or for single DES (001),
        gets 40 and the session stays as it is, so that nobody talks a terminal down.

        A sign-in that comes twice, or is overtaken by the next one, gets the keys of the session that there is: new
        ones would be the host's alone, as the terminal has taken those of the answer it was waiting for.
        """
        if not {60, 62, 63} <= request.fields.keys():
            raise Refused(Code.FORMAT)
        if _network_code(request) != terminal.suite.network_code:
            raise Refused(Code.NOT_SUPPORTED)
        if _serial(request) != terminal.serial:
            raise Refused(Code.TERMINAL_NOT_PERMITTED)
        suite = terminal.suite
        pik, mak = terminal.pik, terminal.mak
        if pik is None or mak is None or not _is_late(request, terminal):
            pik, mak = suite.new_working_keys(self._random)
            self._terminals.start_session(terminal, pik, mak, request.fields[11])
        keys = suite.wrap_working_keys(terminal.tmk, pik, mak)
        return Verdict(Code.APPROVED, {60: f"00{terminal.batch:06d}{suite.network_code}", 62: keys.hex().upper()})

    def manage(self, request: Message, terminal: Terminal) -> Verdict:
        """0820: after a sign-off the working keys are gone on this side; an echo and a report of the terminal's
        status need no session.

        A sign-off that the next sign-in has overtaken ends nothing, and is answered all the same.
        """
        network_code = _network_code(request)
        if network_code == _SIGN_OFF:
            if not _is_late(request, terminal):
                self._terminals.end_session(terminal.tid)
        elif network_code == _STATUS and 62 not in request.fields:
            raise Refused(Code.FORMAT)
        elif network_code not in (_ECHO, _STATUS):
            raise Refused(Code.NOT_SUPPORTED)
        return Verdict(Code.APPROVED)


def _is_late(request: Message, terminal: Terminal) -> bool:
    """Whether it is the sign-in that began the session, or was sent before that."""
    if terminal.signed_in is None:
        return False
    return (int(terminal.signed_in) - int(request.fields[11])) % _STANS <= _OVERTAKEN


def _network_code(request: Message) -> str:
    network_code = request.fields.get(60, "")[8:11]
    if not network_code:
        raise Refused(Code.FORMAT)
    return network_code


def _serial(request: Message) -> str:
    """F62 of a sign-in: "Sequence No", two digits of length, the serial number."""
    text = bytes.fromhex(request.fields[62]).decode("ascii", "replace")
    mark, length, serial = text[:11], text[11:13], text[13:]
    if mark != _SERIAL_MARK or length != f"{len(serial):02d}":
        raise Refused(Code.FORMAT)
    return serial
