"""What comes of a scanned code, and of the scanner itself."""

from suanpan.errors import DriverError, ReaderError


class ScannerError(ReaderError):
    """A code that was cut short, or is longer than any that pays."""

    code = "D28"


class ScannerSilent(DriverError):
    """The scanner does not answer at any of its speeds, or not as its manual says."""

    code = "D29"
