"""`suanpan acquirer`: the host on a socket, with a real clock and real random numbers."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from host_tools.acquirer.faults import Faults
from host_tools.acquirer.fixture import BANK, FixtureError, load, open_bank
from host_tools.acquirer.host import Acquirer
from host_tools.acquirer.server import listen
from host_tools.acquirer.store import StoreError
from host_tools.keys.errors import KeysError
from host_tools.keys.line_certificates import AUTHORITY_FILE, HOST_FILE, LineAuthority, load_credential, server_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from host_tools.acquirer.trace import Record

app = typer.Typer(help="An ISO 8583 acquirer with a small bank behind it, for terminals under test.")

_STYLES = {"in": "cyan", "out": "green", "dropped": "red", "fault": "yellow"}


@app.callback(invoke_without_command=True)
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; the default is this machine alone.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="TCP port; 0 takes a free one and says which.", min=0, max=65535)] = 8583,
    fixture: Annotated[
        Path,
        typer.Option(help="The bank: terminals, cards, opening balances.", show_default="a small test bank"),
    ] = BANK,
    db: Annotated[
        str, typer.Option(help="SQLite file that keeps the books between runs; :memory: forgets them.")
    ] = ":memory:",
    watch: Annotated[
        bool, typer.Option("--watch", help="Print every message by field name, card data masked.")
    ] = False,
    tls: Annotated[
        Path | None,
        typer.Option(
            help="Directory of `suanpan keys line`: TLS, and only for terminals whose certificate is from there."
        ),
    ] = None,
) -> None:
    """Serve terminals until interrupted.

    Without options: the test bank of the bench, fresh at every start, on 127.0.0.1:8583.
    """
    console = Console()
    try:
        with closing(open_bank(load(fixture), db)) as store, suppress(KeyboardInterrupt):
            tracer = _printer(console) if watch else None
            acquirer = Acquirer(store, now=_local_time, random=secrets.token_bytes, tracer=tracer)
            asyncio.run(_serve(acquirer, console, host, port, _context(tls) if tls else None))
    except (FixtureError, StoreError, OSError, sqlite3.Error) as error:
        console.print(f"acquirer: {error}", style="red", markup=False)
        raise typer.Exit(1) from None
    except KeysError as error:
        console.print(f"acquirer: {error.says}", style="red", markup=False)
        raise typer.Exit(1) from None


def _context(directory: Path) -> ssl.SSLContext:
    authority = LineAuthority.load(directory / AUTHORITY_FILE)
    return server_context(load_credential(directory / HOST_FILE), authority.pem)


async def _serve(acquirer: Acquirer, console: Console, host: str, port: int, tls: ssl.SSLContext | None) -> None:
    server = await listen(acquirer, Faults(), host=host, port=port, tls=tls)
    address, bound = server.sockets[0].getsockname()[:2]
    console.print(f"acquirer: listening on {address}:{bound}{' by TLS' if tls else ''}", highlight=False)
    async with server:
        await server.serve_forever()


def _local_time() -> datetime:
    return datetime.now().astimezone()


def _printer(console: Console) -> Callable[[Record], None]:
    def show(record: Record) -> None:
        head, *fields = record.as_text().split("\n")
        console.print(Text(head, style=_STYLES[record.direction]), soft_wrap=True)
        console.print(Text("\n".join(fields)), soft_wrap=True)

    return show
