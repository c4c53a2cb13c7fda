"""How much is tried by tests that draw their examples: by default what a change can wait for, EFFORT=10 for a night."""

from __future__ import annotations

import os

from hypothesis import settings

EFFORT = float(os.environ.get("EFFORT", "1"))


def examples(count: int) -> settings:
    """So many of them, times EFFORT."""
    return settings(max_examples=max(1, round(count * EFFORT)))
