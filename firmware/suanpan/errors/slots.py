"""An application that must not start, or did not come up: the errors of the slots that applications lie in."""

from suanpan.errors import SuanpanError

NO_BUNDLE = 1  # the slot is empty, or what was written into it is not whole
BAD_SIGNATURE = 2
WRONG_BOARD = 3
BELOW_FLOOR = 4  # older than a version that closed a hole
BAD_IMAGE = 5  # damaged behind its good header
NOT_CONFIRMED = 6  # it was started once, and its self-test did not come to its end


class BundleError(SuanpanError):
    """`cause` is one of the above; the code is U and its two digits."""

    def __init__(self, cause: int) -> None:
        self.cause = cause
        self.code = f"U{cause:02}"
        super().__init__()
