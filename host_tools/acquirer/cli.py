"""`suanpan acquirer`: the host on a socket, with a real clock and real random numbers."""

from __future__ import annotations

import asyncio
import gc
import secrets
from contextlib import AsyncExitStack, closing, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from host_tools.acquirer.chip_tables import chip_tables
from host_tools.acquirer.chips import Chips
from host_tools.acquirer.connection import DELAY_MS
from host_tools.acquirer.faults import Faults
from host_tools.acquirer.fixture import BANK, FixtureError, load, open_bank
from host_tools.acquirer.host import Acquirer
from host_tools.acquirer.scenario_file import ScenarioError
from host_tools.acquirer.scenario_file import load as load_scenario
from host_tools.acquirer.server import listen
from host_tools.acquirer.store import StoreError
from host_tools.acquirer.watch.books import Overview
from host_tools.acquirer.watch.messages import Messages
from host_tools.cards.accounts import accounts
from host_tools.cards.entries import load as load_population
from host_tools.keys.authority import Authority
from host_tools.keys.errors import KeysError
from host_tools.keys.line_certificates import AUTHORITY_FILE, HOST_FILE, LineAuthority, load_credential, server_context

if TYPE_CHECKING:
    import ssl

    from host_tools.acquirer.chip_tables import ChipTables
    from host_tools.acquirer.fixture import Fixture
    from host_tools.acquirer.store import Store
    from host_tools.acquirer.trace import Record, Tracer

app = typer.Typer(help="An ISO 8583 acquirer with a small bank behind it, for terminals under test.")

_STYLES = {"in": "cyan", "out": "green", "dropped": "red", "fault": "yellow"}


@app.callback(invoke_without_command=True)
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; the default is this machine alone.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="TCP port; 0 takes a free one and says which.", min=0, max=65535)] = 8583,
    delay: Annotated[int, typer.Option(help="Milliseconds that an answer takes at least.", min=0)] = DELAY_MS,
    fixture: Annotated[
        Path,
        typer.Option(help="The bank: terminals, cards, opening balances.", show_default="a small test bank"),
    ] = BANK,
    database: Annotated[
        str,
        typer.Option(
            "--database",
            "--db",
            help="Where the books are kept between runs: an SQLite file, or postgresql+psycopg://user@host/name. "
            ":memory: forgets them.",
        ),
    ] = ":memory:",
    watch: Annotated[
        bool, typer.Option("--watch", help="Print every message by field name, card data masked.")
    ] = False,
    web: Annotated[
        int | None,
        typer.Option(
            help="Port of a page for this machine: messages, terminals, batches, ledger. 0 takes a free one.",
            min=0,
            max=65535,
        ),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(help="What goes wrong, and when: a YAML file, or one that is shipped, such as magic-amounts."),
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(
            help="Directory of the key ceremony: terminals fetch the keys of its test CA, and the test cards pay here."
        ),
    ] = None,
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
        faults = Faults(load_scenario(scenario) if scenario else None)
        context = _context(tls) if tls else None
        bank, tables = _with_chip_cards(load(fixture), keys) if keys else (load(fixture), None)
        with closing(open_bank(bank, database)) as store, suppress(KeyboardInterrupt):
            chips = Chips(bank.issuers)
            asyncio.run(_serve(store, chips, tables, faults, console, (host, port, delay), context, watch, web))
    except (FixtureError, ScenarioError, StoreError, OSError) as error:
        console.print(f"acquirer: {error}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    except KeysError as error:
        console.print(f"acquirer: {error.says}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None


def _with_chip_cards(bank: Fixture, keys: Path) -> tuple[Fixture, ChipTables]:
    """The bank with the test cards' accounts, and what its terminals may download."""
    population = load_population()
    tables = chip_tables(Authority(keys / "authority").keys(), population.revoked)
    cards = bank.cards | accounts(population)
    return replace(bank, cards=cards, issuers=bank.issuers | population.issuers), tables


def _context(directory: Path) -> ssl.SSLContext:
    authority = LineAuthority.load(directory / AUTHORITY_FILE)
    return server_context(load_credential(directory / HOST_FILE), authority.pem)


async def _serve(
    store: Store,
    chips: Chips,
    tables: ChipTables | None,
    faults: Faults,
    console: Console,
    where: tuple[str, int, int],
    tls: ssl.SSLContext | None,
    watch: bool,
    web: int | None,
) -> None:
    messages = Messages()
    tracers = [_printer(console)] * watch + [messages.add] * (web is not None)
    acquirer = Acquirer(
        store,
        now=_local_time,
        random=secrets.token_bytes,
        tracer=_all(tracers) if tracers else None,
        chips=chips,
        tables=tables,
    )
    host, port, delay = where
    gc.freeze()  # what is there now stays: looking through all of it now and then would keep terminals waiting
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            await listen(acquirer, faults, host=host, port=port, delay_ms=delay, tls=tls)
        )
        found, bound = server.sockets[0].getsockname()[:2]
        console.print(f"acquirer: listening on {found}:{bound}{' by TLS' if tls else ''}", highlight=False)
        if web is not None:
            from host_tools.acquirer.watch.server import bind, serving

            listener = stack.enter_context(bind(web))
            page = await stack.enter_async_context(serving(messages, Overview(store, acquirer.ledger), listener))
            console.print(f"acquirer: {page}  (Ctrl-C ends)", highlight=False)
        await server.serve_forever()


def _all(tracers: list[Tracer]) -> Tracer:
    def trace(record: Record) -> None:
        for tracer in tracers:
            tracer(record)

    return trace


def _local_time() -> datetime:
    return datetime.now().astimezone()


def _printer(console: Console) -> Tracer:
    def show(record: Record) -> None:
        head, *fields = record.as_text().split("\n")
        console.print(Text(head, style=_STYLES[record.direction]), soft_wrap=True)
        console.print(Text("\n".join(fields)), soft_wrap=True)

    return show
