"""`suanpan keys line`: certificates for the line between terminals and their host."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from host_tools.keys.desk import console, refusals
from host_tools.keys.files import write_private
from host_tools.keys.line_certificates import AUTHORITY_FILE, HOST_FILE, LineAuthority

app = typer.Typer(
    no_args_is_help=True,
    help="Certificates for TLS between terminals under test and their host, from an authority of our own. All keys are "
    "kept in clear.",
)

_Directory = Annotated[Path, typer.Argument(help="Where authority and certificates are kept; never in a repository.")]


@app.command()
def authority(directory: _Directory) -> None:
    """Make the authority, which is good for twenty years."""
    with refusals():
        made = LineAuthority.make(_local_time())
        made.save(directory / AUTHORITY_FILE)
        write_private(directory / "authority.der", made.der)
    console.print(f"{directory / AUTHORITY_FILE}; what terminals trust: authority.der", markup=False, highlight=False)


@app.command()
def host(
    directory: _Directory,
    names: Annotated[list[str], typer.Argument(help="What terminals call the host by: names, not addresses.")],
) -> None:
    """A certificate for the host, good for two years, in place of the one it has."""
    with refusals():
        issued = LineAuthority.load(directory / AUTHORITY_FILE).host(names, _local_time())
    write_private(directory / HOST_FILE, issued.pem)
    console.print(f"{directory / HOST_FILE}: certificate and key for {names[0]}", markup=False, highlight=False)


@app.command()
def terminal(
    directory: _Directory, number: Annotated[str, typer.Argument(help="The terminal's number (TID).")]
) -> None:
    """A certificate for a terminal, good for two years, and the key to it."""
    with refusals():
        issued = LineAuthority.load(directory / AUTHORITY_FILE).terminal(number, _local_time())
    write_private(directory / f"{number}.pem", issued.pem)
    console.print(f"{directory / number}.pem: certificate and key", markup=False, highlight=False)


def _local_time() -> datetime:
    return datetime.now().astimezone()
