"""One board flashed from beginning to end, and several at once."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from host_tools.flash.chip import BAUD, Found, Progress, opened
from host_tools.flash.diagnosis import Finding, Verdict
from host_tools.flash.doctor import examine
from host_tools.flash.errors import FlashError, NoRepl, PortBusy
from host_tools.flash.register import Register, Row

if TYPE_CHECKING:
    from host_tools.flash.plan import Plan

MakePlan = Callable[[Found, str], "Plan"]  # for that chip, as the board of that serial number
_RETURNS: Final = 20  # times that a board is looked for after its reset: one with USB of its own goes and comes again
_RETURN_S: Final = 0.5


@dataclass(frozen=True)
class Job:
    """How boards are flashed. `reset_by` are esptool's words for how to get into download mode, and out of it.

    `started` is called when a board has been reset, and says at which port it is then.
    """

    make_plan: MakePlan
    register: Register
    board: str
    version: str
    stock: str
    destroy_records: bool = False
    reset_by: tuple[str, str] = ("default-reset", "hard-reset")
    baud: int = BAUD
    serial: str = ""  # of the one board; the register gives it if there is none
    started: Callable[[str], str] = lambda port: port
    self_test: bool = True


@dataclass
class Report:
    """What was done at a port; `trouble` is what ended it, if something did."""

    port: str
    found: Found | None = None
    serial: str = ""
    written: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    trouble: str = ""

    @property
    def good(self) -> bool:
        """Whether it was written, and no part that it should have is missing."""
        bad = (Verdict.MISSING, Verdict.FAULTY)
        return not self.trouble and not any(finding.verdict in bad for finding in self.findings)


def flash(
    port: str, job: Job, progress: Progress = lambda *_: None, tell: Callable[[Finding], None] = lambda _: None
) -> Report:
    """Find, write, verify, reset, examine. What goes wrong is in the report."""
    report = Report(port)
    try:
        _write(report, job, progress)
        if job.self_test:
            began = time.monotonic()
            progress("self-test", 0, 0)
            report.findings = _examined(job.started(port), tell)
            report.seconds["self-test"] = time.monotonic() - began
    except FlashError as problem:
        report.trouble = str(problem)
    return report


def flash_all(ports: list[str], job: Job, progress_of: Callable[[str], Progress]) -> list[Report]:
    """All of them at once, each as `flash`."""
    with ThreadPoolExecutor(len(ports)) as pool:
        return list(pool.map(lambda port: flash(port, job, progress_of(port)), ports))


def _write(report: Report, job: Job, progress: Progress) -> None:
    before, after = job.reset_by
    began = time.monotonic()
    with opened(report.port, progress, before=before, baud=job.baud) as board:
        report.found = board.found
        report.seconds["found"] = time.monotonic() - began
        if not job.destroy_records:
            board.require_unused()
        mac = board.found.mac
        report.serial = job.register.claim(mac, job.serial) if job.serial else job.register.serial(mac)
        plan = job.make_plan(board.found, report.serial)
        began = time.monotonic()
        board.write(plan)
        report.written = plan.bytes_written
        report.seconds["written"] = time.monotonic() - began
        board.reset(after)
    job.register.note(
        Row(
            serial=report.serial,
            mac=report.found.mac,
            chip=report.found.chip,
            board=job.board,
            version=job.version,
            stock=job.stock,
            image=hashlib.sha256(plan.whole()).hexdigest(),
            at=datetime.now().astimezone().isoformat(timespec="seconds"),
        )
    )


def _examined(port: str, tell: Callable[[Finding], None]) -> list[Finding]:
    """As `examine`, of a board that is just starting."""
    for left in range(_RETURNS - 1, -1, -1):
        try:
            return examine(port, tell)
        except PortBusy:
            if not left:
                raise NoRepl from None
            time.sleep(_RETURN_S)
    raise NoRepl
