"""The report of a commissioning: JSON that the update signer has signed, and the same as a page to read and print."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from host_tools.commission.page import page
from host_tools.commission.work import STEPS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from host_tools.commission.order import Order
    from host_tools.commission.work import Work


def content(order: Order, work: Work) -> dict[str, Any]:
    """What is signed."""
    return {"order": asdict(order), "steps": {step: facts for step in STEPS if (facts := work.facts(step)) is not None}}


def canonical(report: dict[str, Any]) -> bytes:
    """The one way to write it: what the signature is over."""
    return json.dumps(report, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def write(directory: Path, report: dict[str, Any], sign: Callable[[bytes], bytes]) -> list[Path]:
    """report.json, its signature beside it, and report.html."""
    text = canonical(report)
    signature = sign(text)
    made = [directory / name for name in ("report.json", "report.json.sig", "report.html")]
    for path, data in zip(made, (text, signature, page(report, signature).encode()), strict=True):
        path.write_bytes(data)
    return made
