"""The acquirer against damaged requests: `make fuzz` for a million of them."""

from __future__ import annotations

import os

from tests.fuzz.host import pound


def test_damaged_requests_are_answered_or_hung_up_on() -> None:
    ends = pound(int(os.environ.get("FUZZ", "2000")), int(os.environ.get("FUZZ_SEED", "1")))
    assert {"closed", "30", "A0", "00"} <= ends.keys()
