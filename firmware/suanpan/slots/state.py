"""Which application starts: what is remembered of the two slots from one power-on to the next.

It is one blob of the non-volatile store, which a power cut leaves as it was or as it is to be. A board without one is
fresh from the workshop: its application is in the first slot.
"""

import struct

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from esp32 import NVS

NONE = const(255)

_KEY = "boot"
_FORM = "<BBBBBII"
_SIZE = const(13)
_VERSION = const(1)
_TOLD = const(0x80)


class BootState:
    """`active` and `pending` are slots, 0 or 1; `pending` may be NONE.

    `tried`: the pending one has been started, and not confirmed. `floor`: the lowest number of an application that may
    start. `last`: the cause (errors/slots.py) for which an application was last passed over, or 0.
    """

    def __init__(self, nvs: "NVS") -> None:
        self._nvs = nvs
        blob = bytearray(_SIZE)
        try:
            known = nvs.get_blob(_KEY, blob) == _SIZE and blob[0] == _VERSION
        except OSError:
            known = False
        if known:
            _, self.active, self.pending, self.tried, self.last, self.floor, self._next_floor = struct.unpack(
                _FORM, blob
            )
        else:
            self.active = self.tried = self.last = self.floor = self._next_floor = 0
            self.pending = NONE

    def pend(self, slot: int) -> None:
        """A whole application has been written into `slot`: the next power-on tries it."""
        self.pending = slot
        self.tried = self.last = self._next_floor = 0
        self._save()

    def begin(self, floor: int) -> None:
        """The pending application is about to start; `floor` is the one that it brings."""
        self.tried = 1
        self._next_floor = floor
        self._save()

    def confirm(self) -> None:
        """The application that runs has come up. One write, or none."""
        if self.pending != NONE and self.tried:
            self.active = self.pending
            self.pending = NONE
            self.tried = self.last = 0
            self.floor = max(self.floor, self._next_floor)
            self._save()

    def passed_over(self, cause: int) -> None:
        """The pending application does not start, or not again."""
        self.pending = NONE
        self.tried = 0
        self.last = cause
        self._save()

    def settle_on(self, slot: int, floor: int, cause: int) -> None:
        """The application in `slot` starts, as one that has come up before, and not the other, because of `cause`."""
        before = self.active, self.floor, self.last
        self.active = slot
        self.floor = max(self.floor, floor)
        self.last = cause or self.last
        if before != (self.active, self.floor, self.last):
            self._save()

    def tell(self) -> int:
        """The cause that nobody has been told of yet, or 0; from now on somebody has."""
        if self.last == 0 or self.last & _TOLD:
            return 0
        cause: int = self.last
        self.last |= _TOLD
        self._save()
        return cause

    def _save(self) -> None:
        blob = struct.pack(
            _FORM, _VERSION, self.active, self.pending, self.tried, self.last, self.floor, self._next_floor
        )
        self._nvs.set_blob(_KEY, blob)
        self._nvs.commit()
