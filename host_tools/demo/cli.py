"""`suanpan demo`: a shop day on the virtual board against the acquirer, and whether the books agree. Then a day of each
kind of shop, and every chip card pays."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Annotated, Final

import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from host_tools.bench.lockstep import BenchError
from host_tools.bench.shop import OPENING
from host_tools.demo import report
from host_tools.demo.audit import audit, host_books, terminal_books
from host_tools.demo.cards import LARGE, SMALL, Row, everybody
from host_tools.demo.day import DAY
from host_tools.demo.profiles import play
from host_tools.emv.story import BAD, GOOD
from host_tools.emv.trace import CONTACT, CONTACTLESS
from host_tools.replay.recorder import RecordedShop


def demo(
    out: Annotated[Path, typer.Option(help="Folder for screens, slips, trace and summary.")] = Path("out/demo"),
    seed: Annotated[int, typer.Option(help="Everything that is random follows from it.")] = 1,
    shops: Annotated[bool, typer.Option(help="A day of each kind of shop, too.")] = True,
    cards: Annotated[bool, typer.Option(help="Sell to every chip card, by slot and by reader, after the day.")] = True,
) -> None:
    """Play a shop day in virtual time: sales, a wrong PIN, a silent host, a power cut; then compare the books.

    Then a retailer, a restaurant and a hotel have a day each, and one more ends unbalanced. After that every card of
    the population (`suanpan cards list`) pays, put in and held to the reader.
    """
    console = Console()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, RecordedShop(Path(scratch), seed=seed) as shop:
        album = report.Album(out / "screens")
        shop.bench.on_screen.append(album.take)
        try:
            for number, step in enumerate(DAY, 1):
                console.print(f"[dim]{shop.bench.now():%H:%M:%S}[/] {number}/{len(DAY)} {step.title}")
                step.act(shop)
        except BenchError as problem:
            console.print(f"[bold red]stopped:[/] {problem}")
            raise typer.Exit(1) from problem
        finally:
            shop.save(out / "day.trace")
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
    good = all(check.good for check in checks)
    if shops:
        good &= _other_shops(console, seed)
    if cards and good:
        good = _sell_to_everybody(console, out)
    if not good:
        raise typer.Exit(1)


def _other_shops(console: Console, seed: int) -> bool:
    """Whether a day of each kind of shop ends as it should."""
    table = Table(title="各类商户 a day of each kind of shop", box=box.SIMPLE_HEAD)
    for column in ("", "terminal 终端", "host 主机", "paid 实付", "settled 对账", "differences 差异"):
        table.add_column(column, justify="left" if column in ("", "differences 差异") else "right")
    good = True
    try:
        for end in play(seed):
            sums = (f"{fen / 100:,.2f}" for fen in (end.terminal, end.host, end.paid))
            mark = "[green]✓[/]" if end.good else "[bold red]✗[/]"
            word = "平" if end.balanced else "不平"
            table.add_row(f"{mark} {end.profile.title}", *sums, word, "; ".join([*end.differences, *end.trouble]))
            good &= end.good
    except BenchError as problem:
        console.print(f"[bold red]stopped:[/] {problem}")
        good = False
    console.print(table)
    return good


def _sell_to_everybody(console: Console, out: Path) -> bool:
    """Whether the host has believed every cryptogram."""
    trace = out / "apdus.jsonl"
    started = time.monotonic()
    rows = []
    columns = (SpinnerColumn(), TextColumn("[bold]{task.description}"), BarColumn(), TextColumn("{task.completed}"))
    try:
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("minting", total=None)
            for row in everybody(
                trace, lambda card, interface: progress.update(task, description=f"{card} {interface}")
            ):
                rows.append(row)
                progress.advance(task)
    except BenchError as problem:
        console.print(f"[bold red]stopped:[/] {problem}")
        return False
    report.write_cards(rows, out)
    Console(width=max(console.width, _TABLE)).print(card_table(rows))
    verdicts = [row.genuine for row in rows if row.genuine is not None]
    good = all(verdicts)
    mark = "[green]✓[/]" if good else "[bold red]✗[/]"
    console.print(
        f"{mark} the host has verified {sum(verdicts)} of {len(verdicts)} cryptograms, of {len(rows)} sales",
        highlight=False,
    )
    small, large = f"{SMALL / 100:.2f}", f"{LARGE / 100:,.2f}"
    console.print(
        f"[dim]{small} put in, {large} held to the reader, or {small} where a card may say yes by itself. "
        "ms: to the card's last word, on its wires, without what people take.[/]",
        highlight=False,
    )
    console.print(
        f"[dim]suanpan emv explain {trace} tells each as a story; {time.monotonic() - started:.1f} s[/]",
        highlight=False,
    )
    return good


_WAYS: Final = {CONTACT: "插 dip", CONTACTLESS: "挥 tap"}
_TABLE: Final = 126  # columns


def card_table(rows: list[Row]) -> Table:
    table = Table(title="芯片卡 every chip card", box=box.SIMPLE_HEAD, padding=(0, 1), collapse_padding=True)
    for column in ("card 卡", "", "ODA", "CVM 验证", "outcome 结果", "F39", "TVR", "ms", "AC"):
        table.add_column(column, no_wrap=True, justify="right" if column == "ms" else "left")
    before = ""
    for row in rows:
        verdict = {True: "[green]✓[/]", False: "[bold red]✗[/]", None: ""}[row.genuine]
        style = {GOOD: "green", BAD: "red"}.get(row.mood, "yellow")
        cells = (_WAYS[row.interface], row.oda, row.cvm, f"[{style}]{row.outcome}[/]", row.f39, row.tvr, f"{row.ms:,}")
        table.add_row("" if row.card == before else row.card, *cells, f"{row.cryptogram} {verdict}")
        before = row.card
    return table


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
