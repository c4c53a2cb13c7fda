"""What comes of passwords: who may not, and what is the end of it."""

from suanpan.errors import FlowError


class NotAllowed(FlowError):
    """The supervisor has not agreed to it: another password, a locked one, or still the factory's."""

    code = "F04"


class OperatorsDamaged(FlowError):
    """The files of passwords are missing, cannot be written, or are not what this terminal sealed."""

    code = "F05"


class KeysDestroyed(FlowError):
    """Too many bad administrator log-ins, or the terminal was retired: it waits for the workshop."""

    code = "F06"
