"""`suanpan backup`: a terminal's journal into a file, and out of it into another board."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from host_tools.audit.archive import ArchiveFile
from host_tools.audit.image import read_key
from host_tools.audit.reading import AuditError
from host_tools.audit.tables import yuan
from host_tools.audit.verify import judge
from host_tools.backup import line
from host_tools.backup.archive import Archive, Opener
from host_tools.backup.errors import BackupError, FileThere, NotWhole
from host_tools.keys.files import write_private
from host_tools.keys.injection import BAUD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host_tools.keys.injection import Port

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Back up a terminal's journal, and restore it to another board.\n\n"
    "An archive is sealed by the terminal under its number's backup key; keys are never in it. **suanpan audit** "
    "verifies and exports it like a flash image.",
)
console = Console()

_PORT = 9100  # of the workshop's end of a network connection

_Serial = Annotated[str, typer.Option("--port", help="Serial port, such as /dev/ttyUSB0 or COM3.")]
_Listen = Annotated[
    bool, typer.Option("--listen", help=f"Wait for the terminal on TCP port {_PORT}, instead of on a serial port.")
]
_Timeout = Annotated[float, typer.Option(help="Seconds to wait for each answer.", min=0.1)]
_Key = Annotated[
    str, typer.Option(help="The backup key, 64 hexadecimal digits or a file: the archive is then checked.")
]
_File = Annotated[Path, typer.Argument(help="The archive.", exists=True, dir_okay=False)]


@app.command()
def save(
    out: Annotated[Path, typer.Argument(help="The file to write.")],
    port: _Serial = "",
    listen: _Listen = False,
    timeout: _Timeout = 10,
    key: _Key = "",
) -> None:
    """Fetch an archive from a terminal that shows 备份 (Backup)."""
    with _refusals():
        if out.exists():
            raise FileThere
        with _opened(port, listen, timeout) as far:
            content = line.save(far)
        Archive.parse(content)
        if key:
            _require_whole(content, key)
        write_private(out, content)
    console.print(f"{out}: {len(content)} bytes", markup=False, highlight=False)


@app.command()
def restore(
    path: _File,
    port: Annotated[str, typer.Option("--port", help="Serial port, such as /dev/ttyUSB0 or COM3.")],
    timeout: _Timeout = 30,
    key: _Key = "",
) -> None:
    """Have a new board take over an archive's records.

    It must have been given the master key of the same terminal number, with its backup key, and not have been switched
    off since (`suanpan keys inject`), and must not have sold anything yet. The old board must not be used again.
    """
    with _refusals():
        content = path.read_bytes()
        archive = Archive.parse(content)
        if key:
            _require_whole(content, key)
        with _opened(port, False, timeout) as far:
            line.restore(far, content)
    console.print(f"restored as terminal {archive.terminal}: switch it off and on", markup=False, highlight=False)


@app.command()
def info(path: _File, key: _Key = "") -> None:
    """Whose archive it is; with the key, what is in it."""
    with _refusals():
        content = path.read_bytes()
        archive = Archive.parse(content)
        table = Table("", "archive", show_header=False, title=path.name)
        rows = [("terminal", archive.terminal), ("archive", archive.number.hex()), ("items", str(len(archive.items)))]
        if key:
            rows += _inside(content, archive, read_key(key))
        for name, value in rows:
            table.add_row(name, Text(value))
        console.print(table)


def _inside(content: bytes, archive: Archive, key: bytes) -> list[tuple[str, str]]:
    report = judge(ArchiveFile(content).reading(key))
    if not report.good:
        raise NotWhole
    head = Opener(archive, key).head(archive.items[0])
    rows = [("made", head.made.isoformat(" ") if head and head.made else "")]
    if report.books:
        state = report.books.records[-1]
        rows += [
            ("records", f"{report.first} to {state.number}"),
            ("batch", report.books.newest_batch),
            *((f"{each.kind} {each.org}", f"{each.told_count}, {yuan(each.told_amount)}") for each in report.lines),
        ]
    return rows


def _require_whole(content: bytes, key: str) -> None:
    """Raises NotWhole."""
    if not judge(ArchiveFile(content).reading(read_key(key))).good:
        raise NotWhole


@contextmanager
def _opened(port: str, listen: bool, timeout: float) -> Iterator[Port]:
    if bool(port) == listen:
        raise typer.BadParameter("give either --port or --listen")
    if listen:
        with socket.create_server(("", _PORT)) as server:
            console.print(f"waiting for the terminal on port {_PORT}", highlight=False)
            connected, _ = server.accept()
            with connected:
                yield line.Connection(connected, timeout)
        return
    import serial  # type: ignore[import-untyped]

    with serial.serial_for_url(port, BAUD, timeout=timeout) as far:
        yield far


@contextmanager
def _refusals() -> Iterator[None]:
    """What cannot be done is said in one line, and ends the command. A serial port's error is an OSError."""
    try:
        yield
    except (BackupError, AuditError, OSError) as refusal:
        console.print(f"backup: {refusal}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
