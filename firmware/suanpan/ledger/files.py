"""Small files that must be there whole after any power cut: as they were, or as they were to become.

What flash does not keep is written a second time. LittleFS reads back what it programs and would take another block,
but for its first two, where the directory is, there is no other: it gives up, and erases one anew at the next try.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def replace_file(path: str, content: "bytes | bytearray") -> None:
    """Write a new file beside the old one and rename it over that, which LittleFS does in one commit."""
    write_file(path + ".new", content)
    _try_twice(os.rename, path + ".new", path)


def write_file(path: str, content: "bytes | bytearray") -> None:
    """A file that is small enough to be kept in the directory: LittleFS takes over what it becomes in one commit."""
    _try_twice(_write, path, content)


def _write(path: str, content: "bytes | bytearray") -> None:
    with open(path, "wb") as file:
        file.write(content)


def _try_twice(act: "Callable[..., None]", *what: object) -> None:
    try:
        act(*what)
    except OSError:
        act(*what)
