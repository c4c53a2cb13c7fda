"""Traces of the virtual board: recorded, replayed, compared, shrunk (docs/replay.md)."""
