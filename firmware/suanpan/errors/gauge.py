"""What comes of a battery gauge."""

from suanpan.errors import DriverError


class GaugeError(DriverError):
    """The battery gauge does not answer, or has not measured anything."""

    code = "D32"
