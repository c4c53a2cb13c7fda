"""What can be wrong with a trace. Texts name lines and fields, and carry nothing of a card."""

from __future__ import annotations


class TraceError(Exception):
    """A file that cannot be replayed."""


class NotATrace(TraceError):
    """Not gzip, not JSON lines, or without this format's first line."""


class WrongVersion(TraceError):
    """Of a version of the format that this reader does not know."""


class DamagedTrace(TraceError):
    """Cut off, altered, or with a line that says nothing."""


class Unmasked(TraceError):
    """A trace that would hold a card number or a track: it is not written."""


class CannotMinimise(TraceError):
    """The trace does not fail, or there is nothing to compare with."""


class HostTrouble(Exception):
    """The live host cannot be reached, does not answer, or answers what is no answer."""


class NoCluster(Exception):
    """There is no dask here, or no scheduler there."""
