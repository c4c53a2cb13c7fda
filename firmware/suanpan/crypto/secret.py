"""Buffers for what must not outlive its use: keys, PINs, passwords."""

from micropython import const

from suanpan.crypto.octets import wipe
from suanpan.errors import PinError

_MAX_PIN = const(12)  # digits (ISO 9564-1)


class Secret:
    """A bytearray wiped on leaving its `with` block, whichever way; it prints as nothing but `<Secret>`.

    It takes the bytearray over, without a copy. What works on the bytes is handed `view`, a window on them.
    """

    def __init__(self, buffer: bytearray) -> None:
        if not isinstance(buffer, bytearray):
            raise TypeError  # bytes and strings stay in memory for as long as they like
        self._buffer = buffer

    def __enter__(self) -> "Secret":
        return self

    def __exit__(self, *_: object) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return "<Secret>"

    def __len__(self) -> int:
        return len(self._buffer)

    @property
    def view(self) -> memoryview:
        return memoryview(self._buffer)

    def wipe(self) -> None:
        wipe(self._buffer)


class PinEntry(Secret):
    """Up to 12 digits as they are keyed in, a PIN or a password: `view` shows them, in ASCII."""

    def __init__(self) -> None:
        super().__init__(bytearray(_MAX_PIN))
        self._entered = 0

    def __enter__(self) -> "PinEntry":
        return self

    def __len__(self) -> int:
        return self._entered

    @property
    def view(self) -> memoryview:
        return memoryview(self._buffer)[: self._entered]

    def append(self, key: str) -> bool:
        """Add one digit, `key` "0" to "9" (else PinError). False, and no change, if there are 12 already."""
        if len(key) != 1 or not "0" <= key <= "9":
            raise PinError
        if self._entered == _MAX_PIN:
            return False
        self._buffer[self._entered] = ord(key)
        self._entered += 1
        return True

    def backspace(self) -> None:
        """Take the last digit away, if there is one."""
        if self._entered:
            self._entered -= 1
            self._buffer[self._entered] = 0

    def wipe(self) -> None:
        super().wipe()
        self._entered = 0
