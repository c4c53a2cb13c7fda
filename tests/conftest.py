"""For every test: pytest's plugins, ours and others'."""

import gc
import os

import pytest
from hypothesis import settings

pytest_plugins = ["pytester", "tests.plugins.debian", "tests.plugins.matrix", "tests.plugins.postgresql"]

# The machine is shared and its speed no property of the code; a failing example can be had again.
settings.register_profile("suanpan", deadline=None, print_blob=True)
settings.load_profile("suanpan")


def pytest_collection_finish() -> None:
    """Thousands of items live as long as the run: the collector need not look at them again and again."""
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: some tests wait for a browser, or for real time to pass."""
    return (os.cpu_count() or 1) + 1
