"""Terminal master keys at rest: one file for each terminal number, a TR-31 (X9.143) block under the KBPK.

Usage is `K0`, key encryption: what a TMK does is to encrypt the working keys of a sign-in. `K1`, key-block
protection, would be a key that makes TR-31 blocks, which a UnionPay-style sign-in does not send. Mode of use is `B`
(the acquirer wraps with it, the terminal unwraps) and exportability `E`: to the acquirer and to the unit, under a key
block. A unit is handed its copy as `D` and `N`: it unwraps, and passes the key on to nobody.

The block's `LB` holds the terminal's number and `KC` the check value, both under the block's MAC, so that a file
cannot be given to another terminal by renaming it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from psec.tr31 import Header, HeaderError

from host_tools.keys import key_block
from host_tools.keys.components import Algorithm
from host_tools.keys.errors import AlreadyBound, Altered, BadTerminal, KeyExists, NoSuchKey, TooStrong
from host_tools.keys.files import write_private
from host_tools.keys.master_keys import Key

if TYPE_CHECKING:
    from pathlib import Path

USAGE: Final = "K0"

_TERMINAL: Final = 8  # characters of a terminal's number
_MAX_SERIAL: Final = 50
_VERSIONS: Final[dict[Algorithm, key_block.Version]] = {
    Algorithm.TDES: "B",
    Algorithm.AES: "D",
}  # by the algorithm of the key that protects
# By the algorithm of the key inside. X9.143 has no letter for SM4; digits are left to those who agree on them.
_LETTERS: Final = {Algorithm.TDES: "T", Algorithm.AES: "A", Algorithm.SM4: "4"}
_KC_METHODS: Final = {Algorithm.TDES: "00", Algorithm.AES: "01", Algorithm.SM4: "00"}


@dataclass(frozen=True, slots=True)
class Entry:
    """What is told of a terminal's master key without opening it; `serial` is empty while no unit has it."""

    terminal: str
    algorithm: Algorithm
    check_value: bytes
    serial: str


class TerminalKeys:
    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._bindings = directory / "bindings.json"

    def entries(self) -> list[Entry]:
        """By terminal number. What a header says is believed only once the block is opened. Raises Altered."""
        bound = self._read_bindings()
        return [
            _entry(path.stem, path.read_text("ascii", "replace"), bound)
            for path in sorted(self._directory.glob("*.tr31"))
        ]

    def require_free(self, terminal: str) -> None:
        """Raise KeyExists if the terminal has a key, BadTerminal if it cannot have one."""
        require_terminal(terminal)
        if self._path(terminal).exists():
            raise KeyExists

    def keep(self, terminal: str, key: Key, kbpk: Key) -> None:
        """Store the terminal's key, in place of one that it had, which binds no unit any more.

        Raises BadTerminal, TooStrong.
        """
        require_terminal(terminal)
        block = wrap(kbpk, key, mode="B", exportability="E", label=terminal)
        write_private(self._path(terminal), block.encode())
        self.unbind(terminal)  # last: at no moment is there a key that a unit holds and another could be given

    def unbind(self, terminal: str) -> None:
        bindings = self._read_bindings()
        if bindings.pop(terminal, None) is not None:
            self._write_bindings(bindings)

    def open(self, terminal: str, kbpk: Key) -> Key:
        """Raises BadTerminal, NoSuchKey, BadKeyBlock, WrongUse, Altered."""
        require_terminal(terminal)
        if not self._path(terminal).exists():
            raise NoSuchKey
        header, value = key_block.unwrap(kbpk.value, self._path(terminal).read_text("ascii", "replace"), usage=USAGE)
        algorithm = _algorithm(header)
        key = Key(algorithm, value)
        if header.blocks.get("LB") != terminal or _kc(algorithm, key.check_value) != header.blocks.get("KC"):
            raise Altered
        return key

    def bind(self, terminal: str, serial: str) -> bool:
        """This terminal's key goes to that unit and to no other. Raises BadTerminal, AlreadyBound.

        False if these two are bound already, which is how an injection is tried again.
        """
        require_serial(serial)
        bindings = self._read_bindings()
        if bindings.get(terminal) == serial:
            return False
        if terminal in bindings or serial in bindings.values():
            raise AlreadyBound
        self._write_bindings(bindings | {terminal: serial})
        return True

    def _path(self, terminal: str) -> Path:
        return self._directory / f"{terminal}.tr31"

    def _read_bindings(self) -> dict[str, str]:
        if not self._bindings.exists():
            return {}
        try:
            return {str(terminal): str(serial) for terminal, serial in json.loads(self._bindings.read_bytes()).items()}
        except (ValueError, AttributeError):
            raise Altered from None

    def _write_bindings(self, bindings: dict[str, str]) -> None:
        write_private(self._bindings, json.dumps(bindings, indent=1, sort_keys=True).encode())


def wrap(protection: Key, key: Key, *, mode: str, exportability: str, label: str = "") -> str:
    """A TMK as a key block under `protection`, with its check value as `KC` if it is labelled. Raises TooStrong."""
    require_stronger(protection, key)
    return key_block.wrap(
        protection.value,
        key.value,
        version=_VERSIONS[protection.algorithm],
        usage=USAGE,
        algorithm=_LETTERS[key.algorithm],
        mode=mode,
        exportability=exportability,
        optional={"KC": _kc(key.algorithm, key.check_value), "LB": label} if label else None,
    )


def wrap_backup(protection: Key, key: Key) -> str:
    """A terminal number's backup key, for its unit. X9.143 has no use for what seals and opens at once, but D0,
    symmetric data encryption, in mode B, both ways."""
    return key_block.wrap(protection.value, key.value, version="D", usage="D0", algorithm="A", mode="B")


def require_stronger(protection: Key, key: Key) -> None:
    """Raise TooStrong if `key` under `protection` would be easier to come by than by itself."""
    if key.algorithm is Algorithm.TDES and protection.algorithm is Algorithm.AES:
        return
    if protection.algorithm is Algorithm.TDES is not key.algorithm or len(key.value) > len(protection.value):
        raise TooStrong


def require_terminal(terminal: str) -> None:
    if len(terminal) != _TERMINAL or not (terminal.isascii() and terminal.isalnum()):
        raise BadTerminal


def require_serial(serial: str) -> None:
    if not 0 < len(serial) <= _MAX_SERIAL or not all("!" <= character <= "~" for character in serial):
        raise BadTerminal


def _entry(terminal: str, block: str, bound: dict[str, str]) -> Entry:
    header = Header()
    try:
        header.load(block)
        value = bytes.fromhex(header.blocks["KC"][2:])
    except (HeaderError, KeyError, ValueError):
        raise Altered from None
    return Entry(terminal, _algorithm(header), value, bound.get(terminal, ""))


def _algorithm(header: Header) -> Algorithm:
    for algorithm, letter in _LETTERS.items():
        if header.key_usage == USAGE and header.algorithm == letter:
            return algorithm
    raise Altered


def _kc(algorithm: Algorithm, value: bytes) -> str:
    return _KC_METHODS[algorithm] + value.hex().upper()
