"""`make board`: a bare chip through build, flash, commissioning and its first sale, with nothing but this computer."""

from __future__ import annotations

import tempfile
import time
from datetime import datetime
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from host_tools.acquirer.ledger import Ledger
from host_tools.bench.counter import sell
from host_tools.bench.lockstep import BenchError
from host_tools.commission import books, report
from host_tools.commission.emulated import EmulatedWorkshop
from host_tools.commission.errors import CommissionError
from host_tools.commission.steps import commission
from host_tools.commission.work import Work
from host_tools.flash.diagnosis import Verdict
from host_tools.flash.errors import FlashError
from host_tools.keys.errors import KeysError

_FIRST_SALE = 12_34  # 分
_WORDS = {
    "build": "构建 compile, pack and sign the application",
    "flash": "写入 esptool writes and verifies the bare chip; it boots, and its parts are asked",
    "keys": "注入 two custodians inject the master key",
    "bind": "绑定 the acquirer has it bound as ordered",
    "statement": "交易 0.01, its void, and the terminal's sealed statement",
    "host": "核对 the acquirer's books say the same",
    "release": "发布 the REPL is closed",
    "report": "报告 signed, as JSON and as a page",
    "sale": "开张 switched off and on: the first sale",
}


def board(
    out: Path = typer.Option(Path("out/board"), help="Folder for the report."),  # noqa: B008
) -> None:
    """All of it in one go. The exit status says whether it came to its end."""
    console = Console(highlight=False)
    bars = Progress(
        TextColumn("  {task.description}"), BarColumn(), TimeElapsedColumn(), console=console, transient=True
    )
    began = last = time.monotonic()
    step = "build"

    def done(name: str) -> None:
        nonlocal last
        now = time.monotonic()
        console.print(f"[green]✓[/] {now - last:6.1f} s  {_WORDS[name]}", soft_wrap=True)
        last = now

    console.print(
        "An emulated ESP32, written by the real esptool. It runs no Xtensa code: a stand-in that has a stock image's "
        "form\nlies where MicroPython would, and the unix port runs what was written beside it.\n",
        soft_wrap=True,
    )
    try:
        with tempfile.TemporaryDirectory(prefix="suanpan-board-") as scratch, bars:
            bar = bars.add_task("", total=None)

            def progress(what: str, so_far: int, whole: int) -> None:
                bars.update(bar, description=what, completed=so_far, total=whole or None)

            workshop = EmulatedWorkshop(Path(scratch), progress)
            try:
                workshop.build()
                done("build")
                order = workshop.order()
                work = Work(Path(scratch) / "unit", order, datetime.now)

                def begun(name: str) -> None:
                    nonlocal step
                    if step != "build":
                        done(step)
                    step = name

                commission(order, work, workshop.workshop(order), begun)
                done(step)
                step = "report"
                out.mkdir(parents=True, exist_ok=True)
                made = report.write(out, report.content(order, work), workshop.signer.sign)
                done(step)
                step = "sale"
                workshop.switch_on()
                workshop.shop.log_in()
                workshop.shop.bench.expect("请输入金额")
                sell(workshop.shop, _FIRST_SALE)
                done(step)
                sales = [each for each in books.done(workshop.store, order.terminal) if each.kind == "sale"]
                wrong = Ledger(workshop.store).check()
                assert sales[-1].amount == _FIRST_SALE and not wrong, wrong
                assert workshop.report
                found = [each for each in workshop.report.findings if each.verdict is Verdict.FOUND]
            finally:
                workshop.close()
    except (CommissionError, FlashError, KeysError, BenchError) as problem:
        console.print(f"[bold red]✗[/] {_WORDS[step]}: {problem}", soft_wrap=True)
        raise typer.Exit(1) from None
    console.print(
        f"\n{time.monotonic() - began:.1f} s in all. {len(found)} parts answered; the acquirer has booked "
        f"{sales[-1].amount / 100:.2f}, and its books are right.\n{', '.join(str(path) for path in made)}",
        soft_wrap=True,
    )


if __name__ == "__main__":
    typer.run(board)
