"""The lock files say what pyproject.toml says, exactly and with hashes, and nothing about where to get it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
GROUPS = PROJECT["dependency-groups"]
WANTED = {
    "build": GROUPS["build"],
    "main": PROJECT["project"]["dependencies"] + GROUPS["dev"],
    "typings": GROUPS["typings"],
}


def lock_text(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")


def locked(name: str) -> dict[str, tuple[Requirement, int]]:
    """What a lock file pins, by name: the requirement and its number of hashes."""
    pins: dict[str, tuple[Requirement, int]] = {}
    for entry in re.split(r"\n(?=\S)", lock_text(name)):
        if not entry.startswith("#"):
            requirement = Requirement(entry.partition(" \\\n")[0])
            pins[canonicalize_name(requirement.name)] = (requirement, entry.count("--hash=sha256:"))
    return pins


@pytest.mark.parametrize("name", WANTED)
def test_lock_agrees_with_pyproject(name: str) -> None:
    pins = locked(name)
    for text in WANTED[name]:
        wanted = Requirement(text)
        assert canonicalize_name(wanted.name) in pins, f"{text}: not locked, run `make lock`"
        pinned, _ = pins[canonicalize_name(wanted.name)]
        assert pinned.specifier == wanted.specifier, f"{text}: locked as {pinned}, run `make lock`"


@pytest.mark.parametrize("name", WANTED)
def test_lock_is_exact_and_hashed(name: str) -> None:
    for requirement, hashes in locked(name).values():
        assert [clause.operator for clause in requirement.specifier] == ["=="], requirement
        assert hashes, requirement


@pytest.mark.parametrize("name", WANTED)
def test_lock_names_no_index(name: str) -> None:
    assert not re.search(r"https?:|--(extra-)?index-url|--find-links", lock_text(name))
