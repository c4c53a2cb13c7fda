"""A benchmark is run when somebody wants its figures: the quick ones are run here, so that they still can be."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.benchmarks import bench_des, bench_displays, bench_dukpt
from tests.benchmarks.figure import Figure


@pytest.mark.parametrize(
    "bench", [bench_des.run, bench_displays.run, bench_dukpt.run], ids=["des", "displays", "dukpt"]
)
def test_a_benchmark_has_figures(bench: Callable[[], list[Figure]]) -> None:
    figures = bench()
    assert figures
    assert all(figure.value > 0 for figure in figures)
