"""What keeps an archive of the journal from being made or restored."""

from suanpan.errors import LedgerError


class Restoring(LedgerError):
    """Records are being restored, or have just been. Way out: when it is done, switch off and on."""

    code = "L17"


class BackupUnreadable(LedgerError):
    """Not an archive, or one of a newer firmware."""

    code = "L18"


class BackupForeign(LedgerError):
    """The archive of another terminal."""

    code = "L19"


class BackupAltered(LedgerError):
    """The archive is altered, cut short or put together from others; or it was sealed under another key."""

    code = "L20"


class BackupUnwanted(LedgerError):
    """There are records here, which an archive does not replace."""

    code = "L21"
