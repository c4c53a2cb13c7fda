"""`suanpan doctor`: every part of a board asked through the board's own REPL, and what is likely to be wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from host_tools.flash.diagnosis import Finding, Verdict, diagnose
from host_tools.flash.repl import at_repl

SCRIPT: Final = Path(__file__).with_name("doctor_on_board.upy")


def examine(port: str, tell: Callable[[Finding], None] = lambda _: None) -> list[Finding]:
    """A finding for each part, told as it comes. Raises PortBusy, NoRepl."""
    findings: list[Finding] = []

    def heard(answer: dict[str, Any]) -> None:
        finding = diagnose(answer)
        findings.append(finding)
        tell(finding)

    with at_repl(port) as repl:
        raised = repl.run(_bare(SCRIPT.read_text("utf-8")), heard)
    if raised:
        heard_last = raised.splitlines()[-1]
        finding = Finding("application", Verdict.FAULTY, f"the board's own program stopped: {heard_last}")
        findings.append(finding)
        tell(finding)
    return findings


def _bare(script: str) -> str:
    """Without the document string and comments, which are not worth their time on a serial line."""
    _, _, rest = script.partition('"""')
    _, _, program = rest.partition('"""')
    return program.lstrip("\n")
