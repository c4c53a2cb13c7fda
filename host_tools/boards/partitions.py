"""Conflicts in a board's partition table (ESP-IDF Programming Guide, Partition Tables)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from host_tools.boards.chips import Module
from host_tools.boards.data import Board, Partition

_SECTOR: Final = 0x1000
_APP_ALIGNED: Final = 0x10000
_APP_AT: Final = 0x10000  # where a stock MicroPython is written to
_FIRST: Final = 0x9000  # behind boot loader and table
_BUNDLE: Final = 0x068000  # what an application takes, and the next one's growth
_WANTED: Final = ("nvs", "vfs", "slot_a", "slot_b", "journal", "secrets", "data")
_OTA: Final = ("otadata", "ota_0", "ota_1")  # or a factory alone
_OTA_DATA: Final = 2 * _SECTOR
_SECRETS: Final = 3 * _SECTOR  # of the keys, of the journal, of the batch's card numbers


def partition_conflicts(board: Board, module: Module) -> Iterator[tuple[int, str]]:
    """Line, and what is wrong there."""
    if board.flash_size > module.flash_size:
        has = f"an {board.module} has 0x{module.flash_size:06X} bytes of flash"
        yield board.line("_FLASH"), f"{has}: write that, or another module"
    rows = {row.label: row for row in board.partitions}
    for label in (*_WANTED, *(_OTA if rows.keys() & set(_OTA) else ("factory",))):
        if label not in rows:
            yield board.line("_PARTITIONS"), f"there is no partition {label}: add it"
    yield from _places(board)
    yield from _sizes(rows)


def _places(board: Board) -> Iterator[tuple[int, str]]:
    before: Partition | None = None
    seen: set[str] = set()
    for row in sorted(board.partitions, key=lambda row: row.offset):
        if row.label in seen or len(row.label) > 15:
            yield row.line, f"{row.label}: a label is there once, and has 15 characters at most"
        seen.add(row.label)
        step = _APP_ALIGNED if row.type == "app" else _SECTOR
        if row.offset % step:
            down, up = row.offset // step * step, -(-row.offset // step) * step
            yield row.line, f"{row.label} is not at a multiple of 0x{step:X}: move it to 0x{down:06X} or 0x{up:06X}"
        if row.size % _SECTOR or not row.size:
            yield row.line, f"{row.label}: 0x{row.size:X} is not a number of whole sectors of 0x1000"
        if row.offset < _FIRST:
            yield row.line, f"{row.label}: below 0x9000 are the boot loader and the partition table: move it up"
        if before and row.offset < before.end:
            where = f"which ends at 0x{before.end:06X} (line {before.line})"
            yield row.line, f"{row.label} begins within {before.label}, {where}: move it up, or make that one smaller"
        if row.end > board.flash_size:
            over = row.end - board.flash_size
            yield row.line, f"{row.label} ends 0x{over:X} behind the flash: make it smaller by that"
        if row.type == "app" and row.subtype in ("factory", "ota_0") and row.offset != _APP_AT:
            yield row.line, f"{row.label}: a stock MicroPython is at 0x{_APP_AT:06X}: move it there"
        before = row


def _sizes(rows: dict[str, Partition]) -> Iterator[tuple[int, str]]:
    slots = [rows[label] for label in ("slot_a", "slot_b") if label in rows]
    for slot in slots:
        if slot.size < _BUNDLE:
            yield slot.line, f"{slot.label} is too small for an application: 0x{_BUNDLE:06X} at least"
    if len(slots) == 2 and slots[0].size != slots[1].size:
        yield (
            slots[1].line,
            f"slot_b is not as large as slot_a (line {slots[0].line}): what fits one must fit the other",
        )
    if "otadata" in rows and rows["otadata"].size != _OTA_DATA:
        yield rows["otadata"].line, f"otadata has two sectors: 0x{_OTA_DATA:06X}"
    bases = [rows[label] for label in _OTA[1:] if label in rows]
    if len(bases) == 2 and bases[0].size != bases[1].size:
        yield bases[1].line, f"ota_1 is not as large as ota_0 (line {bases[0].line}): what fits one must fit the other"
    if "factory" in rows and bases:
        yield rows["factory"].line, "a factory beside ota_0: the boot loader goes back to it, and nobody updates it"
    if "secrets" in rows and rows["secrets"].size < _SECRETS:
        yield rows["secrets"].line, f"secrets has three sectors: 0x{_SECRETS:06X} at least"
