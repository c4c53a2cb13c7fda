"""A load as a picture: answers in each second, and how long they took."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from host_tools.load.report import percentile

if TYPE_CHECKING:
    from pathlib import Path

    from host_tools.load.fleet import Tally
    from host_tools.load.report import Report


def plot(tally: Tally, told: Report, path: Path) -> None:
    """A PNG, or whatever the name's ending asks for."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    answered: defaultdict[int, int] = defaultdict(int)
    waits: defaultdict[int, list[float]] = defaultdict(list)
    for due, wait, _ in tally.times:
        answered[int(due + wait)] += 1
        waits[int(due)].append(wait * 1000)
    seconds = range(max([*answered, *waits, 0]) + 1)
    figure = Figure(figsize=(10, 6), layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, sharex=True)
    above.step(seconds, [answered[second] for second in seconds], where="post", color="#2f6f8f")
    above.axhline(told.rate, color="#999", linewidth=0.8, linestyle="--")
    above.set_ylabel("answers per second")
    above.set_ylim(bottom=0)
    state = "books agree" if told.reconciled else "BOOKS DO NOT AGREE"
    above.set_title(f"{told.terminals} terminals, {told.answered} answers, {told.per_second:.0f}/s, {state}")
    for part, colour in ((50, "#2d7d50"), (90, "#96690a"), (99, "#b03a2e")):
        values = [percentile(sorted(waits[second]), part) for second in sorted(waits)]
        below.plot(sorted(waits), values, label=f"p{part}", color=colour)
    if tally.times:
        below.set_yscale("log")
        below.yaxis.set_major_formatter("{x:g}")
        below.yaxis.set_minor_formatter("{x:g}")
    below.set_ylabel("ms from due to answered")
    below.set_xlabel("seconds")
    below.legend(loc="upper right")
    for axes in (above, below):
        axes.grid(alpha=0.25)
    figure.savefig(path, dpi=120)
