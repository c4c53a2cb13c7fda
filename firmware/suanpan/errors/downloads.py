"""What is wrong with a download of tables for chip cards, other than the tables."""

from suanpan.errors import AcquirerError


class NotOffered(AcquirerError):
    """The host has no tables for this terminal, or does not give them now; those that there are stay."""

    code = "A15"
