"""Bundles to be given out: files, or the newest for each board in a directory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from host_tools.build.base import SUFFIX
from host_tools.build.bundle import BundleError, Manifest, read
from host_tools.build.partition_table import SECTOR
from host_tools.update.errors import BadBundle

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Bundle:
    path: Path
    manifest: Manifest
    content: bytes

    @classmethod
    def load(cls, path: Path) -> Bundle:
        """Whole, by its own hash; whose signature it has is for the terminal to say. Raises BadBundle."""
        content = path.read_bytes()
        try:
            manifest, image = read(content)
        except BundleError as error:
            raise BadBundle(f"{path}: {error}.") from None
        return cls(path, manifest, content[: SECTOR + len(image)])


def newest(directory: Path) -> dict[str, Bundle]:
    """By board, the one with the highest number; of applications alone. Raises BadBundle for one that is none."""
    found: dict[str, Bundle] = {}
    for path in sorted(directory.glob("*.bundle")):
        bundle = Bundle.load(path)
        if bundle.manifest.board.endswith(SUFFIX):
            continue
        before = found.get(bundle.manifest.board)
        if before is None or before.manifest.number < bundle.manifest.number:
            found[bundle.manifest.board] = bundle
    return found
