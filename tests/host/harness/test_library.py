"""Fetching micropython-lib's archive from an index on disk, as pip is told of it."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from host_tools.micropython.library import LibraryUnavailable, Package, library_path

NAME, VERSION = "micropython-sample", "1.2"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """On an index that is a directory, and the one that pip is set to."""
    pages = tmp_path / "index" / NAME
    pages.mkdir(parents=True)
    archive = pages / f"{NAME}-{VERSION}.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        member = tarfile.TarInfo(f"{NAME}-{VERSION}/sample.py")
        member.size = 9
        tar.addfile(member, io.BytesIO(b"VALUE = 7"))
    (pages / "index.html").write_text(f'<a href="{archive.name}">{archive.name}</a>')
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "index").as_uri())
    return Package(NAME, VERSION, hashlib.sha256(archive.read_bytes()).hexdigest())


def test_fetched_once_and_kept(package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    directory = library_path(package, cache)
    assert (directory / "sample.py").read_text() == "VALUE = 7"
    assert list(cache.iterdir()) == [directory]

    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    assert library_path(package, cache) == directory


def test_another_archive_of_the_same_version_is_refused(package: Package, tmp_path: Path) -> None:
    other = Package(NAME, VERSION, "0" * 64)
    with pytest.raises(LibraryUnavailable, match="pinned hash"):
        library_path(other, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_offline(package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    with pytest.raises(LibraryUnavailable, match="run `make test` once with a network"):
        library_path(package, tmp_path / "cache")
