"""Every word that a person reads on the screen or on paper: one table, assets/strings.tsv, all languages side by side.

A screen is 16 columns wide (a Chinese character takes two); titles are one line, messages wrap to three. Only the
language of the moment is in RAM, as one run of bytes: a dictionary of the same words would take six times as much.
"""


class Strings:
    """The words of one language at a time; `languages` are those of the table."""

    def __init__(self, path: str, language: str = "zh") -> None:
        self._path = path
        self._words = b""
        self.choose(language)

    def choose(self, language: str) -> None:
        """Change to another language of the table; ValueError if it has no such column."""
        with open(self._path) as table:
            self.languages = table.readline().rstrip("\n").split("\t")[1:]
            column = self.languages.index(language) + 1
            self._words = b""  # the old words' room is for the new ones
            words = bytearray(b"\n")
            for line in table:
                cells = line.rstrip("\n").split("\t")
                words.extend(f"{cells[0]}\t{cells[column]}\n".encode())
        self._words = bytes(words)
        self.language = language

    def get(self, name: str) -> str:
        """The text called `name`; empty if there is none."""
        key = f"\n{name}\t".encode()
        start = self._words.find(key)
        if start < 0:
            return ""
        start += len(key)
        return self._words[start : self._words.find(b"\n", start)].decode()
