"""The partition table, against the one in ESP-IDF's own tests of its generator."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from host_tools.boards.data import load, names
from host_tools.build.partition_table import Partition, TableError, check, of_board, pack, read_csv, unpack

# LONGER_BINARY_TABLE of espressif/esp-idf, components/partition_table/test_gen_esp32part_host/gen_esp32part_tests.py:
# its rows, and the MD5 that gen_esp32part.py gives them.
ESP_IDF = (
    bytes.fromhex("AA500000 00000100 00001000") + b"factory".ljust(16, b"\0") + bytes(4)
    + bytes.fromhex("AA500120 00001100 00020000") + b"data".ljust(16, b"\0") + bytes(4)
    + bytes.fromhex("AA501000 00001500 00100000") + b"second".ljust(16, b"\0") + bytes(4)
    + b"\xeb\xeb" + b"\xff" * 14 + bytes.fromhex("F9BD061B45686F86571A2CD52A1DA65B")
    + b"\xff" * 32
)  # fmt: skip


def test_esp_idfs_table_is_read_and_written() -> None:
    found = unpack(ESP_IDF)
    assert found == {
        "factory": Partition("factory", 0x10000, 0x100000, "app", "factory"),
        "data": Partition("data", 0x110000, 0x200, "data", "0x20"),
        "second": Partition("second", 0x150000, 0x1000, "0x10", "0x00"),
    }
    assert pack(found.values()) == ESP_IDF.ljust(0xC00, b"\xff")
    other = pack([Partition("first", 0x100400, 0x300000, "0x30", "0xEE")])  # test_binary_entry, of the same file
    assert other[48:64].hex() == "43033f33408757516983 9b4061b12726".replace(" ", "")


@pytest.mark.parametrize("board", names())
def test_every_boards_table_comes_back(board: str) -> None:
    table = of_board(load(board))
    assert unpack(pack(table.values())) == {
        name: replace(row, subtype=row.subtype if not row.subtype.isdigit() else hex(int(row.subtype)))
        for name, row in table.items()
    }


@pytest.mark.parametrize("bit", [3, 100, 32 * 8 * 3 + 130, 32 * 8 * 3 + 3])
def test_a_flipped_bit_is_found(bit: int) -> None:
    table = bytearray(ESP_IDF)
    table[bit // 8] ^= 1 << bit % 8
    with pytest.raises(TableError):
        unpack(bytes(table))


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (Partition("a", 0x8000, 0x1000), "ends at 0x009000"),
        (Partition("a", 0x9800, 0x1000), "whole sectors"),
        (Partition("a", 0x9000, 0), "whole sectors"),
        (Partition("a", 0x18000, 0x9000), "ends at 0x020000"),
        (Partition("a name of sixteen", 0x9000, 0x1000), "15 characters"),
        (Partition("a", 0x9000, 0x1000, "dta"), "not a type"),
    ],
)
def test_what_no_boot_loader_would_take(row: Partition, why: str) -> None:
    with pytest.raises(TableError, match=why):
        check([Partition("first", 0x10000, 0x10000, "app", "factory"), row])


def test_esp_idfs_text_form(tmp_path: Path) -> None:
    table = tmp_path / "partitions.csv"
    table.write_text(
        "# Name, Type, SubType, Offset, Size\nnvs, data, nvs, 0x9000, 0x6000\nvfs, data, 0x83, 65536, 4096\n"
    )
    assert pack(read_csv(table).values()) == pack(
        [Partition("nvs", 0x9000, 0x6000, "data", "nvs"), Partition("vfs", 0x10000, 4096, "data", "littlefs")]
    )
