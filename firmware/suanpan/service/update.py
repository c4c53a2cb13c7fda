"""An application comes in: into the slot that does not run, and the next start tries it. Nothing of a line is here.

What is refused is refused by the first sector of the bundle, before the slot is touched. Then that slot's own first
sector is erased, and the bundle's written last of all, when the hash of what the slot has is the signed one: what was
cut off, or damaged, is never an application there. Only then is it made pending.

How far it is stands in the non-volatile store, every few sectors: after a power cut the same bundle goes on there. What
it says is a hint and no more, as in the end all of the slot is read.

A bundle for "BOARD/micropython" has MicroPython itself (update_base.py).
"""

import struct
from binascii import unhexlify
from hashlib import sha256

from micropython import const

from suanpan.crypto.rsa import RsaPublicKey
from suanpan.errors import LogWorn
from suanpan.errors.slots import BAD_IMAGE, NOT_CONFIRMED, WRONG_BOARD, BundleError
from suanpan.slots.bundle import SECTOR, read_manifest
from suanpan.slots.state import NONE, BootState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from esp32 import NVS, Partition

    from suanpan.crypto.octets import Readable
    from suanpan.service.update_base import Base
    from suanpan.slots.bundle import Slot

    class Slots(Protocol):
        """boards/common/slots.py."""

        def partitions(self) -> "tuple[Slot, Slot]": ...
        def own(self) -> "tuple[str, bytes]": ...
        def reset(self) -> None: ...
        def other_base(self) -> "Partition": ...
        def running_base(self) -> "Partition": ...
        def keep_base(self) -> None: ...


NOT_NEWER = const(7)  # causes, beside those of errors/slots.py
TOO_LARGE = const(8)
NO_FIRST_STAGE = const(9)
OLD_SCHEMA = const(10)

_EXPONENT = const(65537)
_ERASE = const(6)  # ioctl
_COUNT = const(4)  # ioctl: how many sectors
_KEY = "update"
_FORM = "<8sH"
_SIZE = const(10)
_NOTE = const(8)  # sectors from one note of how far it is to the next
_WHOLE = const(0xFFFF)  # it has been pending
_TRIES = const(2)  # for a sector that flash does not keep
_PIECE = const(256)


