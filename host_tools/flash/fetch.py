"""A stock image from the network: only by a hash that was pinned before; kept, so that the next board needs none."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Final

from host_tools.flash.errors import NoHash, NoImage, Offline, OtherHash

if TYPE_CHECKING:
    from collections.abc import Callable

    Progress = Callable[[int, int], None]  # bytes so far, and in all (0 where nobody says)

KEPT: Final = Path.home() / ".cache" / "suanpan" / "images"
_PIECE: Final = 65_536
_LONGEST: Final = 16 * 1024 * 1024  # bytes: the largest flash there is a board with
_PATIENCE_S: Final = 20


def stock_image(where: str, sha256: str, kept: Path = KEPT, progress: Progress = lambda _done, _whole: None) -> Path:
    """The file at an address or a path. Raises NoHash, NoImage, Offline, OtherHash."""
    if "://" not in where:
        path = Path(where)
        if not path.is_file():
            raise NoImage(where)
        if sha256:
            _require(path.read_bytes(), sha256)
        return path
    if not sha256:
        raise NoHash
    path = kept / f"{sha256.lower()}.bin"
    if not path.exists():
        content = _downloaded(where, progress)
        _require(content, sha256)
        kept.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_bytes(content)
        part.replace(path)
    _require(path.read_bytes(), sha256)
    return path


def _downloaded(where: str, progress: Progress) -> bytes:
    if not where.startswith(("http://", "https://")):
        raise Offline("only http and https are fetched")
    content = bytearray()
    try:
        with urllib.request.urlopen(where, timeout=_PATIENCE_S) as far:
            whole = int(far.headers.get("Content-Length") or 0)
            while piece := far.read(_PIECE):
                content += piece
                progress(len(content), whole)
                if len(content) > _LONGEST:
                    raise OtherHash
    except (urllib.error.URLError, OSError) as problem:
        raise Offline(str(getattr(problem, "reason", problem))) from None
    return bytes(content)


def _require(content: bytes, sha256: str) -> None:
    if hashlib.sha256(content).hexdigest() != sha256.lower():
        raise OtherHash
