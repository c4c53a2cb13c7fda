"""`suanpan keys`: the key ceremony at the command line."""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from host_tools.keys import tables
from host_tools.keys.ceremony import Ceremony
from host_tools.keys.components import Algorithm
from host_tools.keys.desk import ask_components, ask_new_passphrase, ask_pair, console, refusals
from host_tools.keys.files import write_private
from host_tools.keys.injection import BAUD, exchange
from host_tools.keys.line_cli import app as line
from host_tools.keys.master_keys import Master

DIRECTORY = Path.home() / ".local" / "share" / "suanpan" / "keys"

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="The key ceremony: keys that no one person ever holds, from two people's components into a terminal.\n\n"
    "In this order:\n\n"
    "1. **enrol** two custodians, each with a passphrase of their own\n"
    "2. **master kbpk**, **master injection** and **master backup**: the workshop's keys, of a component from each "
    "custodian\n"
    "3. **terminal** 10000001: that terminal's master key (TMK)\n"
    "4. **inject** it into the unit, over its serial line\n\n"
    "No key is ever whole on disk. **audit** shows, and checks, what was done and by whom.",
)

app.add_typer(line, name="line")

_Algorithm = Annotated[Algorithm, typer.Option(help="Cipher that the key is for.")]
_Generate = Annotated[bool, typer.Option("--generate", help="Make both components here and now; nobody types one.")]
_Who = Annotated[str, typer.Option("--name", prompt="Your name", help="Who does it, for the audit file.")]


@app.callback()
def ceremony(
    ctx: typer.Context,
    directory: Annotated[
        Path,
        typer.Option(
            envvar="SUANPAN_KEYS",
            help="Where the ceremony keeps its files; never in a repository.",
            show_default="~/.local/share/suanpan/keys",
        ),
    ] = DIRECTORY,
) -> None:
    if ctx.obj is None:
        ctx.obj = Ceremony(directory, now=_local_time, random=secrets.token_bytes)


@app.command()
def enrol(ctx: typer.Context, name: Annotated[str, typer.Argument(help="The person's name.")]) -> None:
    """Make a person a custodian.

    The passphrase is theirs alone: who knows two of them could load keys alone. It cannot be recovered.
    """
    with refusals():
        custodian = _of(ctx).enrol(name, ask_new_passphrase(name))
    console.print(f"{custodian.name} is a custodian.", markup=False)


@app.command()
def master(
    ctx: typer.Context,
    name: Annotated[
        Master,
        typer.Argument(
            help="kbpk protects TMKs at rest; injection is what units prove theirs by; backup seals archives."
        ),
    ],
    algorithm: _Algorithm = Algorithm.AES,
    size: Annotated[int, typer.Option("--bytes", help="Length: aes 16 or 32, tdes 16 or 24 (kbpk only).")] = 32,
    generate: _Generate = False,
) -> None:
    """Make one of the workshop's master keys, of two custodians' components.

    Each component is kept under its custodian's passphrase. From now on it takes these two to use the key.
    """
    with refusals():
        pair = ask_pair(_of(ctx))
        components, confirmed = ask_components(_of(ctx), name.value, pair, algorithm, size, generate=generate)
        value = _of(ctx).make_master(name, pair, algorithm, components, confirmed)
    console.print(f"{name.value} is made, check value {value.hex().upper()}.", highlight=False)


@app.command()
def terminal(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(help="The terminal's number (TID), 8 characters.")],
    algorithm: _Algorithm = Algorithm.TDES,
    size: Annotated[int, typer.Option("--bytes", help="Length: tdes 16 or 24, aes 16 or 32, sm4 16.")] = 16,
    generate: _Generate = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="In place of the key it has; its unit is then no longer bound.")
    ] = False,
) -> None:
    """Make a terminal's master key (TMK), or take it in from the acquirer's two forms.

    It is kept as a TR-31 block under the KBPK: the file that the acquirer, who has the same KBPK, takes in.
    """
    with refusals():
        pair = ask_pair(_of(ctx))
        components, confirmed = ask_components(_of(ctx), number, pair, algorithm, size, generate=generate)
        value = _of(ctx).make_terminal_key(number, pair, algorithm, components, confirmed, replace=replace)
    console.print(f"{number} has a master key, check value {value.hex().upper()}.", highlight=False)


