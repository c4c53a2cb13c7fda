"""What a printer says of itself that is neither paper nor cover."""

from suanpan.errors import PrinterError


class PrinterHot(PrinterError):
    """The print head is too hot, and goes on by itself when it no longer is."""

    code = "D30"
