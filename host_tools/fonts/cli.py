"""`suanpan fonts`: the characters that the firmware carries, made from GNU Unifont."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from host_tools.fonts import fit
from host_tools.fonts import pack as packer
from host_tools.fonts.subset import cut
from host_tools.fonts.unifont import SUBSET

app = typer.Typer(no_args_is_help=True, help="Make and check the font files that the firmware carries.")

_Strings = Annotated[Path, typer.Option(help="The table of texts that the screen must show.", exists=True)]
_Assets = Annotated[Path, typer.Option(help="Where font16.bin and gb2312.bin belong.", file_okay=False)]


@app.command()
def pack(strings: _Strings = packer.STRINGS, assets: _Assets = packer.ASSETS) -> None:
    """Write the font and the GB 2312 table for exactly the characters that the strings use."""
    try:
        fit.check(strings)
        files = packer.assets(strings)
    except (fit.DoesNotFit, packer.MissingGlyph) as error:
        raise typer.BadParameter(str(error), param_hint="--strings") from None
    assets.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (assets / name).write_bytes(data)
        typer.echo(f"{name}: {len(data):,} bytes")


@app.command()
def check(strings: _Strings = packer.STRINGS, assets: _Assets = packer.ASSETS) -> None:
    """Fail when the packed files are not what the strings need, or a text has no room on a display."""
    try:
        fit.check(strings)
        stale = packer.stale(assets, strings)
    except (fit.DoesNotFit, packer.MissingGlyph) as error:
        raise typer.BadParameter(str(error), param_hint="--strings") from None
    for path in stale:
        typer.echo(f"{path} does not fit {strings}; run `suanpan fonts pack`", err=True)
    if stale:
        raise typer.Exit(1)


@app.command()
def subset(full: Annotated[Path, typer.Argument(help="Unifont's full .hex file.", exists=True)]) -> None:
    """Cut the vendored subset (ASCII, GB 2312, symbols) out of a full Unifont .hex file again."""
    SUBSET.write_bytes(cut(full))
    typer.echo(f"{SUBSET.name}: {SUBSET.stat().st_size:,} bytes")
