"""What ends a transaction with a card by EMV's rules. A decline is not among them: that is an outcome."""

from suanpan.errors import CodecError, SuanpanError


class TlvError(CodecError):
    """Data objects that are cut short, or longer than what they stand in."""

    code = "C05"


class EmvError(SuanpanError):
    code = "E00"


class Terminated(EmvError):
    """The card says what the books do not allow, so the transaction ends. Way out: another way to pay."""

    code = "E01"


class NoApplication(EmvError):
    """The card has no application that this terminal takes."""

    code = "E02"


class CardBlocked(EmvError):
    """The card is blocked, or an application on it that this terminal takes is, and no other one serves."""

    code = "E03"


class TablesRefused(EmvError):
    """Parameters of applications or keys that contradict themselves; none of them was taken."""

    code = "E04"
