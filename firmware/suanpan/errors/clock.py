"""What comes of a calendar chip."""

from suanpan.errors import DriverError


class ClockError(DriverError):
    """The calendar chip does not answer, or what it says is no date."""

    code = "D31"
