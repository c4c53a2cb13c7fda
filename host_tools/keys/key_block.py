"""Key blocks (ANSI X9.143, formerly TR-31) by `psec`, as strict as the terminal that is to open them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from typing import Literal

import psec
from cryptography.utils import CryptographyDeprecationWarning
from psec.tr31 import Header

from host_tools.keys.errors import KeysError

Version = Literal["B", "D"]  # under a triple DES key, under an AES key


class BadKeyBlock(KeysError):
    says = "This is no key block under that protection key: it was altered, or is for another key."


class WrongUse(KeysError):
    says = "The key in this block is for another use."


def wrap(
    kbpk: bytes,
    key: bytes,
    *,
    version: Version,
    usage: str,
    algorithm: str,
    mode: str,
    exportability: str = "N",
    version_number: str = "00",
    optional: Mapping[str, str] | None = None,
) -> str:
    """`key` under the key block protection key; `optional` are blocks by their two-character identifiers.

    psec pads with random bytes of its own, so that two blocks of one key differ, and as if a TDES key had 24 bytes
    and an AES key 32, so that its length does not show.
    """
    header = Header(version, usage, algorithm, mode, version_number, exportability)
    for identifier, text in (optional or {}).items():
        header.blocks[identifier] = text
    with _no_deprecation():
        return psec.tr31.wrap(kbpk, header, key)


def unwrap(kbpk: bytes, block: str, *, usage: str) -> tuple[Header, bytes]:
    """The header of `block` and its key, made for `usage`. Raises BadKeyBlock, WrongUse."""
    try:
        with _no_deprecation():
            header, key = psec.tr31.unwrap(kbpk, block)
    except ValueError:  # HeaderError, KeyBlockError, and UnicodeEncodeError of what is no text at all
        raise BadKeyBlock from None
    if not re.fullmatch(r"[0-9A-F]*", block[Header().load(block) :]):
        raise BadKeyBlock  # psec would take the same in lower case, too
    if header.key_usage != usage:
        raise WrongUse
    return header, key


def _no_deprecation() -> warnings.catch_warnings[None]:
    # psec still reaches triple DES by the place that `cryptography` has left.
    return warnings.catch_warnings(action="ignore", category=CryptographyDeprecationWarning)
