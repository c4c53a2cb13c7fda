"""The firmware on the other end of every differential test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from _pytest.capture import CaptureManager

from tests.host.differential.peer import Peer


@pytest.fixture(scope="module")
def firmware(request: pytest.FixtureRequest) -> Iterator[Peer]:
    """Its calls are counted, and the counts printed when the module is done."""
    with Peer() as peer:
        yield peer
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    assert isinstance(capture, CaptureManager)
    with capture.global_and_fixture_disabled():
        print(f"\n{request.path.stem}, compared:", ", ".join(f"{name} {n:,}" for name, n in sorted(peer.calls.items())))
