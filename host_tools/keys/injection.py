"""Injection: a terminal's master key goes to its unit over a serial line, from the workshop's side.

Both sides hold the unit's injection key: 32 bytes that it was provisioned with, which the workshop derives anew from
its master key and the unit's serial number (master_keys.py), and for that takes two custodians. Everything below is
HMAC-SHA256 (RFC 2104) under keys made of it:

    session = HMAC(injection key, "suanpan injection 1" | host nonce | unit nonce | serial number)
    proving = HMAC(session, "proof")
    KBPK    = HMAC(session, "key block")

    workshop                                                   unit
    1 START    host nonce 16                              ->
                                  <-  2 UNIT     unit nonce 16 | proof | serial number
    3 LOAD     proof | terminal 8 | keys              ->
                                  <-  4 LOADED   proof | check values
                                  <-  F REFUSED  reason u8, instead of 2 or 4

A proof is HMAC(proving, kind of frame | rest of the body), 32 bytes. A key is its check value 1+n, and its TR-31 block
of version D under the KBPK, not exportable: the master key (usage K0, mode D), and behind it, if the workshop has a
master of those, the terminal number's backup key (D0, B). Frames are those of framing.py.

- Each side proves that it holds the injection key, over a nonce of the other's that was never used before: neither
  a recorded UNIT nor a recorded LOAD is worth anything in another session, whose keys are others. The kind of frame
  under the proof keeps one side's proof from being given back to it as the other's.
- The workshop sends the key only to the serial number it was ordered for, once the unit has proved to be that one. The
  unit takes it only for the terminal that it is set up as.
- The unit gives one session one LOAD. It checks proof, terminal, block and check value in this order, and stores the
  master key and erases the injection key in one replacement of its key store: both or neither. From then on it
  has nothing to answer START with but REFUSED, so that nothing can be injected twice, and no recording opened.
- Why a shared key and no signature: the master key must be encrypted to the unit, and the unit has no private-key
  operation; so there is a shared key anyway, and a proof by it is as good.
- REFUSED carries no proof, since a unit without keys could make none. Forged, it ends an exchange, as pulling the
  cable does; it makes nobody take a key. If the line fails after LOAD, the unit may hold the key: it then refuses as
  keyed, and its first sign-in shows which key it has.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final, Protocol

from host_tools.keys.components import Algorithm
from host_tools.keys.errors import (
    DeviceBadBlock,
    DeviceBadCheckValue,
    DeviceFault,
    DeviceKeyed,
    DeviceNotProven,
    DeviceOtherTerminal,
    DeviceUnprepared,
    InjectionError,
    LineSilent,
    Malformed,
    NotLoaded,
    OutOfTurn,
    WorkshopNotProven,
    WrongDevice,
)
from host_tools.keys.framing import FrameReader, frame
from host_tools.keys.master_keys import Key
from host_tools.keys.terminal_keys import wrap, wrap_backup

if TYPE_CHECKING:
    from host_tools.keys.components import Random

BAUD: Final = 115_200

_NONCE: Final = 16  # bytes
_PROOF: Final = 32
_LABEL: Final = b"suanpan injection 1"  # the protocol's version is under every proof
_PATIENCE: Final = 4096  # bytes of a line that talks, but not to us


class Kind(IntEnum):
    START = 1
    UNIT = 2
    LOAD = 3
    LOADED = 4
    REFUSED = 0x0F


# Why a unit refuses, by the byte that it gives.
_REFUSALS: Final[dict[int, type[InjectionError]]] = {
    1: DeviceKeyed,
    2: DeviceUnprepared,
    3: WorkshopNotProven,
    4: DeviceOtherTerminal,
    5: DeviceBadBlock,
    6: DeviceBadCheckValue,
    7: DeviceFault,
}


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be injected where: the unit's serial number and injection key, the terminal's number, TMK and backup
    key."""

    terminal: str
    serial: str
    injection_key: bytes = field(repr=False)
    tmk: Key
    backup: Key | None = None


