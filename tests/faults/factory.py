"""A terminal as it leaves the workshop, on the small chip of device/board.py."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Final

from littlefs import LittleFS

from host_tools.flash.factory import build_image, file_system, partitions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from host_tools.flash.factory import Profile

SECTOR: Final = 4096
# Of the file system, and of the journal; the secrets' partition is as large as in any terminal.
DATA_SECTORS: Final = 8
JOURNAL_SECTORS: Final = 5


def new_chip(profile: Profile, parameters: Mapping[str, int], emv_tables: bytes = b"") -> bytes:
    """Everything as the factory makes it, except that the password costs no time, and for these `parameters`."""
    image, _ = build_image(profile, Random(1).randbytes, password_iterations=1, emv_tables=emv_tables)
    table = partitions()
    data, secrets = table["data"], table["secrets"]
    large = LittleFS(block_size=SECTOR, block_count=data.size // SECTOR, mount=False)
    large.context.buffer = bytearray(image[data.offset : data.offset + data.size])
    large.mount()
    files = {}
    for name in large.listdir("/"):
        with large.open(name, "rb") as source:
            files[name] = source.read()
    files["params.json"] = json.dumps(json.loads(files["params.json"]) | dict(parameters), ensure_ascii=False).encode()
    small = file_system(files, DATA_SECTORS * SECTOR)
    journal = b"\xff" * (JOURNAL_SECTORS * SECTOR)
    return small + journal + image[secrets.offset : secrets.offset + secrets.size]
