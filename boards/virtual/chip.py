"""What the firmware of a chip does at power-on, before it comes to any file of ours: its drivers, the file system of
the partition "vfs" at /, and sys.path. Then it runs /boot.py, and /main.py (host_tools/bench/process.py, FROM_FLASH).
"""

import os
import sys

import link
import timing

link.connect()
timing.install()

import vfs
from esp32 import Partition

_DRIVERS = "/chip"  # what a chip has in C

vfs.umount("/")  # the computer's
vfs.mount(vfs.VfsPosix(os.getenv("SUANPAN_CHIP") or ""), _DRIVERS)  # type: ignore[attr-defined]  # the unix port's
vfs.mount(vfs.VfsLfs2(Partition("vfs"), mtime=False), "/")  # type: ignore[abstract, arg-type]  # stubs
sys.path[:] = ["", ".frozen", "/lib", _DRIVERS]


def prompt() -> None:
    """Nobody is there to type."""
    while True:
        link.wait(-1)


def text(path: str) -> str:
    """A file of Python, or nothing where there is none."""
    try:
        with open(path) as file:
            return str(file.read())
    except OSError:
        return ""
