"""littlefs-python and MicroPython's own VfsLfs2 read each other's file systems: what the workshop writes, the board
finds, and the other way round."""

from __future__ import annotations

import textwrap
from hashlib import sha256
from pathlib import Path

import pytest
from littlefs import LittleFS

from host_tools.bench.lockstep import LockstepBench
from host_tools.bench.shop import OPENING
from host_tools.flash.factory import SECTOR, blank, file_system, partitions

# About what is kept inside a directory, in one block, and in several.
SIZES = (0, 1, 127, 128, 129, 511, 512, 513, 4095, 4096, 4097, 8192, 30_000)

_PROGRAM = """
import link, timing
link.connect()
timing.install()
import os, vfs, hashlib
from binascii import hexlify
from esp32 import Partition

vfs.mount(vfs.VfsLfs2(Partition("data"), mtime=False), "/data")

def content(number, size):
    return bytes((number * 7 + at * 13 + (at >> 8)) & 255 for at in range(size))

def tell(folder):
    for entry in sorted(os.ilistdir(folder)):
        path = folder + "/" + entry[0]
        if entry[1] == 0x4000:
            tell(path)
        else:
            with open(path, "rb") as file:
                print(path, entry[3], hexlify(hashlib.sha256(file.read()).digest()).decode())

tell("/data")
"""
_WRITES = """
for number, size in enumerate(SIZES):
    folder = "/data/of the board" if number % 2 else "/data"
    if number == 1:
        os.mkdir(folder)
    with open("{}/b{}".format(folder, number), "wb") as file:
        file.write(content(number, size))
os.remove("/data/w0")
os.rename("/data/deep/er/w2", "/data/w2")
with open("/data/w4", "ab") as file:
    file.write(b"and more")
with open("/data/w6", "r+b") as file:
    file.seek(100)
    file.write(b"changed")
print("written")
tell("/data")
"""
_END = """
print("done")
while True:
    link.wait(-1)
"""


def _content(number: int, size: int) -> bytes:
    return bytes((number * 7 + at * 13 + (at >> 8)) & 255 for at in range(size))


def _told(files: dict[str, bytes]) -> list[str]:
    return [f"/data/{path} {len(data)} {sha256(data).hexdigest()}" for path, data in sorted(files.items())]


def test_what_one_writes_the_other_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    area = partitions()["data"]
    files = {f"deep/er/w{n}" if n == 2 else f"w{n}": _content(n, size) for n, size in enumerate(SIZES)}
    image = bytearray(blank(partitions()))
    image[area.offset : area.end] = file_system(files, area.size)
    (tmp_path / "flash.bin").write_bytes(image)
    (tmp_path / "main.py").write_text(textwrap.dedent(_PROGRAM) + f"SIZES = {SIZES}\n" + _WRITES + _END, "utf-8")
    monkeypatch.setenv("SUANPAN_FIRMWARE", str(tmp_path))
    with LockstepBench(tmp_path / "flash.bin", seed=1, start=OPENING, nvs={}, hosts={}) as bench:
        bench.power_on()
        bench.until(lambda: "done" in bench.console(), "end of the program", 100)
        before, after = bench.console().removesuffix("done\n").split("written\n")
    assert sorted(before.splitlines()) == sorted(_told(files))

    del files["w0"]
    files["w2"] = files.pop("deep/er/w2")
    files["w4"] += b"and more"
    files["w6"] = files["w6"][:100] + b"changed" + files["w6"][107:]
    for number, size in enumerate(SIZES):
        files[f"of the board/b{number}" if number % 2 else f"b{number}"] = _content(number, size)
    assert sorted(after.splitlines()) == sorted(_told(files))
    flash = (tmp_path / "flash.bin").read_bytes()
    assert read(flash[area.offset : area.end]) == files


def read(area: bytes) -> dict[str, bytes]:
    fs = LittleFS(block_size=SECTOR, block_count=len(area) // SECTOR, mount=False)
    fs.context.buffer = bytearray(area)
    fs.mount()
    found = {}
    for folder, _, names in fs.walk("/"):
        for name in names:
            path = f"{folder.rstrip('/')}/{name}"
            with fs.open(path, "rb") as file:
                found[path.removeprefix("/")] = file.read()
    return found
