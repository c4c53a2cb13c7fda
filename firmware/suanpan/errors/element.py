"""What a secure element answers, or does not."""

from suanpan.errors import DriverError


class ElementError(DriverError):
    """The secure element does not answer as its data sheet says."""

    code = "D07"


class ElementSilent(ElementError):
    """The secure element does not wake, or has not finished in its time."""

    code = "D08"


class ElementGarbled(ElementError):
    """A frame to or from the secure element was damaged on the way."""

    code = "D09"


class ElementRefused(ElementError):
    """The secure element will not do that: its configuration forbids it, or the command makes no sense to it."""

    code = "D10"


class ElementTired(ElementError):
    """The secure element's watchdog will put it to sleep before the command could be done."""

    code = "D11"


class ElementUnlocked(ElementError):
    """The secure element has not been locked by the workshop, so anybody could have it tell its secrets."""

    code = "D12"
