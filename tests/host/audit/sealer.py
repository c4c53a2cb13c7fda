"""Journals that only somebody with the key can write: every seal is right, whatever the records say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from host_tools.audit.records import TAGS
from tests.host.audit import forger
from tests.host.audit.peer import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from host_tools.audit.records import Value

_NUMBERS = {name: tag for tag, name in TAGS.items()}


def encode(event: int, fields: Mapping[str, Value], more: bytes = b"") -> bytes:
    """A record in clear, of fields no longer than 255 bytes each; `more` comes behind them."""
    data = bytes([event])
    for name, value in fields.items():
        if isinstance(value, int):
            octets = value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
        else:
            octets = value.encode() if isinstance(value, str) else value
        data += bytes([_NUMBERS[name], len(octets)]) + octets
    return data + more


def opened(area: bytes) -> dict[int, bytes]:
    """Every record in clear, by its number."""
    siv, tag, found = AESSIV(KEY), bytes(16), {}
    for frame in forger.frames(area):
        found[frame.number] = siv.decrypt(frame.sealed, [frame.number.to_bytes(8, "big") + (frame.link or tag)])
        tag = frame.tag
    return found


def resealed(area: bytes, change: Callable[[int, bytes], bytes]) -> bytes:
    """The journal with other records in place of its own, none of them longer in flash."""
    siv, tag = AESSIV(KEY), b""
    contents: dict[int, list[forger.Content]] = {}
    plain = opened(area)
    for frame in forger.frames(area):
        tag = tag or frame.link
        sealed = siv.encrypt(change(frame.number, plain[frame.number]), [frame.number.to_bytes(8, "big") + tag])
        link = tag if frame.link else b""
        contents.setdefault(frame.place.sector, []).append((frame.number, link, sealed))
        tag = sealed[:16]
    return forger.rewritten(area, contents)
