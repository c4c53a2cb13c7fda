"""`suanpan demo`: a shop day on the virtual board against the acquirer, and whether the books agree."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from host_tools.bench.lockstep import BenchError
from host_tools.bench.shop import OPENING, Shop
from host_tools.demo import report
from host_tools.demo.audit import audit, host_books, terminal_books
from host_tools.demo.day import DAY


def demo(
    out: Annotated[Path, typer.Option(help="Folder for screens, slips, trace and summary.")] = Path("out/demo"),
    seed: Annotated[int, typer.Option(help="Everything that is random follows from it.")] = 1,
) -> None:
    """Play a shop day in virtual time: sales, a wrong PIN, a silent host, a power cut; then compare the books."""
    console = Console()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, Shop(Path(scratch), seed=seed) as shop:
        album = report.Album(out / "screens")
        shop.bench.on_screen.append(album.take)
        try:
            for number, step in enumerate(DAY, 1):
                console.print(f"[dim]{shop.bench.now():%H:%M:%S}[/] {number}/{len(DAY)} {step.title}")
                step.act(shop)
        except BenchError as problem:
            console.print(f"[bold red]stopped:[/] {problem}")
            raise typer.Exit(1) from problem
        image = shop.bench.flash.image()
        checks = audit(shop, image)
        slips = report.write_slips(shop, out / "slips")
        report.write_trace(shop, out)
        terminal = terminal_books(shop.bench.parts.printer.slips[-1].text)
        host = host_books(shop)
        figures = {
            "sales": {"terminal": vars(terminal), "host": vars(host)},
            "virtual_seconds": round((shop.bench.now() - OPENING).total_seconds(), 3),
            "wall_seconds": round(time.monotonic() - started, 3),
            "screens": album.count,
            "slips": slips,
            "messages": len(shop.trace),
            "wires_sha256": shop.bench.digest.hexdigest(),
        }
        report.write_summary(out, checks, figures)

    console.print(_books(terminal.count, terminal.amount, host.count, host.amount))
    for check in checks:
        mark = "[green]✓[/]" if check.good else "[bold red]✗[/]"
        console.print(f"{mark} {check.what}: {check.found}", highlight=False)
    console.print(
        f"[dim]{album.count} screens, {slips} slips and {len(shop.trace)} messages in {out}/; "
        f"{figures['virtual_seconds']:.0f} s at the counter in {figures['wall_seconds']:.1f} s[/]",
        highlight=False,
    )
    if not all(check.good for check in checks):
        raise typer.Exit(1)


def _books(terminal_count: int, terminal_amount: int, host_count: int, host_amount: int) -> Table:
    table = Table(title="今日账目 today's books")
    for column in ("", "terminal 终端", "host 主机", "difference 差额"):
        table.add_column(column, justify="left" if not column else "right")
    table.add_row("sales 笔数", str(terminal_count), str(host_count), str(terminal_count - host_count))
    table.add_row(
        "amount 金额",
        f"{terminal_amount / 100:.2f}",
        f"{host_amount / 100:.2f}",
        f"{(terminal_amount - host_amount) / 100:.2f}",
    )
    return table
