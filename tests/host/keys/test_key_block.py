"""Key blocks on the host: the published ones, and every bit of each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from host_tools.keys.key_block import BadKeyBlock, Version, WrongUse, unwrap, wrap
from host_tools.micropython.port import ROOT

VECTORS = json.loads((ROOT / "tests" / "vectors" / "key_blocks.json").read_text("utf-8"))


@pytest.mark.parametrize("vector", VECTORS["blocks"], ids=lambda vector: vector["origin"])
def test_published(vector: dict[str, Any]) -> None:
    header, key = unwrap(bytes.fromhex(vector["kbpk"]), vector["block"], usage=vector["usage"])
    assert key == bytes.fromhex(vector["key"])
    assert (header.algorithm, header.mode_of_use) == (vector["algorithm"], vector["mode"])
    assert (header.version_num, header.exportability) == (vector["version_number"], vector["exportability"])
    assert {name: header.blocks[name] for name in header.blocks} == vector["optional"]


@pytest.mark.parametrize("vector", VECTORS["blocks"], ids=lambda vector: vector["origin"])
def test_every_bit(vector: dict[str, Any]) -> None:
    kbpk, block = bytes.fromhex(vector["kbpk"]), vector["block"].encode()
    for bit in range(8 * len(block)):
        altered = bytearray(block)
        altered[bit >> 3] ^= 1 << (bit & 7)
        with pytest.raises(BadKeyBlock):
            unwrap(kbpk, altered.decode("latin-1"), usage=vector["usage"])


@pytest.mark.parametrize(("version", "algorithm", "size"), [("B", "T", 80), ("D", "T", 112), ("D", "A", 144)])
def test_there_and_back(version: Version, algorithm: str, size: int) -> None:
    kbpk, key = bytes(range(16)), bytes(range(0x20, 0x30))
    block = wrap(
        kbpk, key, version=version, usage="P0", algorithm=algorithm, mode="E", optional={"KS": "00604B120F9292800000"}
    )
    assert len(block) > size
    assert key.hex().upper() not in block
    assert wrap(kbpk, key, version=version, usage="P0", algorithm=algorithm, mode="E") != block
    header, opened = unwrap(kbpk, block, usage="P0")
    assert opened == key
    assert header.exportability == "N"
    assert header.blocks["KS"] == "00604B120F9292800000"


def test_one_use_only() -> None:
    block = wrap(bytes(range(32)), bytes(16), version="D", usage="M6", algorithm="A", mode="C")
    with pytest.raises(WrongUse):
        unwrap(bytes(range(32)), block, usage="P0")
    with pytest.raises(BadKeyBlock):
        unwrap(bytes(32), block, usage="M6")
    with pytest.raises(BadKeyBlock):
        unwrap(bytes(8), block, usage="M6")
