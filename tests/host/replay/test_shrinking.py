"""Leaving out: what is left still fails, in order, and nothing of it can go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from host_tools.replay.minimising import shrunk


@given(
    st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1), min_size=1, max_size=5)))
)
def test_what_matters_is_left(case: tuple[int, set[int]]) -> None:
    size, matter = case
    tried: list[list[int]] = []

    def fails(left: list[int]) -> bool:
        tried.append(left)
        return matter <= set(left)

    assert shrunk(range(size), fails) == sorted(matter)
    assert all(left == sorted(left) and left for left in tried)


def test_one_of_two_is_enough() -> None:
    left = shrunk(range(20), lambda some: bool({3, 17} & set(some)))
    assert left in ([3], [17])
