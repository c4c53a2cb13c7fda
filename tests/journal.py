"""The terminal's journal, as the audit reads it: whole, or the test fails."""

from __future__ import annotations

from host_tools.audit.image import FlashImage


def records(image: bytes, journal_key: bytes) -> list[bytes]:
    """Every record in clear, oldest first."""
    reading = FlashImage(image).reading(journal_key)
    assert reading.finding is None, reading.finding
    return [record.data for record in reading.records]