class Update:
    """`wanted` is the offset of the next byte that is wanted of the bundle, `size` how many it has, once that is known,
    `done` whether it is pending, `trouble` the code of what was last refused, `running` the number of what runs."""

    trouble = ""

    def __init__(self, slots: "Slots", nvs: "NVS", schema: int, unattended: bool = False) -> None:
        """`schema` is that of the parameters as they are. One that did not come up is not tried again `unattended`.

        Raises BundleError if this board cannot be updated now.
        """
        try:
            self.board, modulus = slots.own()
        except OSError:
            raise BundleError(NO_FIRST_STAGE) from None
        self._signer = RsaPublicKey(modulus, _EXPONENT)
        self._schema = schema
        self._unattended = unattended
        self._nvs = nvs
        self._state = state = BootState(nvs)
        if state.tried:
            raise BundleError(NOT_CONFIRMED)  # what runs is in the slot that would be written
        self._target = 1 - state.active
        partitions = slots.partitions()
        self._slot = self._own = partitions[self._target]
        self._slots = slots
        self._base: "Base | None" = None
        self._sector = bytearray(SECTOR)
        partitions[state.active].readblocks(0, self._sector, 0)
        self.running: int = read_manifest(self._sector, self._signer, self.board, 0)["number"]  # type: ignore[assignment]
        self._head = self._mark = self._digest = b""
        self._used = self.wanted = self.size = 0
        self.done = False

    def restart(self) -> None:
        """From the bundle's first byte, which is to come now."""
        self._used = self.wanted = self.size = 0

    def feed(self, data: "Readable") -> None:
        """Bytes of the bundle, from `wanted` on. Of those behind the first sector none is taken where it has them.

        Raises BundleError, LogWorn; then the bundle begins anew.
        """
        view = memoryview(data)
        try:
            while view and not self.done:
                size = min(SECTOR - self._used, len(view))
                self._sector[self._used : self._used + size] = view[:size]
                self._used += size
                self.wanted += size
                view = view[size:]
                if self._used == SECTOR or self.wanted == self.size:
                    ends = self.wanted
                    self._take()
                    if self.wanted != ends:
                        return
        except (BundleError, LogWorn):
            self.restart()
            raise

    def _take(self) -> None:
        """A whole sector, or what the last one has."""
        self._used = 0
        if not self.size:
            self._begin()
            return
        at = (self.wanted - 1) // SECTOR
        for i in range(self.wanted - at * SECTOR, SECTOR):
            self._sector[i] = 0xFF
        self._write(at)
        if self.wanted == self.size:
            self._finish()
        elif not (at + 1) % _NOTE:
            self._note(at + 1)

    def _begin(self) -> None:
        """The first sector: whether this bundle may come in, and from where on it is wanted."""
        head = self._sector
        self._slot, self._base = self._own, None
        running = self.running
        try:
            manifest = read_manifest(head, self._signer, self.board, self._state.floor)
        except BundleError as error:
            if error.cause != WRONG_BOARD:
                raise
            from suanpan.service.update_base import Base, number

            manifest = read_manifest(head, self._signer, self.board + "/micropython", 0)
            self._slot = self._base = Base(self._slots)
            running = number()
        if int(manifest["number"]) <= running:
            raise BundleError(NOT_NEWER)
        if not self._base and int(manifest["schema"]) < self._schema:
            raise BundleError(OLD_SCHEMA)
        if int(manifest["size"]) > ((self._slot.ioctl(_COUNT, 0) or 0) - 1) * SECTOR:
            raise BundleError(TOO_LARGE)
        self._head = bytes(head).rstrip(b"\xff")
        self._mark = sha256(self._head).digest()[:8]
        self._digest = unhexlify(str(manifest["sha256"]))
        self.size = SECTOR + int(manifest["size"])
        sectors = self._noted()
        if sectors == _WHOLE and self._unattended:
            raise BundleError(NOT_CONFIRMED)
        if self._state.pending != NONE:
            self._state.pend(NONE)
            sectors = 0
        if not 0 < sectors * SECTOR < self.size:
            self._slot.ioctl(_ERASE, 0)
            self._note(1)
            sectors = 1
        self.wanted = sectors * SECTOR

    def _finish(self) -> None:
        """All but the first sector is there. Raises BundleError if that is not what was signed."""
        if not self._whole():
            self._note(0)
            raise BundleError(BAD_IMAGE)
        if self._base:
            self._note(self._base.mark)
            self._base.start()
            self.done = True
            return
        self._sector[:] = self._head + b"\xff" * (SECTOR - len(self._head))
        self._write(0)
        self._state.pend(self._target)
        self._note(_WHOLE)
        self.done = True

    def _whole(self) -> bool:
        """Whether what the slot has is the image, by its hash."""
        digest = sha256()
        for at in range(1, (self.size - 1) // SECTOR + 1):
            self._slot.readblocks(at, self._sector, 0)
            digest.update(memoryview(self._sector)[: min(SECTOR, self.size - at * SECTOR)])
        return bool(digest.digest() == self._digest)

    def _write(self, at: int) -> None:
        for _ in range(_TRIES):
            self._slot.writeblocks(at, self._sector)  # type: ignore[attr-defined]
            if self._kept(at):
                return
        raise LogWorn

    def _kept(self, at: int) -> bool:
        piece = bytearray(_PIECE)
        sector = memoryview(self._sector)
        for offset in range(0, SECTOR, _PIECE):
            self._slot.readblocks(at, piece, offset)
            if sector[offset : offset + _PIECE] != piece:
                return False
        return True

    def _noted(self) -> int:
        """How many sectors of this bundle the slot has, 0 if none."""
        blob = bytearray(_SIZE)
        try:
            if self._nvs.get_blob(_KEY, blob) != _SIZE:
                return 0
        except OSError:
            return 0
        mark, sectors = struct.unpack(_FORM, blob)
        return int(sectors) if mark == self._mark else 0

    def _note(self, sectors: int) -> None:
        self._nvs.set_blob(_KEY, struct.pack(_FORM, self._mark, sectors))
        self._nvs.commit()
