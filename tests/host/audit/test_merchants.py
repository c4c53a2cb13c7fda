"""Several merchants' journals in one flash image: each is asked for by its number, and is where the format says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from host_tools.acquirer.fixture import load
from host_tools.audit.image import FlashImage
from host_tools.audit.reading import AuditError
from host_tools.bench.shop import TERMINAL, profile
from host_tools.bench.tenants import tenants
from host_tools.cli import app
from host_tools.flash.factory import Merchant, Secrets, build_image, partitions

KB = 1024


def image_of(merchants: int) -> tuple[bytes, Secrets]:
    others = [profile(tenant) for tenant in tenants(merchants - 1)]
    shared = tuple(Merchant(of.terminal_id, of.merchant_id, of.merchant, of.serial, of.tmk) for of in others)
    return build_image(replace(profile(load().terminals[TERMINAL]), others=shared), Random(1).randbytes)


@pytest.mark.parametrize(("merchants", "part"), [(1, 512), (2, 256), (3, 128), (4, 128), (5, 64), (8, 64)])
def test_each_has_its_part_its_number_and_its_key(merchants: int, part: int) -> None:
    content, secrets = image_of(merchants)
    numbers = [TERMINAL, *(tenant.tid for tenant in tenants(merchants - 1))]
    start = partitions()["journal"].offset
    for number, terminal in enumerate(numbers, 1):
        image = FlashImage(content, merchant=number)
        assert image.base == start + (number - 1) * part * KB
        assert image.terminal() == terminal
        assert image.key() == secrets.journal_key_of(number)
        assert image.reading(image.key()).records == []
    assert len({FlashImage(content, merchant=number).key() for number in range(1, merchants + 1)}) == merchants


def test_whose_it_is_must_be_said_where_there_are_several(tmp_path: Path) -> None:
    content, _ = image_of(2)
    for merchant in (0, 3):
        with pytest.raises(AuditError, match="2 merchants share the terminal: say which with --merchant, 1 to 2"):
            FlashImage(content, merchant=merchant)
    alone, _ = image_of(1)
    with pytest.raises(AuditError, match="does not say that several"):
        FlashImage(alone, merchant=2)
    path = tmp_path / "flash.bin"
    path.write_bytes(content)
    refused = CliRunner().invoke(app, ["audit", "verify", str(path)])
    assert refused.exit_code == 1
    assert "say which with --merchant" in refused.output
    assert CliRunner().invoke(app, ["audit", "verify", str(path), "--merchant", "2"]).exit_code == 0
