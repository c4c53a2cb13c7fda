"""What an ESP32 has between its power and MicroPython: ESP-IDF's boot loader, where a board has OTA partitions.

From ESP-IDF's documentation (api-guides/bootloader, api-reference/system/ota) and its `esp_ota_select_entry_t`:
`otadata` has two sectors with an entry of 32 bytes each, sequence u32 | label, 20 bytes | state u32 | CRC-32 of the
sequence u32, little-endian. The entry with the higher sequence counts, and partition (sequence - 1) modulo their number
starts. A new one is started once, as one to be verified; if nobody has said by the next start that it is valid, it
is aborted, and the other entry counts. Where there is none yet, the first partition with an image starts, and has one
from then on. With the rollback that stock MicroPython's boot loader is built with
(CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE in its sdkconfig.base).
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from host_tools.bench.flash import SECTOR, NorFlash

NEW, TO_VERIFY, VALID, ABORTED = 0, 1, 2, 4

_ENTRY: Final = struct.Struct("<I20sII")
_ROW: Final = struct.Struct("<2sBBII16sI")
_TABLE: Final = 0x8000
_APP, _DATA, _OTA_DATA, _OTA_0 = 0, 1, 0, 0x10
_UNUSED: Final = 0xFFFFFFFF
_IMAGE: Final = 0xE9
_HEADER: Final = 24  # of an image; its last octet says whether a SHA-256 is behind it
_CHECKSUM: Final = 0xEF


class BootError(Exception):
    """Nothing that the chip could start."""


@dataclass(frozen=True)
class _Entry:
    sequence: int
    state: int

    @property
    def counts(self) -> bool:
        return self.sequence != _UNUSED and self.state not in (3, ABORTED)


class BootLoader:
    """`running` is the label of the partition that starts; "" on a chip whose table has no OTA data."""

    def __init__(self, flash: NorFlash) -> None:
        """A power-on. Raises BootError, and PowerCut."""
        self._flash = flash
        self.running = ""
        self._data = 0
        self._slots: dict[str, tuple[int, int]] = {}
        for kind, subtype, offset, size, label in self._rows():
            if (kind, subtype) == (_DATA, _OTA_DATA):
                self._data = offset
            elif kind == _APP and subtype >= _OTA_0:
                self._slots[label] = offset, size
        if self._data and self._slots:
            self.running = self._select()

    def set_boot(self, label: str) -> bool:
        """esp_ota_set_boot_partition: false if there is no whole image."""
        if label not in self._slots or not self._whole(label):
            return False
        entries = self._entries()
        active = self._active(entries)
        index = list(self._slots).index(label)
        if active is None:
            self._write(0, index + 1, NEW)
            return True
        sequence = entries[active].sequence + 1
        while (sequence - 1) % len(self._slots) != index:
            sequence += 1
        self._write(1 - active, sequence, NEW)
        return True

    def mark_valid(self) -> bool:
        """esp_ota_mark_app_valid_cancel_rollback: false where nothing was ever chosen."""
        entries = self._entries()
        active = self._active(entries)
        if active is None:
            return False
        if entries[active].state != VALID:
            self._write(active, entries[active].sequence, VALID)
        return True

    def _select(self) -> str:
        for at, entry in enumerate(self._entries()):
            if entry.counts and entry.state == TO_VERIFY:
                self._write(at, entry.sequence, ABORTED)
        entries = self._entries()
        active = self._active(entries)
        labels = list(self._slots)
        first = 0
        if active is not None:
            first = (entries[active].sequence - 1) % len(labels)
            if entries[active].state == NEW:
                self._write(active, entries[active].sequence, TO_VERIFY)
        for label in (*labels[first::-1], *labels[first + 1 :]):
            if self._whole(label):
                if all(entry.sequence == _UNUSED for entry in entries):
                    self._write(0, labels.index(label) + 1, VALID)
                return label
        raise BootError("no application partition has a whole image")

    def _entries(self) -> tuple[_Entry, _Entry]:
        first, second = (self._entry(self._data + at * SECTOR) for at in range(2))
        return first, second

    def _entry(self, address: int) -> _Entry:
        sequence, _, state, crc = _ENTRY.unpack(self._flash.read(address, _ENTRY.size))
        return _Entry(sequence if crc == _crc(sequence) else _UNUSED, state)

    def _active(self, entries: tuple[_Entry, _Entry]) -> int | None:
        counting = [at for at in range(2) if entries[at].counts]
        return max(counting, key=lambda at: entries[at].sequence, default=None)

    def _write(self, at: int, sequence: int, state: int) -> None:
        address = self._data + at * SECTOR
        self._flash.erase(address)
        self._flash.program(address, _ENTRY.pack(sequence, b"\xff" * 20, state, _crc(sequence)))

    def _rows(self) -> list[tuple[int, int, int, int, str]]:
        found: list[tuple[int, int, int, int, str]] = []
        at = _TABLE
        while True:
            mark, kind, subtype, offset, size, label, _ = _ROW.unpack(self._flash.read(at, _ROW.size))
            if mark != b"\xaa\x50":
                return found
            found.append((kind, subtype, offset, size, label.rstrip(b"\0").decode()))
            at += _ROW.size

    def _whole(self, label: str) -> bool:
        offset, size = self._slots[label]
        return is_whole(lambda at, count: self._flash.read(offset + at, min(count, size - at)))


def is_whole(read: Callable[[int, int], bytes]) -> bool:
    """Whether there is an application image with the checksum and the SHA-256 that it says it has (esptool's
    documentation, Firmware Image Format)."""
    header = read(0, _HEADER)
    if len(header) < _HEADER or header[0] != _IMAGE:
        return False
    at, checksum = _HEADER, _CHECKSUM
    for _ in range(header[1]):
        place = read(at, 8)
        if len(place) < 8:
            return False
        length = int.from_bytes(place[4:], "little")
        content = read(at + 8, length)
        if len(content) != length:
            return False
        for octet in content:
            checksum ^= octet
        at += 8 + length
    end = at + 15 - at % 16 + 1
    if read(end - 1, 1) != bytes([checksum]):
        return False
    return not header[23] or hashlib.sha256(read(0, end)).digest() == read(end, 32)


def _crc(sequence: int) -> int:
    return zlib.crc32(struct.pack("<I", sequence), 0xFFFFFFFF)
