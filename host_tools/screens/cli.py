"""`suanpan screens`: every screen in both languages against the ones on record."""

from __future__ import annotations

import base64
import html
import io
import shutil
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image, ImageChops
from rich.console import Console

from host_tools.screens.tour import LANGUAGES, photograph

GOLDEN = Path(__file__).parents[2] / "tests" / "golden" / "screens"
_SCALE = 2

app = typer.Typer(no_args_is_help=True, help="Compare every screen of the terminal with the ones on record.")

_Out = Annotated[Path, typer.Option(help="Where the report goes.")]


@app.command()
def check(out: _Out = Path("out/screens")) -> None:
    """Photograph every screen and compare; the report shows both and what differs."""
    console = Console()
    rows: list[str] = []
    wrong = 0
    for language in LANGUAGES:
        pictures = photograph(language)
        golden = {path.stem: Image.open(path) for path in sorted((GOLDEN / language).glob("*.png"))}
        for name in sorted(pictures.keys() | golden.keys()):
            same = differences(golden.get(name), pictures.get(name)) is None
            if not same:
                wrong += 1
                console.print(f"[red]✗[/] {language}/{name}")
            rows.append(_row(f"{language}/{name}", golden.get(name), pictures.get(name), same))
    out.mkdir(parents=True, exist_ok=True)
    (out / "index.html").write_text(_page(rows, wrong), "utf-8")
    console.print(f"{len(rows)} screens, {wrong} different; report in {out / 'index.html'}")
    if wrong:
        raise typer.Exit(1)


@app.command()
def record() -> None:
    """Put the screens as they are now on record. Look at them before they are committed."""
    shutil.rmtree(GOLDEN, ignore_errors=True)
    for language in LANGUAGES:
        folder = GOLDEN / language
        folder.mkdir(parents=True)
        for name, picture in photograph(language).items():
            picture.convert("1").save(folder / f"{name}.png", optimize=True)
    typer.echo(f"{sum(1 for _ in GOLDEN.rglob('*.png'))} screens in {GOLDEN}")


def differences(golden: Image.Image | None, picture: Image.Image | None) -> Image.Image | None:
    """A picture of the pixels that differ; None when there are none. A missing picture differs everywhere."""
    if golden is None or picture is None:
        return golden or picture
    if golden.size != picture.size:
        return picture
    difference = ImageChops.difference(golden.convert("1").convert("L"), picture.convert("1").convert("L"))
    return difference if difference.getbbox() else None


def _row(name: str, golden: Image.Image | None, picture: Image.Image | None, same: bool) -> str:
    shown = [golden, picture, None if same else differences(golden, picture)]
    cells = "".join(f"<td>{_embedded(image) if image else ''}</td>" for image in shown)
    return f'<tr class="{"same" if same else "different"}"><th>{html.escape(name)}</th>{cells}</tr>'


def _embedded(image: Image.Image) -> str:
    large = image.convert("L").resize((image.width * _SCALE, image.height * _SCALE), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    large.save(buffer, "PNG")
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}">'


def _page(rows: list[str], wrong: int) -> str:
    return f"""<!doctype html><meta charset="utf-8"><title>Screens: {wrong} different</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color: #222 }}
table {{ border-collapse: collapse }}
th {{ text-align: left; font-weight: 400; padding-right: 1rem }}
td {{ padding: 4px }}
.different th {{ color: #b00; font-weight: 700 }}
</style>
<h1>{len(rows)} screens, {wrong} different</h1>
<table><tr><th></th><th>on record</th><th>now</th><th>difference</th></tr>
{"".join(rows)}
</table>
"""
