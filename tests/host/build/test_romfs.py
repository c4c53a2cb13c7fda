"""An application's image: MicroPython's own VfsRom mounts it, and so does the firmware's, out of a partition."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from random import Random

import pytest

from host_tools.build.romfs import RomError, pack, unpack
from host_tools.micropython import find_micropython
from host_tools.micropython.compiler import FIRMWARE

# Asked of both: every file by open(), stat() and in pieces; what is not there; a module that is imported.
_ASK = """
import io, os, sys, vfs, json, hashlib
from binascii import hexlify
sys.path.append({firmware!r})
from suanpan.slots.rom import Rom

with open({image!r}, "rb") as file:
    image = file.read()

class Slot:
    def readblocks(self, block, buffer, offset):
        at = block * 4096 + offset
        assert at >= 4096
        buffer[:] = image[at - 4096 : at - 4096 + len(buffer)]

vfs.mount(vfs.VfsRom(image), "/rom")
vfs.mount(Rom(Slot(), len(image)), "/app")
told = []
for root in ("/rom/", "/app/"):
    said = {{}}
    for path in json.loads({paths!r}):
        with open(root + path, "rb") as file:
            whole = file.read()
            file.seek(len(whole) // 2)
            rest = bytearray(len(whole))
            size = file.readinto(rest)
            file.seek(-min(3, len(whole)), 2)
            lines = [file.read(2), file.read(), file.read(5)]
        with open(root + path, "rb") as file:
            lines += [file.readline(), file.readline()]
        with open(root + path, "rb") as file:
            lines.append(len(list(file)))
        stat = os.stat(root + path)
        said[path] = [hexlify(hashlib.sha256(whole).digest()), size, str(rest[:size]), str(lines), stat[0], stat[6]]
    for path in ("nothing", "a/nothing", "a", "a/b", ""):
        for ask in (os.stat, lambda path: open(path, "rb"), os.chdir):
            try:
                found = ask(root + path)
                said[path, ask is os.stat] = found[0] if type(found) is tuple else None
            except OSError as error:
                said[path, ask is os.stat, ask is os.chdir] = error.errno if path != "a" and path != "a/b" else "error"
        os.chdir("/")
    try:
        open(root + "a/x.txt", "wb")
    except OSError:
        said["write"] = "refused"
    sys.path.insert(0, root[:-1])
    import module
    said["module"] = module.VALUE, module.__file__[4:]
    del sys.modules["module"]
    told.append(said)
rom, app = told
assert rom == app, [(key, rom[key], app[key]) for key in rom if rom[key] != app[key]]
print(len(rom))
"""


def _files(count: int, seed: int) -> dict[str, bytes]:
    random = Random(seed)
    files = {"module.py": b"VALUE = 42\n", "a/x.txt": b"one\ntwo\n\nfour", "a/b/c/deep.bin": bytes(range(256)) * 20}
    for number in range(count):
        folder = random.choice(["", "a/", "a/b/", "a/b/c/", "z/"])
        files[f"{folder}f{number}"] = random.randbytes(random.choice([0, 1, 2, 63, 64, 65, 300]))
    return files


@pytest.mark.parametrize("count", [0, 1, 300])
def test_micropythons_own_and_the_firmwares_say_the_same(tmp_path: Path, count: int) -> None:
    files = _files(count, count)
    image = pack(files)
    (tmp_path / "image").write_bytes(image)
    program = _ASK.format(image=str(tmp_path / "image"), firmware=str(FIRMWARE), paths=json.dumps(list(files)))
    done = subprocess.run(
        [*find_micropython(), "-X", "heapsize=8m", "-c", program],
        env={"MICROPYPATH": f"{FIRMWARE}:.frozen"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout) > len(files)


def test_files_come_back_and_their_order_says_nothing() -> None:
    files = _files(100, 7)
    assert unpack(pack(files)) == files
    assert pack(dict(reversed(files.items()))) == pack(files)


def test_two_paths_that_one_mark_stands_for_are_refused() -> None:
    with pytest.raises(RomError, match="plumless"):  # a known pair with the same CRC-32
        pack({"plumless": b"", "buckeroo": b""})


def test_the_index_points_at_the_bytes() -> None:
    files = {"b/two": b"2" * 200, "a": b"one"}
    image = pack(files)
    count = int.from_bytes(image[-2:], "big")
    assert count == 3
    entries = [image[at : at + 10] for at in range(len(image) - 2 - 10 * count, len(image) - 2, 10)]
    assert image[-2 - 12 * count : -2 - 10 * count] == b"".join(entry[2:4] for entry in entries)
    places = [(int.from_bytes(entry[4:7], "big"), int.from_bytes(entry[7:], "big")) for entry in entries]
    assert {image[at : at + size] for at, size in places if at != 0xFFFFFF} == set(files.values())
