"""The report of a commissioning: JSON that the update signer has signed, and the same as a page to read and print."""

from __future__ import annotations

import html
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from host_tools.commission.work import STEPS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from host_tools.commission.order import Order
    from host_tools.commission.work import Work

_TITLES: Final = {
    "flash": "写入 Flash",
    "keys": "主密钥 Master key",
    "bind": "绑定 Binding",
    "statement": "终端自述 The terminal says",
    "host": "主机账簿 The acquirer's books say",
    "release": "发布模式 Release mode",
}
_STYLE: Final = """
body { font: 10pt/1.5 sans-serif; max-width: 180mm; margin: 10mm auto; color: #222 }
h1 { font-size: 16pt } h2 { font-size: 11pt; margin: 6mm 0 1mm; border-bottom: .3mm solid #888 }
table { border-collapse: collapse; width: 100% } td { padding: .5mm 2mm; vertical-align: top }
td:first-child { width: 40mm; color: #666 } code { word-break: break-all; font-size: 8pt }
@media print { body { margin: 0 } h2 { break-after: avoid } tr { break-inside: avoid } }
"""


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


def page(report: dict[str, Any], signature: bytes) -> str:
    """A page of its own: nothing is fetched for it. A browser prints it, to paper or PDF."""
    order = report["order"]
    sections = [_section("装机单 Order", order)]
    sections += [_section(_TITLES[step], facts) for step, facts in report["steps"].items()]
    name = html.escape(f"{order['terminal']} {order['serial']}")
    return (
        f'<!DOCTYPE html><html lang="zh"><meta charset="utf-8"><title>{name}</title><style>{_STYLE}</style>'
        f"<h1>装机报告 Commissioning report<br>{name}</h1>{''.join(sections)}"
        f"<h2>签名 Signature of report.json (RSA-3072, PSS, SHA-256)</h2><code>{signature.hex()}</code></html>\n"
    )


def _section(title: str, facts: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{html.escape(value)}</td></tr>" for name, value in _flat(facts)
    )
    return f"<h2>{html.escape(title)}</h2><table>{rows}</table>"


def _flat(facts: dict[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Names and values, those inside others behind them."""
    found: list[tuple[str, str]] = []
    for name, value in facts.items():
        if isinstance(value, dict):
            found += _flat(value, f"{before}{name} ")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for number, each in enumerate(value, 1):
                found += _flat(each, f"{before}{name} {number} ")
        else:
            found.append((before + name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)))
    return found
