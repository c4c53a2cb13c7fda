"""Packages of micropython-lib that the tests use: fetched from the package index by hash, kept in .cache.

pip refuses these archives: they hold modules and nothing to build. `unearth` finds them where pip would look.
`python -m host_tools.micropython.library` fetches what is missing (the Makefile does so, with the rest).
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from host_tools.micropython.port import ROOT

CACHE = ROOT / ".cache" / "micropython-lib"


class LibraryUnavailable(RuntimeError):
    """A package is neither in the cache nor to be had."""


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    sha256: str  # of the archive on the index

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


UNITTEST = Package("micropython-unittest", "0.4", "83b4a65c44b2f6382bc3dd8fbbe002b5679dbfc3744b99eaa59802e6fd14cf67")
# The reference driver that the display's emulator is judged by.
SSD1306 = Package("micropython-ssd1306", "0.3", "d00cae1ff680e6ae504e258e700f002874b0d924b1a604253b6ea63144b58289")


def library_path(package: Package = UNITTEST, cache: Path = CACHE) -> Path:
    """The directory to put on MICROPYPATH; fetched first if the cache has none."""
    directory = cache / f"{package.name}-{package.sha256[:12]}"
    if not directory.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            unpacked = Path(scratch) / "unpacked"
            _fetch(package, unpacked)
            unpacked.rename(directory)  # whole or not at all
    return directory


def _fetch(package: Package, destination: Path) -> None:
    # Imported late: a cached library is the common case, and an HTTP client is slow to import.
    import httpx2
    from unearth import PackageFinder, UnpackError

    hashes = {"sha256": [package.sha256]}
    finder = PackageFinder(index_urls=_index_of_pip())
    try:
        match = finder.find_best_match(f"{package.name}=={package.version}", hashes=hashes)
        if match.best is None:
            raise LibraryUnavailable(
                _explain(package, "the package index did not answer with an archive of the pinned hash")
            )
        finder.download_and_unpack(match.best.link, destination, hashes=hashes)
    except (httpx2.HTTPError, UnpackError) as error:
        raise LibraryUnavailable(_explain(package, f"fetching it failed: {error}")) from error


def _index_of_pip() -> list[str]:
    """The index that pip is set to; none means the public one."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    settings = dict(line.split("=", 1) for line in listing.splitlines() if "=" in line)
    value = settings.get(":env:.index-url") or settings.get("global.index-url")
    return [ast.literal_eval(value)] if value else []


def _explain(package: Package, reason: str) -> str:
    return (
        f"micropython-lib's {package} is not in {CACHE.relative_to(ROOT)} and {reason}. "
        "Tests need it: run `make test` once with a network."
    )


if __name__ == "__main__":
    try:
        for package in (UNITTEST, SSD1306):
            library_path(package)
    except LibraryUnavailable as error:
        sys.exit(str(error))
