"""The `suanpan` command: the workshop's tools under one roof."""

from __future__ import annotations

import typer

from host_tools.acquirer.cli import app as acquirer
from host_tools.audit.cli import app as audit
from host_tools.backup.cli import app as backup
from host_tools.bench.panel.cli import run
from host_tools.bench.script_cli import app as bench
from host_tools.boards.cli import app as board
from host_tools.build.cli import build
from host_tools.cards.cli import app as cards
from host_tools.commission.cli import commission, swap
from host_tools.demo.cli import demo
from host_tools.emv.cli import app as emv
from host_tools.flash.cli import cp, doctor, flash, logs, shell
from host_tools.fonts.cli import app as fonts
from host_tools.keys.cli import app as keys
from host_tools.load.cli import load
from host_tools.replay.cli import replay
from host_tools.replay.trace_cli import app as trace
from host_tools.screens.cli import app as screens
from host_tools.update.cli import update

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="算盘 Suanpan: an open payment terminal, its bench and its acquirer.\n\n"
    "Start with **suanpan demo** (a scripted shop day) or **suanpan run** (a terminal in your browser).",
)
app.command()(demo)
app.command()(run)
app.command()(build)
app.command()(update)
app.command()(replay)
app.command()(load)
for command in (flash, commission, swap, doctor, shell, logs, cp):
    app.command()(command)
app.add_typer(board, name="board")
app.add_typer(acquirer, name="acquirer")
app.add_typer(bench, name="bench")
app.add_typer(keys, name="keys")
app.add_typer(cards, name="cards")
app.add_typer(emv, name="emv")
app.add_typer(audit, name="audit")
app.add_typer(backup, name="backup")
app.add_typer(trace, name="trace")
app.add_typer(screens, name="screens")
app.add_typer(fonts, name="fonts")
