"""`suanpan screens`: every screen, in both languages and on both displays, and every slip, against those on record."""

from __future__ import annotations

import base64
import html
import io
import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image, ImageChops
from rich.console import Console

from host_tools.screens.slips import PAPERS, picture_of, print_all
from host_tools.screens.tour import LANGUAGES, SIZES, photograph

GOLDEN = Path(__file__).parents[2] / "tests" / "golden" / "screens"
_PAPERS = tuple(product(LANGUAGES, PAPERS))
_SCALE = 2
_WIDEST_SCREEN = 240

app = typer.Typer(no_args_is_help=True, help="Compare every screen and slip of the terminal with those on record.")

_Out = Annotated[Path, typer.Option(help="Where the report goes.")]


@app.command()
def check(out: _Out = Path("out/screens")) -> None:
    """Photograph every screen, print every slip, and compare; the report shows both and what differs."""
    console = Console()
    rows: list[str] = []
    wrong = 0
    for kind, pictures in _all():
        golden = _on_record(kind)
        for name in sorted(pictures.keys() | golden.keys()):
            same = differences(golden.get(name), pictures.get(name)) is None
            if not same:
                wrong += 1
                console.print(f"[red]✗[/] {kind}/{name}")
            rows.append(_row(f"{kind}/{name}", golden.get(name), pictures.get(name), same))
    out.mkdir(parents=True, exist_ok=True)
    (out / "index.html").write_text(_page(rows, wrong), "utf-8")
    console.print(f"{len(rows)} pictures, {wrong} different; report in {out / 'index.html'}")
    if wrong:
        raise typer.Exit(1)


@app.command()
def record() -> None:
    """Put screens and slips as they are now on record. Look at them before they are committed."""
    for kind, pictures in _all():
        folder = GOLDEN / kind
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, picture in pictures.items():
            _few_colours(picture).save(folder / f"{name}.png", optimize=True)
    for language, paper_mm in _PAPERS:
        for name, slip in print_all(language, paper_mm).items():
            (GOLDEN / _slips(language, paper_mm) / f"{name}.txt").write_text(slip.text, "utf-8")
    typer.echo(f"{sum(1 for _ in GOLDEN.rglob('*.png'))} pictures in {GOLDEN}")


def on_record(size: str, language: str) -> dict[str, Image.Image]:
    """The golden pictures of a display's screens, by name."""
    return _on_record(f"{size}/{language}")


def slips_on_record(language: str, paper_mm: int) -> dict[str, tuple[str, Image.Image]]:
    """The golden slips by name: what can be read on them, and what they look like."""
    folder = GOLDEN / _slips(language, paper_mm)
    return {path.stem: (path.read_text("utf-8"), _opened(path.with_suffix(".png"))) for path in folder.glob("*.txt")}


def _on_record(kind: str) -> dict[str, Image.Image]:
    return {path.stem: _opened(path) for path in sorted((GOLDEN / kind).glob("*.png"))}


def _opened(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        picture.load()
        return picture


def _all() -> Iterator[tuple[str, dict[str, Image.Image]]]:
    """Folder and pictures of each set of them, as they are now."""
    for size, language in product(SIZES, LANGUAGES):
        yield f"{size}/{language}", photograph(language, size)
    for language, paper_mm in _PAPERS:
        slips = print_all(language, paper_mm)
        yield _slips(language, paper_mm), {name: picture_of(slip) for name, slip in slips.items()}


def _slips(language: str, paper_mm: int) -> str:
    return f"{paper_mm}mm/{language}"


def _few_colours(picture: Image.Image) -> Image.Image:
    """The same pixels in a smaller file: one bit for a display without colours, else a palette of its own."""
    colours = picture.convert("RGB").getcolors(256)
    if picture.mode != "RGB" or colours is None:
        return picture.convert("1")
    return picture.quantize(len(colours), method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)


def differences(golden: Image.Image | None, picture: Image.Image | None) -> Image.Image | None:
    """A picture of the pixels that differ; None when there are none. A missing picture differs everywhere."""
    if golden is None or picture is None:
        return golden or picture
    if golden.size != picture.size:
        return picture
    mode = "RGB" if "RGB" in (picture.mode, golden.mode) else "1"
    difference = ImageChops.difference(golden.convert(mode).convert("L"), picture.convert(mode).convert("L"))
    return difference if difference.getbbox() else None


def _row(name: str, golden: Image.Image | None, picture: Image.Image | None, same: bool) -> str:
    shown = [golden, picture, None if same else differences(golden, picture)]
    cells = "".join(f"<td>{_embedded(image) if image else ''}</td>" for image in shown)
    return f'<tr class="{"same" if same else "different"}"><th>{html.escape(name)}</th>{cells}</tr>'


def _embedded(image: Image.Image) -> str:
    scale = _SCALE if image.width <= _WIDEST_SCREEN else 1
    large = image.convert("RGB").resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    large.save(buffer, "PNG")
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}">'


def _page(rows: list[str], wrong: int) -> str:
    return f"""<!doctype html><meta charset="utf-8"><title>Screens and slips: {wrong} different</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color: #222 }}
table {{ border-collapse: collapse }}
th {{ text-align: left; font-weight: 400; padding-right: 1rem }}
td {{ padding: 4px }}
.different th {{ color: #b00; font-weight: 700 }}
</style>
<h1>{len(rows)} screens and slips, {wrong} different</h1>
<table><tr><th></th><th>on record</th><th>now</th><th>difference</th></tr>
{"".join(rows)}
</table>
"""