@app.command()
def inject(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(help="The terminal's number (TID).")],
    unit: Annotated[str, typer.Argument(help="The unit's serial number, from its label.")],
    port: Annotated[str, typer.Argument(help="Serial port, such as /dev/ttyUSB0 or COM3.")],
    timeout: Annotated[float, typer.Option(help="Seconds to wait for each answer.", min=0.1)] = 5,
) -> None:
    """Load a terminal's master key into its unit.

    Unit and workshop each prove who they are before the key leaves. A unit that has a master key takes no other.
    """
    import serial  # type: ignore[import-untyped]

    with refusals():
        pair = ask_pair(_of(ctx))
        try:
            with (
                serial.serial_for_url(port, BAUD, timeout=timeout) as line,
                _of(ctx).injecting(pair, number, unit) as it,
            ):
                exchange(it, line)
        except serial.SerialException as error:
            console.print(f"{port}: {error}", style="red", markup=False)
            raise typer.Exit(1) from None
    console.print(f"{unit} holds the master key of {number}.", markup=False, highlight=False)


@app.command(name="backup-key")
def backup_key(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(help="The terminal's number (TID).")],
    out: Annotated[Path, typer.Argument(help="The file for it, 32 bytes; delete it when the archive has been read.")],
) -> None:
    """Take out the key that a terminal's archives are sealed under, for **suanpan audit** to read them.

    A unit does not need it from here: it was injected with its master key.
    """
    with refusals():
        key = _of(ctx).backup_key(ask_pair(_of(ctx)), number)
    write_private(out, key)
    console.print(f"{out}: the backup key of {number}", markup=False, highlight=False)


@app.command()
def show(ctx: typer.Context) -> None:
    """What there is: custodians, keys by their check values, which unit has which. Needs nobody's passphrase."""
    with refusals():
        console.print(tables.masters(_of(ctx)))
        console.print(tables.terminals(_of(ctx)))
        console.print(tables.authority(_of(ctx)))


@app.command()
def audit(
    ctx: typer.Context,
    noted: Annotated[str, typer.Option(help="A digest noted after an earlier ceremony; it must still be there.")] = "",
) -> None:
    """Check the audit file and show it.

    An altered, dropped or reordered line is found. Note the last digest on paper: it is how a file that somebody
    wrote anew, from its first line on, is told from the true one (--noted).
    """
    with refusals():
        lines = _of(ctx).audit.verify(noted)
    console.print(tables.audit(lines))
    if lines:
        console.print(f"whole; last digest {lines[-1].digest}", highlight=False)


@app.command(name="test-ca")
def test_ca(ctx: typer.Context, name: _Who) -> None:
    """Make the test CA: key pairs of card schemes for the card emulators, kept in clear, worth nothing elsewhere."""
    with refusals():
        _of(ctx).make_authority(name)
        console.print(tables.authority(_of(ctx)))


@app.command()
def signer(ctx: typer.Context, name: _Who) -> None:
    """Make the update signer's key, and print the public half that firmware verifies updates with."""
    with refusals():
        made = _of(ctx).make_signer(name, ask_new_passphrase("The signer's key"))
    console.print(made.public.to_json(), soft_wrap=True, highlight=False)


@app.command()
def sign(
    ctx: typer.Context,
    image: Annotated[Path, typer.Argument(help="The file to sign.", exists=True, dir_okay=False)],
    name: _Who,
) -> None:
    """Sign an update: the signature (RSA-3072, PSS with SHA-256) goes beside the file, as FILE.sig."""
    with refusals():
        passphrase = typer.prompt("The signer's key: passphrase", hide_input=True)
        signature = _of(ctx).sign(name, passphrase, image.name, image.read_bytes())
    beside = image.with_name(image.name + ".sig")
    beside.write_bytes(signature)
    console.print(f"{beside}: {len(signature)} bytes", markup=False, highlight=False)


def _of(ctx: typer.Context) -> Ceremony:
    found: Ceremony = ctx.obj
    return found


def _local_time() -> datetime:
    return datetime.now().astimezone()
