"""Bench scripts that the page brings along, to be played or to begin with."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent / "scripts"


def describe() -> list[dict[str, str]]:
    """For JSON; the title is what the first line says."""
    found = []
    for path in sorted(_FOLDER.glob("*.bench")):
        text = path.read_text("utf-8")
        found.append({"name": path.name, "title": text.partition("\n")[0].lstrip("# "), "text": text})
    return found
