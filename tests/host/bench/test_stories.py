"""Stories that grow while a card and the terminal talk."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from host_tools.bench.panel.stories import Stories
from host_tools.emv.trace import Recorder

EXCHANGES = json.loads((Path(__file__).parents[2] / "vectors" / "emv_contact.json").read_text("utf-8"))["exchanges"]


def test_each_command_goes_on_with_the_story() -> None:
    stories = Stories()
    looks: list[int] = []
    stories.changed = lambda: looks.append(stories.revision)
    recorder = Recorder(stories, lambda: datetime(2026, 11, 23, 9, 0))
    recorder.power("contact")
    assert stories.after(0) == []
    seen = 0
    for command, answer in EXCHANGES:
        recorder.exchange(bytes.fromhex(command), bytes.fromhex(answer))
        (story,) = stories.after(seen)
        assert stories.after(stories.revision) == []
        seen = stories.revision
    assert looks == list(range(1, len(EXCHANGES) + 2))  # one more: the power
    assert (story["number"], story["mood"], story["time"]) == (1, "good", "09:00:00")
    assert [phase["title"] for phase in story["phases"]][-1] == "Completion"


def test_only_the_latest_are_kept() -> None:
    stories = Stories()
    recorder = Recorder(stories, lambda: datetime(2026, 11, 23, 9, 0))
    for _ in range(25):
        recorder.power("contactless")
        recorder.exchange(*(bytes.fromhex(text) for text in EXCHANGES[0]))
    assert [story["number"] for story in stories.after(0)] == list(range(6, 26))