class Session:
    """The keys of one exchange; either side makes the same of the same."""

    def __init__(self, injection_key: bytes, host_nonce: bytes, unit_nonce: bytes, serial: bytes) -> None:
        session = _hmac(injection_key, _LABEL + host_nonce + unit_nonce + serial)
        self._proving = _hmac(session, b"proof")
        self.kbpk = _hmac(session, b"key block")

    def proof(self, kind: Kind, content: bytes) -> bytes:
        return _hmac(self._proving, bytes((kind,)) + content)

    def is_proof(self, proof: bytes, kind: Kind, content: bytes) -> bool:
        return hmac.compare_digest(proof, self.proof(kind, content))


class Injection:
    """One exchange, without a line: bytes from the unit in, bytes for the unit out. After an error it is over."""

    def __init__(self, order: Order, random: Random) -> None:
        self._order = order
        self._nonce = random(_NONCE)
        self._reader = FrameReader()
        self._awaited = Kind.UNIT
        self._session: Session | None = None
        self.sent = False  # whether the key has left, so that the unit may hold it
        self.done = False

    def start(self) -> bytes:
        return frame(Kind.START, self._nonce)

    def receive(self, data: bytes) -> bytes:
        """Take in what came, in whatever pieces; what is to be sent for it. Raises InjectionError."""
        answer = b""
        for kind, body in self._reader.feed(data):
            if kind == Kind.REFUSED:
                raise _REFUSALS.get(body[0], Malformed) if len(body) == 1 else Malformed
            if kind != self._awaited or self.done:
                raise OutOfTurn
            if self._session is None:
                answer += self._load(body)
            else:
                self._close(self._session, body)
        return answer

    def _load(self, body: bytes) -> bytes:
        """The unit says who it is: LOAD, if it is the one."""
        unit_nonce, proof, serial = body[:_NONCE], body[_NONCE : _NONCE + _PROOF], body[_NONCE + _PROOF :]
        if len(proof) != _PROOF or not serial:
            raise Malformed
        order = self._order
        if serial != order.serial.encode():
            raise WrongDevice
        session = Session(order.injection_key, self._nonce, unit_nonce, serial)
        if not session.is_proof(proof, Kind.UNIT, unit_nonce + serial):
            raise DeviceNotProven
        kbpk = Key(Algorithm.AES, session.kbpk)
        content = order.terminal.encode() + _announced(order.tmk, wrap(kbpk, order.tmk, mode="D", exportability="N"))
        if order.backup:
            content += _announced(order.backup, wrap_backup(kbpk, order.backup))
        self._session, self._awaited, self.sent = session, Kind.LOADED, True
        return frame(Kind.LOAD, session.proof(Kind.LOAD, content) + content)

    def _close(self, session: Session, body: bytes) -> None:
        """The unit says what its key store has now."""
        proof, value = body[:_PROOF], body[_PROOF:]
        expected = b"".join(key.check_value for key in (self._order.tmk, self._order.backup) if key)
        if not session.is_proof(proof, Kind.LOADED, value) or value != expected:
            raise NotLoaded
        self.done = True


class Port(Protocol):
    """What pyserial's `Serial` is, opened with a timeout: `read` then returns nothing once it is over."""

    def read(self, size: int = 1, /) -> bytes: ...

    def write(self, data: bytes, /) -> object: ...


def exchange(injection: Injection, port: Port) -> None:
    """Run the whole exchange over `port`. Raises InjectionError, LineSilent among them."""
    port.write(injection.start())
    for _ in range(_PATIENCE):
        data = port.read(1)
        if not data:
            break
        answer = injection.receive(data)
        if answer:
            port.write(answer)
        if injection.done:
            return
    raise LineSilent


def _announced(key: Key, block: str) -> bytes:
    return bytes((len(key.check_value),)) + key.check_value + block.encode()


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, hashlib.sha256)
