"""Every word that a person reads on the screen or on paper: one table, assets/strings.tsv, all languages side by side.

A screen is 16 columns wide (a Chinese character takes two); titles are one line, messages wrap to three. The words stay
in their file: in RAM are four bytes a text, which say where its line begins.
"""

import binascii
from array import array

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO


class Strings:
    """The words of one language at a time; `languages` are those of the table, which has at most 64 KB."""

    def __init__(self, path: str, language: str = "zh") -> None:
        file: "BinaryIO" = open(path, "rb")  # read from until the power goes
        line = file.readline()
        self._file = file
        self.languages = line.decode().rstrip("\n").split("\t")[1:]
        self.choose(language)
        marks = bytearray()
        self._lines = array("H")
        place = len(line)
        for line in file:
            marks.extend(_mark(line[: line.find(b"\t")]))
            self._lines.append(place)
            place += len(line)
        self._marks = bytes(marks)

    def choose(self, language: str) -> None:
        """Change to another language of the table; ValueError if it has no such column."""
        self._column = self.languages.index(language) + 1
        self.language = language

    def get(self, name: str) -> str:
        """The text called `name`; empty if there is none."""
        mark = _mark(name.encode())
        at = self._marks.find(mark)
        while at >= 0:
            if at % 2 == 0:
                self._file.seek(self._lines[at // 2])
                cells = self._file.readline().decode().rstrip("\n").split("\t")
                if cells[0] == name:
                    return cells[self._column]
            at = self._marks.find(mark, at + 1)
        return ""


def _mark(name: bytes) -> bytes:
    """Two bytes that few other names have in common with this one."""
    mark: bytes = (binascii.crc32(name) & 0xFFFF).to_bytes(2, "big")
    return mark
