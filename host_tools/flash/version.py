"""What is being put on a board is called: the version of the project's packages."""

from __future__ import annotations

from importlib.metadata import version as installed


def version() -> str:
    return installed("suanpan")
