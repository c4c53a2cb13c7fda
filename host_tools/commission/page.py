"""The report of a commissioning as a page to read, print and sign off: one file, for which nothing is fetched."""

from __future__ import annotations

import html
from typing import Any, Final

from host_tools.commission.work import STEPS

_STYLE: Final = """
@page { size: A4; margin: 14mm }
body { font: 10pt/1.5 "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; max-width: 182mm; margin: 10mm auto }
header { display: flex; align-items: flex-end; border-bottom: .7mm solid #1c2430; padding-bottom: 3mm }
html { color: #1c2430 } h1 { font-size: 18pt; line-height: 1.25; margin: 0; flex: 1 }
h1 small { display: block; font-size: 11pt; font-weight: 400 }
.passed, .failed { border: .6mm solid; border-radius: 2mm; padding: 1mm 4mm; font-size: 14pt; font-weight: 700 }
.passed { color: #137a42 } .failed { color: #b42318 }
h2 { font-size: 11pt; margin: 6mm 0 1.5mm } h2 small, td small, th small { font-weight: 400; color: #68707c }
table { border-collapse: collapse; width: 100% } th, td { padding: .8mm 2mm; text-align: left; vertical-align: top }
tr { border-bottom: .15mm solid #d5d9df } th { font-weight: 600 }
.facts th { width: 46mm; font-weight: 400; color: #68707c }
table + table, ul { margin-top: 2mm }
ul { list-style: none; margin-bottom: 0; padding: 0 2mm; columns: 3 } .asked::before { content: "✓ "; color: #137a42 }
.missing::before { content: "✗ "; color: #b42318 } .silent { color: #68707c } .silent::before { content: "– " }
code { word-break: break-all; font-size: 7.5pt }
@media print { body { margin: 0 } h2 { break-after: avoid } tr, ul { break-inside: avoid } }
"""
_WORDS: Final = {
    "terminal": ("终端号", "terminal"),
    "serial": ("序列号", "serial number"),
    "merchant": ("商户号", "merchant"),
    "name_zh": ("商户名", "in Chinese"),
    "name_en": ("商户名", "in English"),
    "account": ("结算账户", "account"),
    "place": ("装机地点", "place"),
    "host": ("主机", "host"),
    "port": ("端口", "port"),
    "suite": ("密码体系", "suite"),
    "language": ("语言", "language"),
    "wifi": ("无线网络", "Wi-Fi"),
    "replaces": ("替换", "in the place of"),
    "board": ("板型", "board"),
    "chip": ("芯片", "chip"),
    "mac": ("MAC 地址", "MAC"),
    "flash_mb": ("闪存 MB", "flash, MB"),
    "version": ("软件版本", "version"),
    "stock_sha256": ("MicroPython 映像", "SHA-256"),
    "check_value": ("主密钥校验值", "check value"),
    "clock": ("终端时钟", "its clock"),
    "faults": ("自检故障", "self-test finds"),
    "owed": ("待上送", "to be sent"),
    "closed": ("调试口已关闭", "REPL closed"),
    "at": ("完成时间", "done at"),
}
_PARTS: Final = {
    "board": "主板 board",
    "display": "显示屏 display",
    "contactless": "感应器 contactless",
    "printer": "打印机 printer",
    "battery": "电池 battery",
    "tamper": "防拆 tamper",
    "keypad": "键盘 keypad",
    "swipe": "刷卡器 stripe",
    "chip_slot": "插卡槽 chip slot",
    "lights": "指示灯 lights",
    "buzzer": "蜂鸣器 buzzer",
    "scanner": "扫码器 scanner",
    "calendar": "时钟 calendar",
}
_COLUMNS: Final = {
    "kind": ("交易", "kind"),
    "amount": ("金额", "amount"),
    "batch": ("批次", "batch"),
    "stan": ("凭证", "voucher"),
    "reference": ("参考号", "reference"),
    "auth_code": ("授权码", "code"),
    "pan": ("卡号", "card"),
    "response": ("应答", "F39"),
    "time": ("时间", "time"),
}
_KINDS: Final = {"sale": "消费 sale", "void": "撤销 void"}


