"""Small files that must be there whole after any power cut: as they were, or as they were to become."""

import os


def replace_file(path: str, content: "bytes | bytearray") -> None:
    """Write a new file beside the old one and rename it over that, which LittleFS does in one commit."""
    new = path + ".new"
    with open(new, "wb") as file:
        file.write(content)
    os.rename(new, path)