def page(report: dict[str, Any], signature: bytes) -> str:
    """Of what report.content() has made, as far as it has come."""
    order, steps = report["order"], report["steps"]
    said = steps.get("statement", {}).get("statement", {})
    good = steps.keys() >= set(STEPS) and not said["faults"] and all(each["approved"] for each in said["records"])
    verdict = '<div class="passed">合格 Passed</div>' if good else '<div class="failed">未完成 Not passed</div>'
    unit = f"{_safe(order['terminal'])} · {_safe(order['serial'])}"
    heading = f"<header><h1>装机报告<small>Commissioning report · {unit}</small></h1>{verdict}</header>"
    body = [heading, _titled("装机单", "the order", _facts(order))]
    if "flash" in steps:
        body.append(
            _titled("写入", "flash, and the parts that answer", _facts(steps["flash"]) + _parts(steps["flash"]))
        )
    for step, title, words in (("keys", "主密钥", "master key"), ("bind", "绑定", "binding at the acquirer")):
        if step in steps:
            body.append(_titled(title, words, _facts(steps[step])))
    if said:
        body.append(_titled("终端自述", "the terminal says", _facts(said) + _records(said["records"])))
    if "host" in steps:
        booked = [steps["host"][kind] | {"kind": kind} for kind in _KINDS if kind in steps["host"]]
        body.append(_titled("主机账簿", "the acquirer has booked", _records(booked)))
    if "release" in steps:
        body.append(_titled("发布模式", "release mode", _facts(steps["release"])))
    body.append(_titled("签名", "of report.json: RSA-3072, PSS, SHA-256", f"<p><code>{signature.hex()}</code></p>"))
    return (
        f'<!DOCTYPE html><html lang="zh-CN"><meta charset="utf-8"><title>{unit}</title><style>{_STYLE}</style>'
        f"{''.join(body)}</html>\n"
    )


def _safe(value: object) -> str:
    return html.escape(str(value))


def _titled(title: str, words: str, inner: str) -> str:
    return f"<h2>{title} <small>{words}</small></h2>{inner}"


def _facts(facts: dict[str, Any]) -> str:
    """What is one value each, and is not empty."""
    rows = []
    for name, value in facts.items():
        if isinstance(value, dict) or (isinstance(value, list) and name != "faults") or value == "":
            continue
        chinese, english = _WORDS.get(name, (name, ""))
        rows.append(
            f"<tr><th>{_safe(chinese)} <small>{_safe(english)}</small></th><td>{_safe(_shown(name, value))}</td></tr>"
        )
    return f'<table class="facts">{"".join(rows)}</table>'


def _shown(name: str, value: object) -> str:
    if isinstance(value, list):
        return "、".join(map(str, value)) or "无 none"
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    if name == "at":
        return str(value).replace("T", " ")
    return _moment(str(value)[:6], str(value)[6:]) if name == "clock" else str(value)


def _moment(date: str, time: str) -> str:
    """Of YYMMDD and HHMMSS."""
    return f"20{date[:2]}-{date[2:4]}-{date[4:]} {time[:2]}:{time[2:4]}:{time[4:]}"


def _parts(flash: dict[str, Any]) -> str:
    how = {"found": "asked", "cannot be asked": "silent"}
    return "<ul>{}</ul>".format(
        "".join(
            f'<li class="{how.get(said, "missing")}">{_safe(_PARTS.get(part, part))}'
            f"{'' if said in how else f'：{_safe(said)}'}</li>"
            for part, said in flash.get("parts", {}).items()
        )
    )


def _records(records: list[dict[str, Any]]) -> str:
    """In the order in which they were made, with what any of them says."""
    rows = [_told(record) for record in sorted(records, key=lambda record: str(record["stan"]))]
    columns = [column for column in _COLUMNS if any(row.get(column) for row in rows)]
    head = "".join(f"<th>{_COLUMNS[column][0]} <small>{_COLUMNS[column][1]}</small></th>" for column in columns)
    cells = "".join(
        "<tr>{}</tr>".format("".join(f"<td>{_safe(row.get(column, ''))}</td>" for column in columns)) for row in rows
    )
    return f"<table><tr>{head}</tr>{cells}</table>"


def _told(record: dict[str, Any]) -> dict[str, str]:
    amount = record["amount"]
    told = record | {
        "kind": _KINDS.get(record["kind"], record["kind"]),
        "amount": f"¥{amount // 100}.{amount % 100:02}",
    }
    if "date" in record:
        told["time"] = _moment(record["date"], record["time"])
    return told
